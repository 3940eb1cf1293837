/* How much there may be in a second. */
#include "builder/fake/kit.h"

#include "base/clock.h"
#include "base/rate.h"

#define START (1000 * NS_PER_S)

/* Full at first; then what the time brings, to the nanosecond. */
static void test_bucket(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 1000, 10);
	assert_int_equal(rate_due(&r, START), START);
	assert_int_equal(rate_take(&r, START, 4), 4);
	assert_int_equal(rate_take(&r, START, 40), 6);
	assert_int_equal(rate_take(&r, START, 1), 0);
	assert_int_equal(rate_due(&r, START), START + NS_PER_MS);
	assert_int_equal(rate_due(&r, START + 1), START + NS_PER_MS);
	assert_int_equal(rate_take(&r, START + NS_PER_MS - 1, 1), 0);
	assert_int_equal(rate_take(&r, START + NS_PER_MS, 2), 1);
	assert_int_equal(rate_take(&r, START + 4 * NS_PER_MS, 9), 3);
	/* No more than the burst, however long it was quiet. */
	assert_int_equal(rate_take(&r, 2 * START, UINT64_MAX), 10);
	assert_int_equal(rate_take(&r, 2 * START, 0), 0);
}

/* Parts of one are not lost, in however many steps the time passes. */
static void test_parts(void **state)
{
	uint64_t got = 0, now = START;
	struct rate r;

	(void)state;
	rate_init(&r, 3, 5);
	assert_int_equal(rate_take(&r, now, 5), 5);
	for (int i = 0; i < 10000; i++) /* of a millisecond */
		got += rate_take(&r, now += NS_PER_MS, 1);
	assert_in_range(got, 29, 30);
	assert_int_equal(rate_take(&r, now + NS_PER_MS, 1) + got, 30);
}

/* Whoever waits until it is due gets something, and loses nothing by it. */
static void test_due(void **state)
{
	static const uint64_t rates[] = {1, 3, 7, 999, 100000, 999999937, RATE_MAX, UINT64_MAX};
	struct rate r;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t now = START;

		rate_init(&r, rates[i], 1);
		assert_int_equal(rate_take(&r, now, 1), 1);
		for (int n = 0; n < 1000; n++) {
			const uint64_t due = rate_due(&r, now);

			assert_true(due > now);
			assert_int_equal(rate_due(&r, due), due);
			assert_int_equal(rate_take(&r, due - 1, 1), 0);
			assert_int_equal(rate_take(&r, due, 1), 1);
			now = due;
		}
	}
}

static void test_no_bound(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 0, 0);
	assert_int_equal(rate_take(&r, START, UINT64_MAX), UINT64_MAX);
	assert_int_equal(rate_take(&r, START, UINT64_MAX), UINT64_MAX);
	assert_int_equal(rate_due(&r, START), START);
}

static void test_no_burst(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 10, 0);
	assert_int_equal(rate_take(&r, START, 5), 1);
	assert_int_equal(rate_take(&r, START + NS_PER_S, 5), 1);
}

/* Time that goes back brings nothing, and does not lock anybody out. */
static void test_back(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 1000, 10);
	assert_int_equal(rate_take(&r, START, 10), 10);
	assert_int_equal(rate_take(&r, START - 500 * NS_PER_S, 1), 0);
	assert_int_equal(rate_due(&r, START - 600 * NS_PER_S), START - 600 * NS_PER_S + NS_PER_MS);
	assert_int_equal(rate_take(&r, START - 500 * NS_PER_S + 2 * NS_PER_MS, 9), 2);
	assert_int_equal(rate_take(&r, 0, 1), 0);
	assert_int_equal(rate_take(&r, NS_PER_MS, 1), 1);
}

/* The clock's end is not the end. */
static void test_wrap(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 1000, 10);
	assert_int_equal(rate_take(&r, UINT64_MAX, 10), 10);
	assert_int_equal(rate_due(&r, UINT64_MAX), NS_PER_MS - 1);
	assert_int_equal(rate_take(&r, NS_PER_MS - 2, 1), 0);
	assert_int_equal(rate_take(&r, 3 * NS_PER_MS - 1, 9), 3);
}

/* The largest of all: nothing overflows. */
static void test_large(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, UINT64_MAX, UINT64_MAX);
	assert_int_equal(rate_take(&r, 0, UINT64_MAX), UINT64_MAX);
	assert_int_equal(rate_take(&r, NS_PER_S - 1, UINT64_MAX), RATE_MAX - 10);
	assert_int_equal(rate_take(&r, NS_PER_S - 1 + 1000 * NS_PER_S, UINT64_MAX),
			 1000 * RATE_MAX);
	assert_int_equal(rate_take(&r, INT64_MAX, 1), 1);
	rate_init(&r, UINT64_MAX, 3);
	assert_int_equal(rate_take(&r, 5, 9), 3);
	assert_int_equal(rate_take(&r, 5 + (uint64_t)INT64_MAX, 9), 3);
	rate_init(&r, 1, UINT64_MAX);
	assert_int_equal(rate_take(&r, 5, UINT64_MAX), UINT64_MAX);
	assert_int_equal(rate_take(&r, 5 + 7 * NS_PER_S, UINT64_MAX), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket),   cmocka_unit_test(test_parts),
		cmocka_unit_test(test_due),      cmocka_unit_test(test_no_bound),
		cmocka_unit_test(test_no_burst), cmocka_unit_test(test_back),
		cmocka_unit_test(test_wrap),     cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
