/*
 * How a kernel command line is split: what Linux's next_arg() makes of the same texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/choose/cmdline.h"

/* The parameters as text: <param@column> or <param@column|value@column>, "open" for an open quote.
 */
static void splits(const char *text, const char *want)
{
	char *copy = strdup(text), *rest = copy, *got = NULL;
	struct cmdline_arg arg;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	assert_non_null(copy);
	while (cmdline_next_arg(copy, &rest, &arg)) {
		fprintf(f, "<%s@%zu", arg.param, arg.param_at + 1);
		if (arg.value)
			fprintf(f, "|%s@%zu", arg.value, arg.value_at + 1);
		fprintf(f, "%s>", arg.open_quote ? " open" : "");
	}
	fclose(f);
	assert_string_equal(got, want);
	free(got);
	free(copy);
}

static void test_plain(void **state)
{
	(void)state;
	splits("", "");
	splits(" \t\n", "");
	splits("a", "<a@1>");
	splits(" a  b=c\td=\n", "<a@2><b@5|c@7><d@9|@11>");
	splits("a=b=c", "<a@1|b=c@3>");
	splits("=a", "<=a@1>");
	splits("=a=b", "<=a@1|b@4>");
	splits("a\xa0"
	       "b",
	       "<a@1><b@3>");
	splits("a\vb\fc\rd", "<a@1><b@3><c@5><d@7>");
	splits("-- b", "<--@1><b@4>");
}

static void test_quotes(void **state)
{
	(void)state;
	splits("a=\"b c\" d", "<a@1|b c@4><d@9>");
	splits("\"a=b c\" d", "<a@2|b c@4><d@9>");
	splits("\"a b\" c", "<a b@2><c@7>");
	splits("a=\"b\"c d", "<a@1|b\"c@4><d@8>");
	splits("a=b\"c d\"e f", "<a@1|b\"c d\"e@3><f@11>");
	splits("a=b\"c d\"", "<a@1|b\"c d\"@3>");
	splits("a\"b c\"=d", "<a\"b c\"@1|d@8>");
	splits("a=\"\"", "<a@1|@4>");
	splits("a=\"", "<a@1|@4 open>");
	splits("a=\"b c", "<a@1|b c@4 open>");
	splits("\"", "<@2 open>");
	splits("\"\" a", "<@2><a@4>");
	splits("\"a=\"b\" c", "<a@2|b\" c@5 open>");
	splits("a='b c'", "<a@1|'b@3><c'@6>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
