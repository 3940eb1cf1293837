/* Strings of xenstore_quota. */
#include "builder/fake/kit.h"

#include "builder/describe/quota_spec.h"

static void is(const char *text, const char *name, uint32_t value)
{
	struct quota q;
	struct err e;

	KIT_CHECK(quota_parse(text, &q, &e) == 0, "%s: %s", text, e.msg);
	assert_string_equal(q.name, name);
	assert_int_equal(q.value, value);
	assert_int_equal(quota_check(text, &e), 0);
}

static void test_good(void **state)
{
	(void)state;
	is("nodes=1000", "nodes", 1000);
	is("soft-memory=0x200000", "soft-memory", 0x200000);
	is("n=0", "n", 0);
	is("n=010", "n", 8);
	is("transaction-nodes=4294967295", "transaction-nodes", UINT32_MAX);
	is("abcdefghijklmnopqrstuvwxyzabcde=1", "abcdefghijklmnopqrstuvwxyzabcde", 1);
}

static void wrong(const char *text, const char *want)
{
	struct quota q = {.name = "x", .value = 7};
	struct err e = {.msg = "right"};

	assert_int_equal(quota_parse(text, &q, &e), -1);
	assert_string_equal(e.msg, want);
	assert_string_equal(q.name, "x");
	assert_int_equal(q.value, 7);
	assert_int_equal(quota_check(text, &e), -1);
}

static void test_bad(void **state)
{
	static const char *const no_name[] = {
		"",    "nodes",   "=1",   "-n=1",
		"N=1", "no_de=1", " n=1", "abcdefghijklmnopqrstuvwxyzabcdef=1"};
	static const char *const no_number[] = {"n=",
						"n= 1",
						"n=-1",
						"n=+1",
						"n=1 ",
						"n=0x",
						"n=x",
						"n=08",
						"n=4294967296",
						"n=1=2",
						"n=99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < sizeof(no_name) / sizeof(no_name[0]); i++)
		wrong(no_name[i], "must be NAME=NUMBER, with a name of letters and '-'");
	for (size_t i = 0; i < sizeof(no_number) / sizeof(no_number[0]); i++)
		wrong(no_number[i], "its number must be 0 to 4294967295");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("quota_spec", tests, NULL, NULL);
}
