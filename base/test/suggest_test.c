/*
 * Suggestions: near enough to help, and none where it would be a guess.
 */
#include "diag_expect.h"

static const char *const words[] = {"memory", "maxmem", "vcpus", "maxvcpus",
				    "cpus",   "name",   "cap",   "kernel"};
#define NR_WORDS (sizeof(words) / sizeof(words[0]))

static void expect(const char *word, const char *near)
{
	const char *got = suggest(word, words, NR_WORDS);

	if (!near) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_string_equal(got, near);
}

static void test_near(void **state)
{
	(void)state;
	expect("memroy", "memory");  /* two neighbours swapped: one step */
	expect("memry", "memory");   /* one is missing */
	expect("memoryy", "memory"); /* one too many */
	expect("mamory", "memory");  /* another one */
	expect("mmeroy", "memory");  /* two swaps */
	expect("MEMORY", "memory");
	expect("Kernal", "kernel");
	expect("vcpu", "vcpus");
	expect("nmae", "name");
	expect("maxvcpu", "maxvcpus");
}

static void test_far(void **state)
{
	char longest[200];

	(void)state;
	expect("", NULL);
	expect("ca", NULL);          /* one step, but half of the word */
	expect("xap1", NULL);        /* two of four */
	expect("meomryx", "memory"); /* a swap and one too many */
	expect("mxmxrx", NULL);      /* three steps */
	expect("bridge", NULL);
	memset(longest, 'm', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	expect(longest, NULL);
	assert_null(suggest("memory", words, 0));
}

static void test_first_of_equals(void **state)
{
	static const char *const twins[] = {"webb", "web1", "web2"};

	(void)state;
	assert_string_equal(suggest("web3", twins + 1, 2), "web1");
	assert_string_equal(suggest("web2x", twins, 3), "web2");
}

static void test_text(void **state)
{
	char buf[SUGGEST_MAX];

	(void)state;
	assert_string_equal(suggest_text(buf, "memroy", words, NR_WORDS),
			    ", did you mean 'memory'?");
	assert_string_equal(suggest_text(buf, "zzz", words, NR_WORDS), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_first_of_equals),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
