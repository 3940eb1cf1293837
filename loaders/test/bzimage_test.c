/*
 * The setup header of a bzImage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaders/bzimage.h"
#include "bzimage_build.h"

static const uint8_t payload[] = "payload";

static int read_copy(const uint8_t *data, size_t len, struct bzimage_info *out, struct err *e)
{
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, data, len);
	if (bzimage_match(copy, len))
		rc = bzimage_read(copy, len, out, e);
	else
		rc = err_set(e, "no match");
	free(copy);
	return rc;
}

static void refuses(const struct bytes *b, const char *msg)
{
	struct bzimage_info i;
	struct err e = {.msg = "accepted"};

	read_copy(b->data, b->len, &i, &e);
	assert_string_equal(e.msg, msg);
}

static void test_good(void **state)
{
	struct bytes b = bz_make(payload, sizeof(payload));
	struct bzimage_info i;
	struct err e = {.msg = ""};

	(void)state;
	assert_int_equal(read_copy(b.data, b.len, &i, &e), 0);
	assert_int_equal(i.version, 0x020f);
	assert_int_equal(i.payload_offset, BZ_SETUP_SIZE + BZ_STUB);
	assert_int_equal(i.payload_length, sizeof(payload));
	assert_string_equal(i.kernel_version, "6.1.0-test (a@b) #1");

	/* A payload up to the last byte, and the oldest protocol. */
	bz_put(b.data, 0x24c, sizeof(payload) + 7, 4);
	bz_put(b.data, 0x206, 0x0208, 2);
	bz_put(b.data, 0x201, 0x4e, 1);
	assert_int_equal(read_copy(b.data, b.len, &i, &e), 0);
	assert_int_equal(i.payload_length, sizeof(payload) + 7);
	free(b.data);
}

/* No sectors means 4, for history's sake. */
static void test_default_setup_size(void **state)
{
	struct bytes b = bz_make(payload, sizeof(payload));
	struct bzimage_info i;
	struct err e;

	(void)state;
	b.data = realloc(b.data, 4096);
	assert_non_null(b.data);
	memset(b.data + b.len, 0, 4096 - b.len);
	b.len = 4096;
	bz_put(b.data, 0x1f1, 0, 1);
	assert_int_equal(read_copy(b.data, b.len, &i, &e), 0);
	assert_int_equal(i.payload_offset, 5 * 512 + BZ_STUB);
	free(b.data);
}

/* The version's text is for people: anything wrong with it makes it shorter, not an error. */
static void test_kernel_version(void **state)
{
	struct bytes b = bz_make(payload, sizeof(payload));
	struct bzimage_info i;
	struct err e;

	(void)state;
	b.data[0x605] = 0x1b;
	assert_int_equal(read_copy(b.data, b.len, &i, &e), 0);
	assert_string_equal(i.kernel_version, "6.1.0");
	memset(b.data + 0x600, 'x', 512);
	assert_int_equal(read_copy(b.data, b.len, &i, &e), 0);
	assert_int_equal(strlen(i.kernel_version), sizeof(i.kernel_version) - 1);
	bz_put(b.data, 0x20e, BZ_SETUP_SIZE - 0x200 - 2, 2);
	assert_int_equal(read_copy(b.data, b.len, &i, &e), 0);
	assert_string_equal(i.kernel_version, "xx");
	bz_put(b.data, 0x20e, 0xffff, 2);
	assert_int_equal(read_copy(b.data, b.len, &i, &e), 0);
	assert_string_equal(i.kernel_version, "");
	bz_put(b.data, 0x20e, 0, 2);
	assert_int_equal(read_copy(b.data, b.len, &i, &e), 0);
	assert_string_equal(i.kernel_version, "");
	free(b.data);
}

static void test_bad(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		size_t size;
		const char *msg;
	} bad[] = {
		{0x1fe, 0xaa54, 2, "no match"},
		{0x202, 'h', 1, "no match"},
		{0x206, 0x0207, 2,
		 "boot protocol 2.07 states no payload (2.08, Linux 2.6.26, or newer is needed)"},
		{0x201, 0x4d, 1,
		 "boot protocol 2.15 states no payload (2.08, Linux 2.6.26, or newer is needed)"},
		{0x1f1, 4, 1, "truncated: the file has 2079 bytes, its real-mode code alone 2560"},
		{0x1f1, 255, 1,
		 "truncated: the file has 2079 bytes, its real-mode code alone 131072"},
		{0x24c, 0, 4, "the payload is empty"},
		{0x24c, 16, 4,
		 "truncated: the payload, 16 bytes at 2064, goes past the end of the file at "
		 "2079"},
		{0x24c, 0xffffffff, 4,
		 "truncated: the payload, 4294967295 bytes at 2064, goes past the end of the file "
		 "at 2079"},
		{0x248, 32, 4,
		 "truncated: the payload, 8 bytes at 2080, goes past the end of the file at 2079"},
		{0x248, 0xfffffff8, 4,
		 "truncated: the payload, 8 bytes at 4294969336, goes past the end of the file at "
		 "2079"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bytes b = bz_make(payload, sizeof(payload));

		bz_put(b.data, bad[i].offset, bad[i].value, bad[i].size);
		refuses(&b, bad[i].msg);
		free(b.data);
	}
}

static void test_every_prefix(void **state)
{
	struct bytes b = bz_make(payload, sizeof(payload));
	struct bzimage_info i;
	struct err e;

	(void)state;
	for (size_t n = 0; n < b.len - 7; n++) {
		assert_int_equal(read_copy(b.data, n, &i, &e), -1);
		if (n < 0x206)
			assert_string_equal(e.msg, "no match");
		else
			assert_memory_equal(e.msg, "truncated: ", 11);
	}
	b.len = 0x207;
	refuses(&b, "truncated: the file has 519 bytes, its setup header ends at 592");
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),           cmocka_unit_test(test_default_setup_size),
		cmocka_unit_test(test_kernel_version), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_every_prefix),
	};

	return cmocka_run_group_tests_name("bzimage", tests, NULL, NULL);
}
