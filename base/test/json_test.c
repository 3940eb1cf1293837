/* JSON as yajl prints it, and texts that are not what a reader takes. */
#include "builder/fake/kit.h"

#include "base/json.h"

static char *quoted(const char *text)
{
	struct json j = {0};
	char *out = NULL;
	size_t len;

	j.to = open_memstream(&out, &len);
	assert_non_null(j.to);
	json_text(&j, NULL, text);
	fclose(j.to);
	return out;
}

static void test_structure(void **state)
{
	struct json j = {0};
	char *out = NULL;
	size_t len;

	(void)state;
	j.to = open_memstream(&out, &len);
	assert_non_null(j.to);
	json_open(&j, NULL, '{');
	json_open(&j, "empty", '{');
	json_close(&j, '}');
	json_open(&j, "list", '[');
	json_number(&j, NULL, 0);
	json_number(&j, NULL, UINT64_MAX);
	json_open(&j, NULL, '{');
	json_text(&j, "a\"b", "c");
	json_close(&j, '}');
	json_close(&j, ']');
	json_true(&j, "yes");
	json_close(&j, '}');
	fclose(j.to);
	assert_string_equal(out, "{\n"
				 "    \"empty\": {\n"
				 "\n"
				 "    },\n"
				 "    \"list\": [\n"
				 "        0,\n"
				 "        18446744073709551615,\n"
				 "        {\n"
				 "            \"a\\\"b\": \"c\"\n"
				 "        }\n"
				 "    ],\n"
				 "    \"yes\": true\n"
				 "}\n");
	free(out);
}

/* A line for each element. */
static void test_rows(void **state)
{
	struct json j = {.rows = true};
	char *out = NULL;
	size_t len;

	(void)state;
	j.to = open_memstream(&out, &len);
	assert_non_null(j.to);
	json_open(&j, NULL, '[');
	json_close(&j, ']');
	json_open(&j, NULL, '[');
	json_open(&j, NULL, '{');
	json_text(&j, "a", "\"b\"");
	json_number(&j, "c", 1);
	json_null(&j, "d");
	json_close(&j, '}');
	json_open(&j, NULL, '{');
	json_close(&j, '}');
	json_close(&j, ']');
	fclose(j.to);
	assert_string_equal(out, "[]\n"
				 "[\n"
				 "  {\"a\": \"\\\"b\\\"\", \"c\": 1, \"d\": null},\n"
				 "  {}\n"
				 "]\n");
	free(out);
}

static void test_texts(void **state)
{
#define BAD "\\ufffd"
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"", "\"\""},
		{"a b/c", "\"a b/c\""},
		{"\"\\", "\"\\\"\\\\\""},
		{"\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\\u007f\""},
		/* The first and last of each length, and around the surrogates. */
		{"\xc2\x80\xdf\xbf", "\"\xc2\x80\xdf\xbf\""},
		{"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
		 "\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""},
		{"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""},
		/* Not UTF-8: alone, overlong, a surrogate, too high, cut. */
		{"\x80", "\"" BAD "\""},
		{"\xc0\x80", "\"" BAD BAD "\""},
		{"\xc1\xbf", "\"" BAD BAD "\""},
		{"\xe0\x9f\xbf", "\"" BAD BAD BAD "\""},
		{"\xed\xa0\x80", "\"" BAD BAD BAD "\""},
		{"\xf0\x8f\xbf\xbf", "\"" BAD BAD BAD BAD "\""},
		{"\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""},
		{"\xf5\x80\x80\x80", "\"" BAD BAD BAD BAD "\""},
		{"\xff", "\"" BAD "\""},
		{"\xc3", "\"" BAD "\""},
		{"\xe2\x82", "\"" BAD BAD "\""},
		{"\xf0\x9f\x98", "\"" BAD BAD BAD "\""},
		{"\xc3(\xe2\x82(", "\"" BAD "(" BAD BAD "(\""},
	};
	char *is;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is = quoted(cases[i].text);
		assert_string_equal(is, cases[i].wanted);
		free(is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
