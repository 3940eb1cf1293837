/*
 * Local time by files of the time zone database: their rules beside those of the C library, and
 * files that are made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/tzif.h"

/* The C library reads such rules from the environment. */
static void same_as_libc(const char *rule)
{
	setenv("TZ", rule, 1);
	tzset();
	/* Some 70 years, a step of 5 hours and a bit; and the seconds around each change. */
	for (int64_t t = 0; t < INT64_C(2200000000); t += 18061) {
		const time_t now = (time_t)t;
		struct tm tm;
		int32_t got;

		assert_non_null(localtime_r(&now, &tm));
		assert_true(tz_rule_offset(rule, t, &got));
		if (got != tm.tm_gmtoff)
			print_error("%s at %lld: %d, not %ld\n", rule, (long long)t, got,
				    (long)tm.tm_gmtoff);
		assert_int_equal(got, tm.tm_gmtoff);
	}
}

static void test_rules(void **state)
{
	static const char *const rules[] = {
		"UTC0",
		"CET-1CEST,M3.5.0,M10.5.0/3",
		"EST5EDT,M3.2.0,M11.1.0",
		"IST-1GMT0,M10.5.0,M3.5.0/1",
		"AEST-10AEDT,M10.1.0,M4.1.0/3",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		"<-03>3",
		"IST-5:30",
		"XYZ8ZYX,J60/0,J300/4:30:15",
		"XYZ-3ZYX-5,59/2,299/23:59:59",
		"<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		same_as_libc(rules[i]);
}

static void test_edges(void **state)
{
	const char *rule = "CET-1CEST,M3.5.0,M10.5.0/3";
	int32_t got;

	(void)state;
	/* 2026-03-29 and 2026-10-25, 01:00 UTC */
	assert_true(tz_rule_offset(rule, 1774746000 - 1, &got) && got == 3600);
	assert_true(tz_rule_offset(rule, 1774746000, &got) && got == 7200);
	assert_true(tz_rule_offset(rule, 1792890000 - 1, &got) && got == 7200);
	assert_true(tz_rule_offset(rule, 1792890000, &got) && got == 3600);
	/* what no clock says ends all the same */
	assert_true(tz_rule_offset(rule, INT64_MAX, &got));
	assert_true(tz_rule_offset(rule, INT64_MIN, &got) && got == 3600);
}

static void test_bad_rules(void **state)
{
	static const char *const bad[] = {
		"",
		"C-1",
		"CET",
		"CET-1CEST,M3.5.0",
		"<CET-1",
		"<>-1",
		"CET25",
		"CET-1:60",
		"CET-1C",
		"CET-1CEST,M13.1.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,J0,J5",
		"CET-1CEST,366,5",
		"CET-1CEST,M3.5.0/168,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0/3x",
		"CET-1CEST,M3.5,M10.5.0",
		"CET-1CEST;M3.5.0,M10.5.0",
		"CET-99999999999",
	};
	int32_t got;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (tz_rule_offset(bad[i], 0, &got)) {
			print_error("'%s' is taken\n", bad[i]);
			fail();
		}
}

/* ---- files ---- */

struct file {
	uint8_t data[512];
	size_t len;
};

static void put(struct file *f, uint64_t n, unsigned bytes)
{
	while (bytes-- > 0)
		f->data[f->len++] = (uint8_t)(n >> 8 * bytes);
}

/* A block with changes at the times, of which each begins the type of its number modulo 2: 3600 and
 * 7200. */
static void put_block(struct file *f, char version, const int64_t *times, unsigned n,
		      unsigned width)
{
	memcpy(f->data + f->len, "TZif", 4);
	f->len += 4;
	put(f, (uint8_t)version, 1);
	memset(f->data + f->len, 0, 15);
	f->len += 15;
	put(f, 0, 4);
	put(f, 0, 4);
	put(f, 0, 4);
	put(f, n, 4);
	put(f, 2, 4);
	put(f, 8, 4);
	for (unsigned i = 0; i < n; i++)
		put(f, (uint64_t)times[i], width);
	for (unsigned i = 0; i < n; i++)
		put(f, i % 2, 1);
	for (unsigned i = 0; i < 2; i++) {
		put(f, 3600 * (i + 1), 4);
		put(f, i, 1);
		put(f, 4 * i, 1);
	}
	memcpy(f->data + f->len, "CET\0CEST", 8);
	f->len += 8;
}

static void make(struct file *f, const char *rule)
{
	static const int64_t times[] = {-1000, 1000, 3000, INT64_C(5000000000)};

	f->len = 0;
	put_block(f, '2', times, 3, 4);
	put_block(f, '2', times, 4, 8);
	f->len += (size_t)sprintf((char *)f->data + f->len, "\n%s\n", rule);
}

static int32_t at(const struct file *f, int64_t now)
{
	int32_t got;

	assert_true(tzif_offset(f->data, f->len, now, &got));
	return got;
}

static void test_files(void **state)
{
	static const int64_t times[] = {100, 200};
	struct file f;
	int32_t got;

	(void)state;
	make(&f, "EST5");
	assert_int_equal(at(&f, -5000), 3600); /* the first type, before the first change */
	assert_int_equal(at(&f, 0), 3600);
	assert_int_equal(at(&f, 999), 3600);
	assert_int_equal(at(&f, 1000), 7200);
	assert_int_equal(at(&f, 2999), 7200);
	assert_int_equal(at(&f, 3000), 3600);
	assert_int_equal(at(&f, INT64_C(4999999999)), 3600);
	assert_int_equal(at(&f, INT64_C(5000000000)), -18000); /* the rule */
	/* Without a rule the last change holds on. */
	make(&f, "");
	assert_int_equal(at(&f, INT64_C(9000000000)), 7200);
	/* Whatever is cut off is missed. */
	make(&f, "EST5");
	for (size_t len = 0; len < f.len; len++)
		assert_false(tzif_offset(f.data, len, 0, &got));
	/* The old form. */
	f.len = 0;
	put_block(&f, '\0', times, 2, 4);
	assert_int_equal(at(&f, 150), 3600);
	assert_int_equal(at(&f, 250), 7200);
}

static void test_bad_files(void **state)
{
	struct file f;
	int32_t got;

	(void)state;
	make(&f, "EST5x");
	assert_false(tzif_offset(f.data, f.len, INT64_C(6000000000), &got));
	make(&f, "EST5");
	f.data[0] = 'X';
	assert_false(tzif_offset(f.data, f.len, 0, &got));
	make(&f, "EST5");
	f.data[20 + 4 * 4] = 0xff; /* more types than there are bytes */
	assert_false(tzif_offset(f.data, f.len, 0, &got));
	/* A type that is not there, and an offset of a year, where they are asked for. */
	f.len = 0;
	put_block(&f, '\0', (const int64_t[]){100}, 1, 4);
	f.data[44 + 4] = 2;
	assert_false(tzif_offset(f.data, f.len, 150, &got));
	assert_true(tzif_offset(f.data, f.len, 50, &got));
	f.data[44 + 5] = 1;
	assert_false(tzif_offset(f.data, f.len, 50, &got));
}

/* Inputs for the fuzzer to begin with. */
static int write_seeds(const char *dir)
{
	struct file f;
	char path[512];
	FILE *to;

	make(&f, "CET-1CEST,M3.5.0,M10.5.0/3");
	snprintf(path, sizeof(path), "%s/tzif", dir);
	to = fopen(path, "w");
	return !to || fwrite(f.data, f.len, 1, to) != 1 || fclose(to) != 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),     cmocka_unit_test(test_edges),
		cmocka_unit_test(test_bad_rules), cmocka_unit_test(test_files),
		cmocka_unit_test(test_bad_files),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seeds(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
