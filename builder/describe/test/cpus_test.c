/*
 * The `cpus` key: its syntax, and what it means on a host of 16 cpus in 4 nodes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "builder/describe/cpus.h"

static void check(const char *text, const char *msg)
{
	struct err e = {.msg = "right"};

	assert_int_equal(cpus_check(text, &e), msg ? -1 : 0);
	assert_string_equal(e.msg, msg ? msg : "right");
}

static void test_syntax(void **state)
{
	static const char *const good[] = {
		"all",
		"0",
		"0-3,5,^1",
		"all,^7",
		"nodes:0-3,^node:2",
		"1,node:1,^6",
		"all,^5-8",
		"node:0,node:2,^9-11,18-20",
		"0, 3,	5",
		"4095",
		"^1,1",
		"0-0",
		"0,,1",
		",0,",
		"+3",
		"^	3,0",
		"0- 3",
		"nodes:all",
		"1,nodes:all",
		/* Right on some host. */
		"all,^0-4095",
		"0-3,^nodes:0",
		"nodes:1,^0-4095",
		"all,^nodes:0-4095",
		"0,^1,^0,0",
	};

	static const char *const nothing[] = {
		"",
		",",
		"^0",
		"^0-7,^node:1",
		"0,^0",
		"0-3,5,^0-5",
		"node:1,^nodes:0-4095",
		"2,^0-4095,node:3,^node:3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check(good[i], NULL);
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		check(nothing[i], "selects no cpu: ^ takes away from what is in front of it, as in "
				  "all,^0");
	check("0-3,x", "character 5: a number is missing");
	check("0-", "character 3: a number is missing");
	check("-3", "character 1: a number is missing");
	check("^", "character 2: a number is missing");
	check("nodes:", "character 7: a number is missing");
	check("^all", "character 1: 'all' can't be excluded");
	check("all,^all", "character 5: 'all' can't be excluded");
	check("1,^nodes:all", "character 3: 'all' can't be excluded");
	check("3-1", "character 1: the range ends before it begins");
	check("4096", "character 1: numbers go up to 4095");
	check("0-99999999999999999999", "character 3: numbers go up to 4095");
	check("1 ", "character 2: expected a comma, '-' or the end");
	check("1-2-3", "character 4: expected a comma, '-' or the end");
	check("0, ^1", "character 4: a number is missing");
	check("^ all", "character 3: a number is missing");
	check("++1", "character 2: a number is missing");
	check("1 -3", "character 2: expected a comma, '-' or the end");
	check("allx", "character 1: a number is missing");
	check("0x1", "character 2: expected a comma, '-' or the end");
}

#define OFF CPUS_NO_NODE
static const uint32_t nodes[16] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, OFF, OFF};
static const struct cpu_topology host = {16, nodes};

static void resolves(const char *text, unsigned want)
{
	struct err e = {.msg = "right"};
	uint8_t map[4] = {0xff, 0xff, 0xff, 0xff};

	assert_int_equal(cpus_resolve(text, &host, map, sizeof(map), &e), 0);
	assert_string_equal(e.msg, "right");
	assert_int_equal(map[0] | map[1] << 8, want);
	assert_int_equal(map[2] | map[3], 0);
}

static void fails(const char *text, const char *msg)
{
	struct err e = {.msg = "right"};
	uint8_t map[2];

	assert_int_equal(cpus_resolve(text, &host, map, sizeof(map), &e), -1);
	assert_string_equal(e.msg, msg);
}

static void test_resolve(void **state)
{
	(void)state;
	resolves("all", 0x3fff);
	resolves("0-3,5,^1", 0x2d);
	resolves("nodes:0-3,^node:2", 0x30ff);
	resolves("1,node:1,^6", 0xb2); /* the manual's own example */
	resolves("all,^7", 0x3f7f);
	resolves("^1,0-2", 0x07); /* in order: what is excluded first comes back */
	resolves("12-15", 0x3000);
	resolves("0,^14", 0x0001);
	fails("16", "cpu 16: the host has cpus 0 to 15");
	resolves("0-99", 0x3fff);
	resolves("15-20,0", 0x0001);
	resolves("^99,0", 0x0001);
	resolves("0,^99,^node:9", 0x0001);
	resolves("nodes:3-9", 0x3000);
	fails("16-20", "no cpu of the host is left");
	fails("nodes:4-9", "no cpu of the host is left");
	fails("14", "cpu 14 is offline");
	fails("14-15", "no cpu of the host is left");
	fails("node:4", "node 4: the host has no cpu in it");
	fails("0-3,^nodes:0", "no cpu of the host is left");
	fails("x", "character 1: a number is missing");
}

static void test_map(void **state)
{
	struct err e;
	uint8_t map[2];
	const struct cpu_topology none = {0, NULL};

	(void)state;
	assert_int_equal(cpus_resolve("0", &host, map, 1, &e), -1);
	assert_string_equal(e.msg, "a map of 1 bytes can't hold 16 cpus");
	assert_int_equal(cpus_resolve("0", &none, map, sizeof(map), &e), -1);
	assert_string_equal(e.msg, "a map of 2 bytes can't hold 0 cpus");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
