/* earlydom inspect: what is said of a kernel, and the kernel written out. */
#include "builder/fake/kit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "builder/command/commands.h"

#include "loaders/test/aout_build.h"
#include "loaders/test/elf_build.h"
#include "loaders/test/pack.h"
#include "loaders/test/pe_build.h"

static struct kit_output o;

static int inspect(const char *a, const char *b, const char *c)
{
	const char *argv[] = {"inspect", a, b, c, NULL};

	kit_command(command_inspect, argv, &o);
	return o.status;
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	free(run("gzip -n -k kernel && ls").data);
	return 0;
}

static void test_shows(void **state)
{
	struct stat st;
	char want[64];

	(void)state;
	assert_int_equal(inspect("kernel", NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	assert_int_equal(stat("kernel", &st), 0);
	snprintf(want, sizeof(want), "format: ELF\nfile size: %lld\ncodec: none\nelf: 64-bit, ",
		 (long long)st.st_size);
	assert_memory_equal(o.out, want, strlen(want));
	assert_non_null(strstr(o.out, "\nxen: ELF notes\nxen guest os: linux\n"));
	assert_non_null(strstr(o.out, "\nxen pv entry: 0xffffffff81000010\n"));
	assert_non_null(strstr(o.out, "\nxen pvh entry: 0x1000000\n"));
	assert_non_null(strstr(o.out, "\nmemory: 0x1000000 to 0x1003008, 13 KiB\n"));
	assert_non_null(strstr(o.out, "\nstarts as: pv, pvh\n"));
	assert_int_equal(inspect("kernel-pv", NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\nstarts as: pv\n"));
	assert_int_equal(inspect("kernel-pvh", NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\nstarts as: pvh\n"));
	assert_int_equal(inspect("kernel-bare", NULL, NULL), EXIT_OK);
	assert_non_null(strstr(
		o.out, "\nxen: none\nstarts as: nothing that earlydom knows: it is not built "
		       "for Xen: it has neither a PV nor a PVH entry\n"));
	assert_int_equal(inspect("kernel.gz", NULL, NULL), EXIT_OK);
	snprintf(want, sizeof(want), "\ncodec: gzip\nunpacked size: %lld\n", (long long)st.st_size);
	assert_non_null(strstr(o.out, want));
}

static void test_plan9(void **state)
{
	static struct mk m;
	static struct ao a;

	(void)state;
	ao_386(&a);
	kit_write("9xen", a.data, a.len);
	free(run("gzip -n -k 9xen && ls").data);
	assert_int_equal(inspect("9xen.gz", NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	assert_non_null(strstr(o.out, "format: Plan 9 a.out\n"));
	assert_non_null(
		strstr(o.out, "\ncodec: gzip\nunpacked size: 4273\n"
			      "a.out: 386, magic 0x1eb, header 32, loaded with the text\n"
			      "a.out sizes: text 4111, data 100, bss 5000, symbols 21, lines 9\n"
			      "a.out entry: 0x80100020, KZERO 0x80000000\n"
			      "segment: paddr 0x100000 vaddr 0x80100000 filesz 4143 memsz 4143\n"
			      "segment: paddr 0x102000 vaddr 0x80102000 filesz 100 memsz 5100\n"
			      "memory: 0x100000 to 0x1033ec, 13 KiB\n"
			      "xen: nothing stated, as Plan 9's kernels for Xen\n"
			      "xen guest os: plan9\nxen xen version: xen-3.0\nxen loader: generic\n"
			      "xen pae: yes[extended-cr3]\nxen pv entry: 0x80100020\n"
			      "xen virt base: 0x80000000\nxen paddr offset: 0x0\nstarts as: pv\n"));
	ao_make(&a, 0x80000020, 0);
	ao_table(&a, 0x14000, 0x80000020, 0x80000100);
	kit_write("9xen", a.data, a.len);
	assert_int_equal(inspect("9xen", NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\nxen: table in the text\n"));
	assert_non_null(strstr(o.out, "\nxen pv entry: 0x80000100\n"));
	ao_amd64(&a);
	kit_write("9xen", a.data, a.len);
	assert_int_equal(inspect("9xen", NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\na.out: amd64, magic 0x8a97, header 40\n"));
	assert_non_null(
		strstr(o.out, "\na.out entry: 0xffffffff80110000, KZERO 0xffffffff80000000\n"));
	mk_xenelf(&m, MK_PLAN9);
	kit_write("9xen", m.data, m.len);
	assert_int_equal(inspect("9xen", NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\nelf: 32-bit, machine 3, entry 0x10000\n"));
	assert_non_null(strstr(o.out, "\nxen: __xen_guest section\n"));
	assert_non_null(strstr(o.out, "\nxen pv entry: 0x80010000\nxen virt base: 0x80000000\n"
				      "xen paddr offset: 0x0\nstarts as: pv\n"));
}

static void test_uki(void **state)
{
	static struct mk m;
	struct bytes b;

	(void)state;
	mk_linux(&m);
	b = pb_uki(m.data, m.len);
	kit_write("uki", b.data, b.len);
	assert_int_equal(inspect("uki", NULL, NULL), EXIT_OK);
	assert_memory_equal(o.out, "format: ELF\n", 12);
	assert_non_null(strstr(o.out, "\nuki .linux: 5392 bytes at 2560\n"
				      "uki .initrd: 6 bytes at 8192, not used\n"
				      "uki .cmdline: 18 bytes at 2048, not used\n"
				      "uki command line: root=/dev/vda1 ro\ncodec: none\n"));
	assert_non_null(strstr(o.out, "\nstarts as: pv, pvh\n"));
	/* The text is shown as one line, whoever wrote it. */
	memcpy(b.data + 2048, "a\nb\33[0m \xff\n\0\0", 12);
	kit_write("uki", b.data, b.len);
	free(b.data);
	assert_int_equal(inspect("uki", NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\nuki command line: a?b?[0m ??"));
	assert_int_equal(inspect("--unpack=out", "uki", NULL), EXIT_OK);
	assert_string_equal(o.out, "");
	assert_string_equal(o.err, "earlydom: note: kernel uki is a UKI, of which only the section "
				   ".linux is used, not .initrd and .cmdline\n");
	assert_int_equal(inspect("out", NULL, NULL), EXIT_OK);
	assert_memory_equal(o.out, "format: ELF\nfile size: 5392\ncodec: none\n", 40);
}

/* As Solo5's tools link: an empty segment at 0, and the bss without access to it. */
static void test_solo5(void **state)
{
	static struct mk m;
	size_t notes, note;

	(void)state;
	for (int xen = 0; xen < 2; xen++) {
		notes = mk_begin_notes(&m, 64);
		mk_phdr(&m, PT_LOAD, PF_R, 0x270, 0, 0, 0, 0);
		mk_phdr(&m, PT_LOAD, 0, 0, MK_PHYS + 0x1000, MK_PHYS + 0x1000, 0, 0x8240);
		note = mk_note(&m, "Solo5", 0x31494241, NULL, 16);
		mk_put(&m, note + 20, xen ? 6 : 1, 4);
		mk_put(&m, note + 24, 2, 4);
		if (xen)
			mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 4);
		mk_end_notes(&m, notes);
		kit_write("solo5", m.data, m.len);
		assert_int_equal(inspect("solo5", NULL, NULL), EXIT_OK);
		assert_string_equal(o.err, "");
		assert_non_null(strstr(
			o.out, "\nsegment: paddr 0x1000000 vaddr 0x1000000 filesz 64 memsz 4096\n"
			       "segment: paddr 0x0 vaddr 0x0 filesz 0 memsz 0, not loaded: empty, "
			       "but its address counts\n"
			       "segment: paddr 0x1001000 vaddr 0x1001000 filesz 0 memsz 33344, not "
			       "loaded: no access to it\n"
			       "memory: 0x0 to 0x1001000, 16388 KiB\n"));
		assert_non_null(
			strstr(o.out, xen ? "\nsolo5: for xen, ABI 2\nstarts as: pvh\n"
					  : "\nsolo5: for hvt, ABI 2\n"
					    "starts as: nothing that earlydom knows: it is "
					    "a Solo5 unikernel for hvt: build it for xen "));
	}
}

static void test_unpacks(void **state)
{
	char a[16384], b[16384];

	(void)state;
	assert_int_equal(inspect("--unpack=out", "kernel.gz", NULL), EXIT_OK);
	assert_string_equal(o.out, "");
	assert_string_equal(o.err, "");
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	kit_read("kernel", a, sizeof(a));
	kit_read("out", b, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(inspect("--unpack=no/where", "kernel.gz", NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: cannot write no/where: No such file or directory\n");
	if (access("/dev/full", W_OK) == 0) {
		/* A device of that name would be unlinked: a link to it is what goes. */
		assert_int_equal(symlink("/dev/full", "full"), 0);
		assert_int_equal(inspect("--unpack=full", "kernel", NULL), EXIT_FAILED);
		assert_string_equal(o.err,
				    "earlydom: cannot write full: No space left on device\n");
	}
}

static void test_errors(void **state)
{
	(void)state;
	assert_int_equal(inspect("missing", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err,
			    "earlydom: cannot read kernel missing: No such file or directory\n");
	assert_int_equal(inspect("ramdisk", NULL, NULL), EXIT_FAILED);
	assert_memory_equal(o.err, "earlydom: kernel ramdisk: ", 26);
	assert_int_equal(inspect(NULL, NULL, NULL), EXIT_USAGE);
	assert_int_equal(inspect("kernel", "kernel", NULL), EXIT_USAGE);
	assert_int_equal(inspect("-x", "kernel", NULL), EXIT_USAGE);
	assert_non_null(strstr(o.err, "usage: earlydom inspect [--unpack OUT] KERNEL"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shows),   cmocka_unit_test(test_plan9),
		cmocka_unit_test(test_uki),     cmocka_unit_test(test_solo5),
		cmocka_unit_test(test_unpacks), cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
