/* The firmware of hvm guests: where its files are looked for, and what can be one. */
#include "builder/fake/kit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Another release's libraries: the file under test once more, with their version. */
#include <xen-version.h>
#undef XEN_LIBS_VERSION
#define XEN_LIBS_VERSION "9.99"

#define firmware_wanted            wanted_9_99
#define firmware_loader_path       loader_path_9_99
#define firmware_bios_path         bios_path_9_99
#define firmware_loader_path_below loader_path_below_9_99
#define firmware_open              open_9_99
#include "builder/image/firmware.c"

/* What does not depend on the version is the program's own. */
#undef firmware_open
const struct kernel_facts *firmware_open(const struct guest_config *cfg, struct image_file *f,
					 struct err *e);

#include "loaders/test/aout_build.h"
#include "loaders/test/bzimage_build.h"
#include "loaders/test/elf_build.h"
#include "loaders/test/pe_build.h"

/* Each release of Xen has its own place for hvmloader, on Debian. */
static void test_version(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);

	(void)state;
	kit_hvm(&cfg, false);
	assert_string_equal(firmware_loader_path(&cfg), "root/usr/lib/xen/boot/hvmloader");
	assert_int_equal(mkdir("root/usr/lib/xen-9.99", 0700), 0);
	assert_int_equal(mkdir("root/usr/lib/xen-9.99/boot", 0700), 0);
	kit_text("root/usr/lib/xen-9.99/boot/hvmloader", "");
	assert_string_equal(firmware_loader_path(&cfg), "root/usr/lib/xen-9.99/boot/hvmloader");
	/* In another root there is none: the first place is told. */
	assert_int_equal(mkdir("tree", 0700), 0);
	assert_string_equal(firmware_loader_path_below("tree/", &cfg),
			    "root/usr/lib/xen-9.99/boot/hvmloader");
	assert_int_equal(system("mkdir -p tree/root/usr/lib/xen/boot"), 0);
	kit_text("tree/root/usr/lib/xen/boot/hvmloader", "");
	assert_string_equal(firmware_loader_path_below("tree/", &cfg),
			    "root/usr/lib/xen/boot/hvmloader");
}

/* Opens the file "fw"; want is what is wrong with it, behind its name, or NULL. */
static void opens(const char *want)
{
	struct image_cache images = {0};
	struct guest_config cfg = kit_config("web", GUEST_PV);
	const struct kernel_facts *k;
	struct image_file *f;
	struct err e = {.msg = ""};
	int unpacked;
	char text[512];

	kit_hvm(&cfg, false);
	cfg.firmware_override = (char *)(uintptr_t)kit_path("fw");
	f = image_hold(&images, "firmware", cfg.firmware_override, &e);
	assert_non_null(f);
	image_plan_kernel(f);
	k = firmware_open(&cfg, f, &e);
	snprintf(text, sizeof(text), "cannot use firmware %s: %s", cfg.firmware_override,
		 want ? want : "");
	assert_string_equal(e.msg, want ? text : "");
	assert_true(!k == !!want);
	/* A second caller gets the same: it is read once. */
	image_plan_kernel(f);
	assert_ptr_equal(firmware_open(&cfg, f, &e), k);
	assert_int_equal(image_kernel_done(f), -1);
	unpacked = image_kernel_done(f);
	if (unpacked >= 0)
		close(unpacked);
	image_drop(&images, f);
}

static void write_elf(const struct mk *m)
{
	kit_write("fw", m->data, m->len);
}

static void test_open(void **state)
{
	static struct mk m;
	gzFile gz;
	size_t notes;

	(void)state;
	mk_begin_notes(&m, 32);
	write_elf(&m);
	opens(NULL);
	gz = gzopen(kit_path("fw"), "w");
	assert_non_null(gz);
	assert_int_equal(gzwrite(gz, m.data, (unsigned)m.len), m.len);
	assert_int_equal(gzclose(gz), Z_OK);
	opens(NULL);
	/* A pvh kernel is entered as a firmware is. */
	notes = mk_begin_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 4);
	mk_end_notes(&m, notes);
	write_elf(&m);
	opens(NULL);
}

static void test_not_one(void **state)
{
	static struct mk m;
	static struct ao a;
	struct bytes bz;
	size_t notes;

	(void)state;
	kit_text("fw", "no firmware");
	opens("not a kernel: neither an ELF file, nor a bzImage, nor an a.out of Plan 9, nor "
	      "packed in a way that is known");
	mk_linux(&m);
	bz = bz_make(m.data, m.len);
	kit_write("fw", bz.data, bz.len);
	free(bz.data);
	opens("not an ELF file");
	bz = pb_uki(m.data, m.len);
	kit_write("fw", bz.data, bz.len);
	free(bz.data);
	opens("not an ELF file");
	ao_386(&a);
	kit_write("fw", a.data, a.len);
	opens("not an ELF file");
	mk_begin_notes(&m, 64);
	write_elf(&m);
	opens("a 64-bit ELF file without a PVH entry: a firmware is a 32-bit one");
	notes = mk_begin_notes(&m, 32);
	mk_note_text(&m, XEN_ELFNOTE_GUEST_OS, "linux");
	mk_end_notes(&m, notes);
	write_elf(&m);
	opens("a kernel for pv guests: it has no PVH entry");
	/* At a virtual address, which a kernel may have. */
	mk_begin_notes(&m, 32);
	mk_word(&m, MK_PH(&m, 0, p_vaddr), 0xc0000000);
	mk_word(&m, MK_EH(&m, e_entry), 0xc0000010);
	write_elf(&m);
	opens("entry point 0xc0000010 is outside of it (0x1000000 to 0x1001000)");
	mk_begin_notes(&m, 32);
	mk_word(&m, MK_PH(&m, 0, p_offset), m.len);
	write_elf(&m);
	opens("ELF: segment 0: 0x40 bytes at offset 0x1240 go past the end of the file (4672 "
	      "bytes)");
	kit_write("fw", "\x1f\x8b\x08", 3);
	opens("gzip: truncated: the stream does not end within its 3 bytes");
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	kit_firmware();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_not_one),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
