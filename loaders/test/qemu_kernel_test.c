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
	says(m.data, m.len, " has no PVH entry, at which QEMU starts an ELF file");
	says(m.data, 20, ": ELF: truncated: 20 bytes, within the header");
	b = pb_uki("x", 1);
	says(b.data, b.len,
	     " is a UKI, which QEMU does not start: put its section .linux into a file (objcopy -O "
	     "binary --only-section=.linux UKI OUT)");
	free(b.data);
	says("ANDROID!", 8,
	     " is an Android boot image: take the kernel out of it (unpack_bootimg)");
	says("MZ", 2, " is neither a bzImage nor an ELF file: QEMU does not start it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_started),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("qemu_kernel", tests, NULL, NULL);
}
