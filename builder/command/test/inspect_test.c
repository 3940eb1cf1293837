/* earlydom inspect: what is said of a kernel, and the kernel written out. */
#include "builder/fake/kit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "builder/command/commands.h"

#include "loaders/test/aout_build.h"
#include "loaders/test/elf_build.h"
#include "loaders/test/pack.h"

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
	assert_non_null(strstr(o.out, "\nxen: none\nstarts as: nothing that earlydom knows\n"));
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

static void test_unpacks(void **state)
{
	char a[16384], b[16384];

	(void)state;
	assert_int_equal(inspect("--unpack=out", "kernel.gz", NULL), EXIT_OK);
	assert_string_equal(o.out, "");
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
		cmocka_unit_test(test_shows),
		cmocka_unit_test(test_plan9),
		cmocka_unit_test(test_unpacks),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
