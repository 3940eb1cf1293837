/* UTF-8 judged, and texts made harmless for a terminal. */
#include "builder/fake/kit.h"

#include "base/utf8.h"

static void safe(const char *text, const char *want)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(f);
	utf8_print_safe(f, text);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(out, want);
	free(out);
}

static void test_length(void **state)
{
	(void)state;
	assert_int_equal(utf8_length((const unsigned char *)"a"), 1);
	assert_int_equal(utf8_length((const unsigned char *)"\xc3\xa9"), 2);
	assert_int_equal(utf8_length((const unsigned char *)"\xe4\xb9\xa2"), 3);
	assert_int_equal(utf8_length((const unsigned char *)"\xf0\x9f\x98\x80"), 4);
	assert_int_equal(utf8_length((const unsigned char *)"\xc3"), 0);
	assert_int_equal(utf8_length((const unsigned char *)"\xc0\x80"), 0);
	assert_int_equal(utf8_length((const unsigned char *)"\xed\xa0\x80"), 0);
	assert_int_equal(utf8_length((const unsigned char *)"\x80"), 0);
}

static void test_safe(void **state)
{
	(void)state;
	safe("my data", "my data");
	safe("\xc3\xa9\xe4\xb9\xa2", "\xc3\xa9\xe4\xb9\xa2");
	safe("\x1b[2J\n\x7f", "\\x1b[2J\\x0a\\x7f");
	safe("a\\b", "a\\x5c"
		     "b");
	safe("\xc2\x9b"
	     "31m",
	     "\\xc2\\x9b"
	     "31m");
	safe("\xe2\x80\xae", "\\xe2\\x80\\xae");
	safe("\xe2\x81\xa6x", "\\xe2\\x81\\xa6x");
	safe("\xe2\x80\x93", "\xe2\x80\x93");
	safe("\xff\xc3", "\\xff\\xc3");
	safe("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
