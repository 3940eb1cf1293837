/* Kernels that QEMU starts, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bzimage_build.h"
#include "elf_build.h"
#include "loaders/qemu_kernel.h"
#include "pack.h"
#include "pe_build.h"

/* A copy of just the size, so that the sanitizer sees a read past the end. */
static void says(const void *data, size_t len, const char *msg)
{
	uint8_t *copy = malloc(len);
	struct err e = {.msg = ""};
	int rc;

	assert_non_null(copy);
	memcpy(copy, data, len);
	rc = qemu_kernel_check(copy, len, &e);
	free(copy);
	assert_string_equal(e.msg, msg);
	assert_int_equal(rc, *msg ? -1 : 0);
}

static void test_started(void **state)
{
	static struct mk m;
	struct bytes b;

	(void)state;
	/* As it is, whatever is in it. */
	b = bz_make((const uint8_t *)"?", 1);
	says(b.data, b.len, "");
	free(b.data);
	mk_linux(&m);
	says(m.data, m.len, "");
}

static void test_refused(void **state)
{
	static struct mk m;
	struct bytes b;
	size_t notes;

	(void)state;
	mk_linux(&m);
	b = pack("gzip -n", m.data, m.len);
	says(b.data, b.len,
	     " is packed with gzip as a whole: QEMU starts a bzImage, or an ELF file that is not "
	     "packed");
	free(b.data);
	notes = mk_begin_notes(&m, 64);
	mk_end_notes(&m, notes);
	mk_finish(&m);
	says(m.data, m.len,
	     " has neither a PVH entry, at which QEMU starts an ELF file, nor a Multiboot header");
	says(m.data, 20, ": ELF: truncated: 20 bytes, within the header");
	b = pb_uki("x", 1);
	says(b.data, b.len,
	     " is a UKI, which QEMU does not start: put its section .linux into a file (objcopy -O "
	     "binary --only-section=.linux UKI OUT)");
	free(b.data);
	says("ANDROID!", 8,
	     " is an Android boot image: take the kernel out of it (unpack_bootimg)");
	says("MZ", 2,
	     " is neither a bzImage nor an ELF file nor a Multiboot kernel: QEMU does not start "
	     "it");
}

/* A header with these flags. */
static void put_multiboot(uint8_t *at, uint32_t flags)
{
	const uint32_t header[3] = {0x1badb002, flags, 0 - (0x1badb002 + flags)};

	memcpy(at, header, sizeof(header));
}

static void test_multiboot(void **state)
{
	static const char none[] = " is neither a bzImage nor an ELF file nor a Multiboot kernel: "
				   "QEMU does not start it";
	static uint8_t file[9000] = {0x7f, 'E', 'L', 'F', 1, 1, 1};

	(void)state;
	/* The last place; and one behind it. */
	put_multiboot(file + 8192 - 48 - 4, 0);
	says(file, sizeof(file),
	     " has a Multiboot header and is not for 32 bits: QEMU does not load it");
	file[18] = 3; /* EM_386 */
	says(file, sizeof(file), "");
	says(file, 8192 - 48 - 4 + 12, "");
	file[18] = 62; /* EM_X86_64 */
	says(file, sizeof(file),
	     " has a Multiboot header and is not for 32 bits: QEMU does not load it");
	/* Where it says itself where it goes, it may be anything. */
	put_multiboot(file + 8192 - 48 - 4, 0x10000);
	says(file, sizeof(file), "");
	file[0] = 0;
	says(file, sizeof(file), "");
	put_multiboot(file + 8192 - 48 - 4, 0);
	says(file, sizeof(file),
	     " has a Multiboot header and is no ELF file: QEMU does not load it");
	file[8192 - 48 - 4 + 8]++;
	says(file, sizeof(file), none);
	put_multiboot(file + 8192 - 48 - 4, 0);
	says(file, 8192 - 48 - 4 + 11, none);
	memset(file, 0, sizeof(file));
	put_multiboot(file + 8192 - 48, 0x10000);
	says(file, sizeof(file), none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_started),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_multiboot),
	};

	return cmocka_run_group_tests_name("qemu_kernel", tests, NULL, NULL);
}
