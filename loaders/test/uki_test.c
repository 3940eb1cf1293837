/*
 * UKIs: which sections are found, and which files are none.
 * With --seeds DIR: writes the good ones to DIR, for uki_fuzz to start from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaders/uki.h"
#include "pe_build.h"

static void has(const struct bytes *b, const struct uki_info *u, enum uki_part part,
		const char *want)
{
	assert_int_equal(u->parts[part].size, strlen(want));
	assert_memory_equal(b->data + u->parts[part].offset, want, strlen(want));
}

static void test_finds(void **state)
{
	struct bytes b = pb_uki("kernel", 6);
	struct uki_info u;
	struct err e;

	(void)state;
	assert_true(uki_match(b.data, b.len));
	assert_int_equal(uki_read(b.data, b.len, &u, &e), 0);
	has(&b, &u, UKI_LINUX, "kernel");
	has(&b, &u, UKI_INITRD, "070701");
	assert_int_equal(u.parts[UKI_CMDLINE].size, 18);
	assert_string_equal((char *)b.data + u.parts[UKI_CMDLINE].offset, "root=/dev/vda1 ro");
	free(b.data);
}

/* The first one of a name, and none of a profile's. */
static void test_profiles(void **state)
{
	const struct pb_part parts[] = {
		{".linux", "one", 3}, {".linux", "two", 3},  {".profile", "ID=a", 4},
		{".cmdline", "a", 1}, {".initrd", "a's", 3}, {".linux", "three", 5},
	};
	struct bytes b = pb_make(parts, sizeof(parts) / sizeof(parts[0]));
	struct uki_info u;
	struct err e;

	(void)state;
	assert_true(uki_match(b.data, b.len));
	assert_int_equal(uki_read(b.data, b.len, &u, &e), 0);
	has(&b, &u, UKI_LINUX, "one");
	assert_int_equal(u.parts[UKI_INITRD].size, 0);
	assert_int_equal(u.parts[UKI_CMDLINE].size, 0);
	free(b.data);
	b = pb_make(parts + 2, 4);
	assert_false(uki_match(b.data, b.len));
	free(b.data);
}

static void test_none(void **state)
{
	const struct pb_part parts[] = {{".linu", "x", 1}, {".linux6", "x", 1}, {".text", "x", 1}};
	struct bytes b = pb_make(parts, 3);

	(void)state;
	assert_true(pe_match(b.data, b.len));
	assert_false(uki_match(b.data, b.len));
	free(b.data);
	assert_false(uki_match((const uint8_t *)"MZ", 2));
	b = pb_uki("kernel", 6);
	assert_false(uki_match(b.data, PB_NAME(5) - 1)); /* not all of the headers */
	assert_true(uki_match(b.data, PB_NAME(5)));
	free(b.data);
}

static void refuses(struct bytes *b, size_t len, const char *msg)
{
	struct uki_info u;
	struct err e = {.msg = "accepted"};

	assert_int_equal(uki_read(b->data, len, &u, &e), -1);
	assert_string_equal(e.msg, msg);
}

static void test_bad(void **state)
{
	struct bytes b = pb_uki("kernel", 6);

	(void)state;
	/* Text, osrel, cmdline, linux, initrd: 512 bytes each, from 1024 on. */
	refuses(&b, 3072 + 5,
		"truncated: section .initrd, 6 bytes at 3072, goes past the end of the file at "
		"3077");
	refuses(&b, 2560 + 5,
		"truncated: section .linux, 6 bytes at 2560, goes past the end of the file at "
		"2565");
	refuses(&b, PB_TABLE, "truncated: 264 bytes, within the headers of its sections");
	pb_put(&b, PB_RAW_SIZE(3), 0, 4);
	assert_true(uki_match(b.data, b.len));
	refuses(&b, b.len, "section .linux is empty");
	pb_put(&b, PB_RAW_SIZE(3), UINT32_MAX, 4);
	pb_put(&b, PB_VIRTUAL_SIZE(3), 0, 4);
	refuses(&b, b.len,
		"truncated: section .linux, 4294967295 bytes at 2560, goes past the end of the "
		"file at 3584");
	free(b.data);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(uki_part_name(UKI_LINUX), ".linux");
	assert_string_equal(uki_part_name(UKI_INITRD), ".initrd");
	assert_string_equal(uki_part_name(UKI_CMDLINE), ".cmdline");
}

static void write_seeds(const char *dir)
{
	const struct pb_part parts[] = {
		{".linux", "one", 3}, {".profile", "ID=a", 4}, {".cmdline", "a", 1}};

	write_seed(dir, "uki", 0, pb_uki("kernel", 6));
	write_seed(dir, "uki", 1, pb_make(parts, 3));
	write_seed(dir, "uki", 2, pb_make(parts + 1, 2));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds), cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_none),  cmocka_unit_test(test_bad),
		cmocka_unit_test(test_names),
	};

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests_name("uki", tests, NULL, NULL);
}
