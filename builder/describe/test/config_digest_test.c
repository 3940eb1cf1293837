/* The digests of files that descriptors give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "config_expect.h"

/* SHA-256 of "abc" (FIPS 180-4). */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define UP  "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"

#define CUT   "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9c...\""
#define OTHER ": must be 64 hexadecimal digits, and here is something else\n"

static const uint8_t abc[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
				0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
				0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};

static void test_read(void **state)
{
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};
	char text[65];

	(void)state;
	read_text("web.cfg",
		  LEAST "ramdisk = 'r'\nkernel_sha256 = '" ABC "'; ramdisk_sha256 = '" UP "'\n", &c,
		  &g, &d);
	expect_diag(&d, "");
	assert_true(g.kernel_digest.given && g.ramdisk_digest.given);
	assert_false(g.firmware_digest.given || g.bios_digest.given);
	assert_memory_equal(g.kernel_digest.bytes, abc, sizeof(abc));
	assert_memory_equal(g.ramdisk_digest.bytes, abc, sizeof(abc));
	assert_int_equal(g.kernel_digest_loc.line, 2);
	assert_int_equal(g.kernel_digest_loc.column, 17);
	assert_string_equal(file_digest_show(g.ramdisk_digest.bytes, text), ABC);
	config_free(&g);
	descriptor_free(&c);
}

static void test_hvm(void **state)
{
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	(void)state;
	read_text("web.cfg",
		  "type = 'hvm'; memory = 64\nfirmware_sha256 = '" ABC "'\nbios_sha256 = '" ABC
		  "'\n",
		  &c, &g, &d);
	expect_diag(&d, "");
	assert_true(g.firmware_digest.given && g.bios_digest.given);
	assert_int_equal(g.firmware_digest_loc.line, 2);
	assert_int_equal(g.bios_digest_loc.line, 3);
	config_free(&g);
	descriptor_free(&c);
}

static void test_wrong(void **state)
{
	(void)state;
	refuses("kernel_sha256 = ''",
		"web.cfg:2:17: kernel_sha256 = \"\": must be 64 hexadecimal digits, and has 0\n");
	refuses("kernel_sha256 = 'abc'", "web.cfg:2:17: kernel_sha256 = \"abc\": must be 64 "
					 "hexadecimal digits, and has 3\n");
	refuses("kernel_sha256 = 12",
		"web.cfg:2:17: kernel_sha256 = 12: must be 64 hexadecimal digits, and has 2\n");
	refuses("kernel_sha256 = '" ABC "0'", "web.cfg:2:17: kernel_sha256 = " CUT
					      ": must be 64 hexadecimal digits, and has 65\n");
	/* At the character itself. */
	refuses("kernel_sha256 = 'abg'", "web.cfg:2:20: kernel_sha256 = \"abg\"" OTHER);
	refuses("kernel_sha256 = 0x12", "web.cfg:2:18: kernel_sha256 = 0x12" OTHER);
	refuses("kernel_sha256 = '" ABC "  /boot/vmlinuz'",
		"web.cfg:2:82: kernel_sha256 = " CUT OTHER);
	refuses("kernel_sha256 = ' " ABC "'",
		"web.cfg:2:18: kernel_sha256 = "
		"\" ba7816bf8f01cfea414140de5dae2223b00361a396177a9...\"" OTHER);
	/* The digit 0 is not what is before or behind the letters. */
	refuses("kernel_sha256 = '/:@`G'", "web.cfg:2:18: kernel_sha256 = \"/:@`G\"" OTHER);
	refuses("kernel_sha256 = '0:'", "web.cfg:2:19: kernel_sha256 = \"0:\"" OTHER);
	refuses("kernel_sha256 = '0@'", "web.cfg:2:19: kernel_sha256 = \"0@\"" OTHER);
	refuses("kernel_sha256 = '0`'", "web.cfg:2:19: kernel_sha256 = \"0`\"" OTHER);
	refuses("kernel_sha256 = ['" ABC "']",
		"web.cfg:2:17: kernel_sha256 = [...]: must be a string, not a list\n");
	/* Of a value of several parts the place is the first's. */
	refuses("kernel_sha256 = 'ab'\nkernel_sha256 += 'x'",
		"web.cfg:2:17: kernel_sha256 = \"abx\"" OTHER);
}

static void test_without_file(void **state)
{
	(void)state;
	refuses("ramdisk_sha256 = '" ABC "'",
		"web.cfg:2:1: ramdisk_sha256 can't be given without ramdisk\n");
	/* A wrong value has its own error, and no other. */
	refuses("ramdisk = []; ramdisk_sha256 = '" ABC "'",
		"web.cfg:2:11: ramdisk = []: must be a string, not a list\n");
	refuses("firmware_sha256 = '" ABC "'; bios_sha256 = '" ABC "'",
		"web.cfg:2:1: firmware_sha256 is for guests with QEMU as their device model, and "
		"this one is pv\n"
		"web.cfg:2:87: bios_sha256 is for guests with QEMU as their device model, and this "
		"one is pv\n");
}

/* Says what of a whole descriptor. */
static void whole(const char *text, const char *messages)
{
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	read_text("web.cfg", text, &c, &g, &d);
	expect_diag(&d, messages);
	config_free(&g);
	descriptor_free(&c);
}

static void test_without_kernel(void **state)
{
	(void)state;
	whole("type = 'hvm'; memory = 64\nkernel_sha256 = '" ABC "'\n",
	      "web.cfg:2:1: kernel_sha256 can't be given without kernel\n");
	whole("type = 'hvm'; memory = 64\nkernel = '/x/hvmloader'; kernel_sha256 = '" ABC "'\n",
	      "web.cfg:2:10: note: kernel: hvmloader is no kernel, and is ignored: "
	      "firmware_override names another one than Xen's\n"
	      "web.cfg:2:26: kernel_sha256 can't be given without kernel\n");
	/* GRUB is the kernel then. */
	whole("type = 'pvh'; memory = 64; firmware = 'pvgrub64'\nkernel_sha256 = '" ABC "'\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),           cmocka_unit_test(test_hvm),
		cmocka_unit_test(test_wrong),          cmocka_unit_test(test_without_file),
		cmocka_unit_test(test_without_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
