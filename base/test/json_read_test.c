/* JSON from outside: what is right, what is not, and what is found in it. */
#include "builder/fake/kit.h"

#include "base/json_read.h"

static bool right(const char *text)
{
	struct json_value v;

	return json_parse(text, strlen(text), &v);
}

static void test_right(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" null\r\n",
		"true",
		"false",
		"0",
		"-0",
		"12.5e+3",
		"1E-9",
		"\"\"",
		"\"\\u00e9\\n\\\\\"",
		"{\"a\": [1, {\"b\": {}}, []], \"c\": null}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		KIT_CHECK(right(texts[i]), "%s", texts[i]);
}

static void test_wrong(void **state)
{
	static const char *const texts[] = {
		"",        " ",         "{",           "}",          "[1",         "[1,]",
		"[,1]",    "{\"a\"}",   "{\"a\":}",    "{\"a\" 1}",  "{1: 2}",     "{\"a\":1,}",
		"{,}",     "nul",       "truefalse",   "1 2",        "01",         "1.",
		".5",      "1e",        "-",           "+1",         "\"",         "\"\\",
		"\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\"",     "\"\xff\"",   "\"\xc3\"",
		"[}",      "{]",        "[1]]",        "\"a\"\"b\"", "[\xc3\xa9]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		KIT_CHECK(!right(texts[i]), "%s", texts[i]);
}

static void test_depth(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 3];

	(void)state;
	for (size_t n = JSON_DEPTH_MAX; n <= JSON_DEPTH_MAX + 1; n++) {
		memset(text, '[', n);
		memset(text + n, ']', n);
		text[2 * n] = '\0';
		assert_int_equal(right(text), n == JSON_DEPTH_MAX);
	}
}

static void string_is(const char *text, size_t size, const char *want)
{
	struct json_value v;
	char buf[64];

	KIT_CHECK(json_parse(text, strlen(text), &v), "%s", text);
	assert_int_equal(json_string(&v, buf, size), want != NULL);
	assert_string_equal(buf, want ? want : "");
}

static void test_strings(void **state)
{
	(void)state;
	string_is("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 64, "a\"\\/\b\f\n\r\t");
	string_is("\"\\u0041\\u00E9\\u20ac\\ud83d\\ude00\"", 64,
		  "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	/* Halves of pairs */
	string_is("\"\\ud83dx\\udc00\\ud83d\\u0041\"", 64,
		  "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd"
		  "A");
	string_is("\"\xc3\xa9\"", 3, "\xc3\xa9");
	string_is("\"\xc3\xa9\"", 2, NULL);
	string_is("\"abc\"", 4, "abc");
	string_is("\"abc\"", 3, NULL);
	string_is("\"\"", 1, "");
	string_is("\"a\\u0000b\"", 64, NULL);
	string_is("12", 64, NULL);
	string_is("[\"a\"]", 64, NULL);
}

static void test_members(void **state)
{
	static const char text[] =
		"{\"return\": {\"list\": [1, [2, 3], \"x\"], \"on\": true,"
		" \"\\u006fff\": false}, \"id\": \"a, \\\"id\\\": 2\", \"id\": 7}";
	struct json_value v, ret, at;
	char buf[32];

	(void)state;
	assert_true(json_parse(text, strlen(text), &v));
	assert_true(json_member(&v, "return", &ret));
	assert_true(json_member(&ret, "list", &at));
	assert_false(json_element(&at, 3, &v));
	assert_true(json_element(&at, 1, &v));
	assert_int_equal(v.len, 6);
	assert_memory_equal(v.at, "[2, 3]", 6);
	assert_true(json_element(&at, 2, &v));
	assert_true(json_string(&v, buf, sizeof(buf)));
	assert_string_equal(buf, "x");
	assert_true(json_member(&ret, "on", &v));
	assert_true(json_is_true(&v));
	assert_true(json_member(&ret, "off", &v));
	assert_false(json_is_true(&v));
	assert_false(json_member(&ret, "of", &v));
	assert_false(json_member(&at, "on", &v));
	assert_false(json_element(&ret, 0, &v));
	assert_true(json_parse(text, strlen(text), &v));
	assert_true(json_member(&v, "id", &at));
	assert_true(json_string(&at, buf, sizeof(buf)));
	assert_string_equal(buf, "a, \"id\": 2");
	/* Empty ones */
	assert_true(json_parse("[ ]", 3, &v));
	assert_false(json_element(&v, 0, &at));
	assert_true(json_parse("{ }", 3, &v));
	assert_false(json_member(&v, "", &at));
}

static void number_is(const char *text, uint64_t max, int64_t want)
{
	uint64_t n = 99;
	struct json_value v;

	assert_true(json_parse(text, strlen(text), &v));
	assert_int_equal(json_number_of(&v, max, &n), want >= 0);
	assert_int_equal(n, want < 0 ? 99 : want);
}

static void test_numbers(void **state)
{
	(void)state;
	number_is("0", 0, 0);
	number_is(" 17 ", 17, 17);
	number_is("17", 16, -1);
	number_is("18446744073709551616", UINT64_MAX, -1);
	number_is("-1", 5, -1);
	number_is("1.0", 5, -1);
	number_is("1e0", 5, -1);
	number_is("\"1\"", 5, -1);
	number_is("null", 5, -1);
	number_is("[]", 5, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),   cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_depth),   cmocka_unit_test(test_strings),
		cmocka_unit_test(test_members), cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
