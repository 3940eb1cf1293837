/* Files that are no kernels for a guest: what is said of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaders/foreign.h"
#include "pe_build.h"

/* 128 bytes, all 0 but for these. The copy is as long as it says, for what is read behind it. */
static bool named(size_t at, const char *magic, size_t len, struct err *e)
{
	uint8_t *in = calloc(1, 128);
	bool is;

	assert_non_null(in);
	memcpy(in + at, magic, len);
	e->msg[0] = '\0';
	is = foreign_name(in, 128, e);
	free(in);
	return is;
}

static void test_magics(void **state)
{
	static const struct {
		size_t at, len;
		const char *magic, *want;
	} rows[] = {
		{0x38, 4, "ARMd", "a Linux Image for arm64: the guest needs a kernel for x86"},
		{0x38, 4, "RSC\5", "a Linux Image for riscv: the guest needs a kernel for x86"},
		{0x24, 4, "\x18\x28\x6f\1",
		 "a Linux zImage for arm: the guest needs a kernel for x86"},
		{0, 8, "ANDROID!",
		 "an Android boot image: take the kernel out of it (unpack_bootimg)"},
		{0, 8, "VNDRBOOT", "an Android vendor boot image, which has no kernel in it"},
		{0, 4, "\xd0\x0d\xfe\xed",
		 "a FIT image of U-Boot or a device tree: take the kernel out of the former "
		 "(dumpimage)"},
		{0, 6, "070701", "a cpio archive, as an initramfs is: that is what ramdisk is for"},
		{0, 6, "070702", "a cpio archive, as an initramfs is: that is what ramdisk is for"},
		{0, 4, "\x50\x2a\x4d\x18",
		 "zstd or lz4 in several frames, as pzstd packs: unpack it, and pack it as one"},
		{0, 4, "\x5f\x2a\x4d\x18",
		 "zstd or lz4 in several frames, as pzstd packs: unpack it, and pack it as one"},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char bad[8];

		assert_true(named(rows[i].at, rows[i].magic, rows[i].len, &e));
		assert_string_equal(e.msg, rows[i].want);
		/* Elsewhere, or cut, or with another byte it is not that. */
		assert_false(named(rows[i].at + 1, rows[i].magic, rows[i].len, &e));
		memcpy(bad, rows[i].magic, rows[i].len);
		bad[rows[i].len - 1] ^= 0x40;
		assert_false(named(rows[i].at, bad, rows[i].len, &e));
		assert_string_equal(e.msg, "");
	}
	assert_false(named(0, "\x60\x2a\x4d\x18", 4, &e));
}

/* No byte behind the end is looked at. */
static void test_short(void **state)
{
	uint8_t byte = 'A';
	struct err e = {.msg = ""};

	(void)state;
	for (size_t len = 0; len < 64; len++) {
		uint8_t *in = malloc(len ? len : 1);

		assert_non_null(in);
		memset(in, byte, len ? len : 1);
		if (len)
			memcpy(in, "\x27\x05\x19\x56", len < 4 ? len : 4);
		assert_false(foreign_name(in, len, &e));
		free(in);
	}
	assert_string_equal(e.msg, "");
}

static void uimage(uint8_t arch, const char *want)
{
	char head[64] = "\x27\x05\x19\x56";
	struct err e;

	head[29] = (char)arch;
	assert_true(named(0, head, sizeof(head), &e));
	assert_string_equal(e.msg, want);
}

static void test_uimage(void **state)
{
	static const char x86[] =
		"a uImage of U-Boot: take the kernel out of it (dumpimage -T kernel -p 0 -o OUT "
		"FILE)";

	(void)state;
	uimage(3, x86);
	uimage(24, x86);
	uimage(22, "a uImage of U-Boot for arm64: the guest needs a kernel for x86");
	uimage(2, "a uImage of U-Boot for arm: the guest needs a kernel for x86");
	uimage(26, "a uImage of U-Boot for riscv: the guest needs a kernel for x86");
	uimage(200, "a uImage of U-Boot for another machine: the guest needs a kernel for x86");
}

static void pe(const struct bytes *b, size_t len, const char *want)
{
	uint8_t *copy = malloc(len);
	struct err e = {.msg = ""};

	assert_non_null(copy);
	memcpy(copy, b->data, len);
	assert_true(foreign_name(copy, len, &e));
	assert_string_equal(e.msg, want);
	free(copy);
}

static void test_pe(void **state)
{
	const struct pb_part parts[] = {{".text", "x", 1}};
	struct bytes b = pb_make(parts, 1);

	(void)state;
	pe(&b, b.len,
	   "an EFI program for x86-64, but no UKI with a kernel in it: only EFI firmware starts "
	   "it");
	pb_put(&b, PB_SUBSYSTEM, PE_SUBSYSTEM_EFI_LAST, 2);
	pb_put(&b, PB_MACHINE, PE_I386, 2);
	pe(&b, b.len,
	   "an EFI program for i386, but no UKI with a kernel in it: only EFI firmware starts it");
	pb_put(&b, PB_SUBSYSTEM, PE_SUBSYSTEM_EFI_LAST + 1, 2);
	pb_put(&b, PB_MACHINE, PE_ARM64, 2);
	pe(&b, b.len, "a PE file, as Windows has its programs in, for arm64: it is no kernel");
	pb_put(&b, PB_SUBSYSTEM, 3, 2);
	pb_put(&b, PB_MACHINE, 0x1234, 2);
	pe(&b, b.len,
	   "a PE file, as Windows has its programs in, for another machine: it is no kernel");
	pb_put(&b, PB_MACHINE, PE_AMD64, 2);
	pe(&b, PB_TABLE,
	   "a PE file, as Windows has its programs in, for x86-64 (cut off in its headers): "
	   "it is no kernel");

	/* Other machines' kernels that EFI can start as well. */
	memcpy(b.data + 4, "zimg", 4);
	pb_put(&b, PB_MACHINE, PE_LOONGARCH64, 2);
	pe(&b, b.len,
	   "a Linux EFI zboot image for loongarch64: the guest needs a kernel "
	   "for "
	   "x86");
	memcpy(b.data + 0x38, "ARMd", 4);
	pe(&b, b.len, "a Linux Image for arm64: the guest needs a kernel for x86");
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_magics),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_uimage),
		cmocka_unit_test(test_pe),
	};

	return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
