/*
 * e820_host: a pv guest's memory map beside the holes of its host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "builder/build/e820_host.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* A laptop of 8 GiB: memory in pieces below 4 GiB, and above. */
static const struct e820_map laptop = {
	.n = 9,
	.v =
		{
			{0, 0x9d000, E820_RAM},
			{0x9d000, 0x63000, E820_RESERVED},
			{MIB, 511 * MIB, E820_RAM},
			{512 * MIB, 2 * MIB, E820_RESERVED},
			{514 * MIB, 510 * MIB, E820_RAM},
			{1024 * MIB, 1 * MIB, E820_RESERVED},
			{1025 * MIB, 1900 * MIB, E820_RAM},
			{2925 * MIB, 100 * MIB, E820_ACPI},
			{4 * GIB, 5 * GIB, E820_RAM},
		},
};

static void expect(const struct e820_map *host, uint64_t ram_mib, uint64_t balloon_mib,
		   const struct e820entry *want, size_t n)
{
	struct e820_map got;
	struct err e = {.msg = "right"};

	e820_host_map(host, ram_mib * 1024, balloon_mib * 1024, &got, &e);
	assert_string_equal(e.msg, "right");
	assert_int_equal(got.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(got.v[i].addr == want[i].addr);
		assert_true(got.v[i].size == want[i].size);
		assert_int_equal(got.v[i].type, want[i].type);
	}
}

static void test_less(void **state)
{
	/* All memory below the first range; the rest of the host's is unusable, and so are gaps. */
	static const struct e820entry want[] = {
		{0, 256 * MIB, E820_RAM},
		{256 * MIB, 256 * MIB, E820_UNUSABLE},
		{512 * MIB, 2 * MIB, E820_RESERVED},
		{514 * MIB, 510 * MIB, E820_UNUSABLE},
		{1024 * MIB, 1 * MIB, E820_RESERVED},
		{1025 * MIB, 1900 * MIB, E820_UNUSABLE},
		{2925 * MIB, 100 * MIB, E820_ACPI},
		{4 * GIB, 64 * MIB, E820_RAM},
	};

	(void)state;
	expect(&laptop, 256, 64, want, 8);
	expect(&laptop, 256, 0, want, 7);
}

static void test_more(void **state)
{
	/* What does not fit below it is behind all. */
	static const struct e820entry want[] = {
		{0, 512 * MIB, E820_RAM},
		{512 * MIB, 2 * MIB, E820_RESERVED},
		{514 * MIB, 510 * MIB, E820_UNUSABLE},
		{1024 * MIB, 1 * MIB, E820_RESERVED},
		{1025 * MIB, 1900 * MIB, E820_UNUSABLE},
		{2925 * MIB, 100 * MIB, E820_ACPI},
		{4 * GIB, (88 + 100) * MIB, E820_RAM},
	};

	(void)state;
	expect(&laptop, 600, 100, want, 7);
}

static void test_others(void **state)
{
	static const struct e820_map none = {.n = 1, .v = {{0, 4 * GIB, E820_RAM}}};
	static const struct e820_map high = {
		.n = 2, .v = {{0, 4 * GIB, E820_RAM}, {6 * GIB, GIB, E820_RESERVED}}};
	static const struct e820entry plain[] = {{0, 64 * MIB, E820_RAM}};
	static const struct e820entry behind[] = {
		{0, 64 * MIB, E820_RAM},
		{64 * MIB, 6 * GIB - 64 * MIB, E820_UNUSABLE},
		{6 * GIB, GIB, E820_RESERVED},
		{7 * GIB, 8 * MIB, E820_RAM},
	};
	struct e820_map full = {.n = E820_FILE_MAX}, got;
	struct err e = {.msg = ""};

	(void)state;
	expect(&none, 64, 0, plain, 1);
	expect(&high, 64, 8, behind, 4);
	for (size_t i = 0; i < full.n; i++)
		full.v[i] = (struct e820entry){GIB + i * MIB, 4096, E820_RESERVED};
	assert_int_equal(e820_host_map(&full, 1024, 0, &got, &e), -1);
	assert_string_equal(e.msg, "the host's memory map has too many ranges");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_less),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
