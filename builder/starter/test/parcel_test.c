/* Parcels: what is read is what was written, and nothing that was not. */
#include "builder/fake/kit.h"

#include <stdlib.h>

#include "builder/starter/parcel.h"

static struct parcel_reader reader(const struct parcel *p)
{
	return (struct parcel_reader){p->data, p->n, p->failed};
}

static void test_same(void **state)
{
	char *const texts[] = {"one", "", "three", NULL};
	struct parcel p = {0};
	struct parcel_reader r;
	char bytes[3], **list;

	(void)state;
	parcel_put_number(&p, 7);
	parcel_put_text(&p, "text");
	parcel_put_text(&p, NULL);
	parcel_put_texts(&p, texts);
	parcel_put_bytes(&p, "abc", 3);
	assert_false(p.failed);
	r = reader(&p);
	assert_int_equal(parcel_number(&r), 7);
	assert_string_equal(parcel_text(&r), "text");
	assert_null(parcel_text(&r));
	list = parcel_texts(&r);
	assert_non_null(list);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(list[i], texts[i]);
	assert_null(list[3]);
	free(list);
	assert_true(parcel_bytes(&r, bytes, 3));
	assert_memory_equal(bytes, "abc", 3);
	assert_true(parcel_is_read(&r));
	parcel_free(&p);
}

static void test_long(void **state)
{
	struct parcel p = {0};
	struct parcel_reader r;

	(void)state;
	for (uint64_t i = 0; i < 5000; i++)
		parcel_put_number(&p, i);
	r = reader(&p);
	for (uint64_t i = 0; i < 5000; i++)
		assert_int_equal(parcel_number(&r), i);
	assert_true(parcel_is_read(&r));
	assert_int_equal(parcel_number(&r), 0);
	assert_false(parcel_is_read(&r));
	parcel_free(&p);
}

/* Every shorter one is bad, wherever it ends. */
static void test_cut(void **state)
{
	char *const texts[] = {"one", "two", NULL};
	struct parcel p = {0};

	(void)state;
	parcel_put_text(&p, "text");
	parcel_put_texts(&p, texts);
	for (size_t n = 0; n < p.n; n++) {
		char *copy = malloc(n ? n : 1);
		struct parcel_reader r = {copy, n, false};

		memcpy(copy, p.data, n);
		parcel_text(&r);
		free(parcel_texts(&r));
		assert_false(parcel_is_read(&r));
		free(copy);
	}
	parcel_free(&p);
}

static void expect_bad_text(const uint64_t len, const char *bytes, size_t n)
{
	struct parcel p = {0};
	struct parcel_reader r;

	parcel_put_number(&p, len);
	parcel_put_bytes(&p, bytes, n);
	r = reader(&p);
	assert_null(parcel_text(&r));
	assert_true(r.bad);
	parcel_free(&p);
}

static void test_bad_lengths(void **state)
{
	struct parcel p = {0};
	struct parcel_reader r;

	(void)state;
	expect_bad_text(3, "abc", 3);             /* without its end */
	expect_bad_text(3, "abcd", 4);            /* another end */
	expect_bad_text(3, "a\0c", 4);            /* an end within */
	expect_bad_text(UINT64_MAX - 1, "ab", 3); /* a length that would wrap */
	parcel_put_number(&p, UINT64_MAX);
	r = reader(&p);
	assert_null(parcel_texts(&r));
	assert_true(r.bad);
	parcel_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_bad_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
