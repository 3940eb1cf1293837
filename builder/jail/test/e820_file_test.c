/*
 * The memory map file: what is read, and each error with its place.
 * With --seeds DIR: writes some files to DIR, for e820_file_fuzz to start from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/jail/e820_file.h"

static const char pc[] = "# A PC with 128 MiB.\n"
			 "0 9fc00 ram\n"
			 "\n"
			 "  0x9FC00\t0x100000   reserved # video, BIOS\n"
			 "\t# high memory\n"
			 "100000 7ff0000 ram\n"
			 "7ff0000 7ffe000 acpi# tables\n"
			 "7ffe000 8000000 nvs\n"
			 "0XFEC00000 100000000 reserved\n"
			 "ffffffffff000 fffffffffffff unusable";

static void test_good(void **state)
{
	static const struct {
		uint64_t start, end;
		uint32_t type;
	} want[] = {
		{0, 0x9fc00, E820_RAM},
		{0x9fc00, 0x100000, E820_RESERVED},
		{0x100000, 0x7ff0000, E820_RAM},
		{0x7ff0000, 0x7ffe000, E820_ACPI},
		{0x7ffe000, 0x8000000, E820_NVS},
		{0xfec00000, 0x100000000, E820_RESERVED},
		{0xffffffffff000, 0xfffffffffffff, E820_UNUSABLE},
	};
	struct e820_map m;
	struct err e = {0};

	(void)state;
	if (e820_parse(pc, strlen(pc), "map", &m, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(m.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < m.n; i++) {
		assert_int_equal(m.v[i].addr, want[i].start);
		assert_int_equal(m.v[i].addr + m.v[i].size, want[i].end);
		assert_int_equal(m.v[i].type, want[i].type);
	}
	/* The last newline may be there or not. */
	assert_int_equal(e820_parse("0 1 ram", 7, "map", &m, &e), 0);
	assert_int_equal(e820_parse("0 1 ram\n", 8, "map", &m, &e), 0);
	assert_int_equal(m.n, 1);
	/* Zeros in front do no harm, however many. */
	assert_int_equal(e820_parse("0x00000000000000000000 0000000000000000000001000 ram", 52,
				    "map", &m, &e),
			 0);
	assert_int_equal(m.v[0].size, 0x1000);
}

/* A copy of just the size, so that the sanitizer sees a read past the end. */
static int parse(const char *text, size_t len, struct err *e)
{
	char *copy = malloc(len ? len : 1);
	struct e820_map m;
	int rc;

	assert_non_null(copy);
	memcpy(copy, text, len);
	rc = e820_parse(copy, len, "/boot/map", &m, e);
	free(copy);
	return rc;
}

static void refuses(const char *text, const char *msg)
{
	struct err e = {.msg = "accepted"};

	assert_int_equal(parse(text, strlen(text), &e), -1);
	assert_string_equal(e.msg, msg);
}

static void test_words(void **state)
{
	struct err e;

	(void)state;
	refuses("0\n", "/boot/map:1:2: END is missing: a line is START END TYPE");
	refuses("0 1000 ram\n1000 2000\n",
		"/boot/map:2:10: TYPE is missing: a line is START END TYPE");
	refuses("0 1000  # ram", "/boot/map:1:14: TYPE is missing: a line is START END TYPE");
	refuses("0 1000 ram fast", "/boot/map:1:12: something follows the type");
	refuses("# map\n\n  0 10g0 ram", "/boot/map:3:5: END is '10g0', not a hexadecimal number");
	refuses("-1 1000 ram", "/boot/map:1:1: START is '-1', not a hexadecimal number");
	refuses("0x 1000 ram", "/boot/map:1:1: START is '0x', not a hexadecimal number");
	refuses("0x0x1 1000 ram", "/boot/map:1:1: START is '0x0x1', not a hexadecimal number");
	refuses("0,1000,ram", "/boot/map:1:1: START is '0,1000,ram', not a hexadecimal number");
	refuses("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
		"/boot/map:1:1: START is 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', not a "
		"hexadecimal number");
	refuses("0 1000 RAM", "/boot/map:1:8: unknown type 'RAM', did you mean 'ram'?");
	refuses("0 1000 reservd", "/boot/map:1:8: unknown type 'reservd', did you mean "
				  "'reserved'?");
	refuses("0 1000 mmio", "/boot/map:1:8: unknown type 'mmio'");
	/* Nothing of the file breaks the line. */
	refuses("0 1000 ram\r\n", "/boot/map:1:8: unknown type 'ram?', did you mean 'ram'?");
	refuses("\033[2J 1 ram", "/boot/map:1:1: START is '?[2J', not a hexadecimal number");
	assert_int_equal(parse("0 10\0 ram", 9, &e), -1);
	assert_string_equal(e.msg, "/boot/map:1:3: END is '10', not a hexadecimal number");
}

static void test_ranges(void **state)
{
	(void)state;
	refuses("0 10000000000000 ram",
		"/boot/map:1:3: END is beyond 0xfffffffffffff, the last address");
	refuses("ffffffffffffffffffff 1 ram",
		"/boot/map:1:1: START is beyond 0xfffffffffffff, the last address");
	refuses("0 1000 ram\n2000 2000 ram\n",
		"/boot/map:2:1: the range is empty: END is the first address behind it");
	refuses("0 1000 ram\n 2000 1fff ram\n", "/boot/map:2:2: the range ends before it begins");
	refuses("0 1000 ram\n#\nfff 2000 reserved\n",
		"/boot/map:3:1: the range overlaps that of line 1");
	refuses("0 1000 ram\n2000 3000 ram\n1fff 2001 ram\n",
		"/boot/map:3:1: the range overlaps that of line 2");
	refuses("1000 2000 ram\n1000 2000 ram\n",
		"/boot/map:2:1: the range overlaps that of line 1");
	refuses("1000 2000 ram\n0 4000 ram\n", "/boot/map:2:1: the range overlaps that of line 1");
	refuses("\n1000 2000 ram\n0 1000 ram\n",
		"/boot/map:3:1: the range is below that of line 2: they must be in order");
	refuses("", "/boot/map:1:1: the map ends without a range that is ram");
	refuses("# nothing\n", "/boot/map:2:1: the map ends without a range that is ram");
	refuses("0 1000 reserved\n1000 2000 acpi # ram",
		"/boot/map:2:21: the map ends without a range that is ram");
}

static void test_many(void **state)
{
	char text[8192];
	struct e820_map m;
	struct err e;
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 128; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%x %x ram\n", i * 16,
					i * 16 + 8);
	assert_int_equal(e820_parse(text, len, "map", &m, &e), 0);
	assert_int_equal(m.n, 128);
	len += (size_t)snprintf(text + len, sizeof(text) - len, " 1000 1001 ram");
	refuses(text, "/boot/map:129:2: more than 128 ranges");
}

static void test_memory(void **state)
{
	static const char *const msg_more =
		"map: its ranges that are ram have 130623 KiB, the guest has 130622 KiB";
	struct e820_map m;
	struct err e = {0};

	(void)state;
	assert_int_equal(e820_parse(pc, strlen(pc), "map", &m, &e), 0);
	/* 639 KiB and 127 MiB without 64 KiB that is 129984 KiB of ram */
	assert_int_equal(e820_check_memory(&m, 639 + 129984, "map", &e), 0);
	assert_int_equal(e820_check_memory(&m, 128 * 1024, "map", &e), 0);
	assert_int_equal(e820_check_memory(&m, 639 + 129984 - 1, "map", &e), -1);
	assert_string_equal(e.msg, msg_more);
	/* Up to the last ram there are 131008 KiB. */
	assert_int_equal(e820_check_memory(&m, 131008 + 1024, "map", &e), 0);
	assert_int_equal(e820_check_memory(&m, 131008 + 1025, "map", &e), -1);
	assert_string_equal(e.msg, "map: its ranges up to the last that is ram have 131008 KiB, "
				   "the guest has 132033 KiB");
	/* A part of a KiB counts as one. */
	assert_int_equal(e820_parse("0 401 ram", 9, "map", &m, &e), 0);
	assert_int_equal(e820_check_memory(&m, 2, "map", &e), 0);
	assert_int_equal(e820_check_memory(&m, 1, "map", &e), -1);
}

static void write_seed(const char *dir, const char *name, const char *text)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) == EOF || fclose(f) == EOF)
		abort();
}

/* Maps that another process says it has read. */
static void wrong(const struct e820_map *m, const char *what)
{
	struct err e = {.msg = "good"};
	char msg[128];

	snprintf(msg, sizeof(msg), "the reader's answer is wrong (%s)", what);
	e820_check(m, &e);
	assert_string_equal(e.msg, msg);
}

static void test_check(void **state)
{
	struct e820_map good, m;
	struct err e;

	(void)state;
	assert_int_equal(e820_parse(pc, strlen(pc), "map", &good, &e), 0);
	assert_int_equal(e820_check(&good, &e), 0);
	m = good;
	m.n = E820_FILE_MAX + 1;
	wrong(&m, "the number of ranges");
	m.n = 0;
	wrong(&m, "no range is ram");
	m = good;
	m.v[1].type = 99;
	wrong(&m, "range 1");
	m = good;
	m.v[2].size = 0;
	wrong(&m, "range 2");
	m = good;
	m.v[2].size = UINT64_MAX;
	wrong(&m, "range 2");
	m = good;
	m.v[6].addr = UINT64_MAX;
	wrong(&m, "range 6");
	m = good;
	m.v[1].addr--;
	wrong(&m, "range 1");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),   cmocka_unit_test(test_words),
		cmocka_unit_test(test_ranges), cmocka_unit_test(test_many),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_check),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds")) {
		write_seed(argv[2], "pc", pc);
		write_seed(argv[2], "wrong", "0 1000 ram\n1000 2000 usable\n# none\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
