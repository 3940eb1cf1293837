/*
 * Diagnostics: what is kept, in which order, and how it is printed.
 */
#include "diag_expect.h"

static const struct loc whole = {"a.cfg", 0, 0};

static struct loc at(const char *file, unsigned line, unsigned column)
{
	return (struct loc){file, line, column};
}

static void test_print(void **state)
{
	struct diag d = {0};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	diag_add(&d, at("a.cfg", 3, 10), "memory = %d: wrong", 0);
	diag_add(&d, whole, "kernel is missing");
	diag_print(&d, DIAG_ERRORS, f, "earlydom: ");
	fclose(f);
	assert_string_equal(text, "earlydom: a.cfg:3:10: memory = 0: wrong\n"
				  "earlydom: a.cfg: kernel is missing\n");
	free(text);
	diag_free(&d);
	assert_int_equal(diag_count(&d), 0);
	expect_diag(&d, "");
}

static void test_one_line(void **state)
{
	struct diag d = {0};

	(void)state;
	diag_add(&d, at("a\n\x1b[2J.cfg", 1, 1), "%s", "x\ny\x1b[31m\x7f\tz \xc3\xa4");
	expect_diag(&d, "a\\x0a\\x1b[2J.cfg:1:1: x\\x0ay\\x1b[31m\\x7f\\x09z \xc3\xa4\n");
}

static void test_limit(void **state)
{
	struct diag d = {0}, e = {0};

	(void)state;
	for (int i = 0; i < DIAG_MAX + 2; i++)
		diag_add(&d, at("a.cfg", (unsigned)i + 1, 1), "%d", i);
	assert_int_equal(d.n, DIAG_MAX);
	assert_int_equal(d.lost, 2);
	assert_int_equal(diag_count(&d), DIAG_MAX + 2);
	assert_string_equal(d.msgs[DIAG_MAX - 1].text, "999");

	diag_add(&e, whole, "first");
	diag_move(&e, &d);
	assert_int_equal(d.n, 0);
	assert_int_equal(d.lost, 0);
	assert_int_equal(e.n, DIAG_MAX);
	assert_int_equal(e.lost, 3);
	diag_drop(&e, 0, DIAG_MAX);
	expect_diag(&e, "3 more errors not shown\n");
	e.lost = 1;
	expect_diag(&e, "1 more error not shown\n");
}

static void test_drop(void **state)
{
	struct diag d = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		diag_add(&d, whole, "%d", i);
	diag_drop(&d, 1, 2);
	diag_drop(&d, 2, 100);
	diag_drop(&d, 7, 1);
	diag_add(&d, whole, "5");
	expect_diag(&d, "a.cfg: 0\na.cfg: 3\na.cfg: 5\n");
}

static void test_notes(void **state)
{
	struct diag d = {0}, strict = {.strict = true};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	diag_add(&d, whole, "wrong");
	diag_note(&d, at("a.cfg", 1, 2), "%s has no effect", "x");
	diag_note(&d, whole, "y");
	assert_int_equal(diag_count(&d), 1);
	assert_int_equal(diag_notes(&d), 2);
	diag_drop(&d, 2, 1);
	d.notes_lost++;
	diag_print(&d, DIAG_ERRORS, f, "");
	diag_print(&d, DIAG_ALL, f, "- ");
	fclose(f);
	assert_string_equal(text, "a.cfg: wrong\n- a.cfg: wrong\n"
				  "- a.cfg:1:2: note: x has no effect\n"
				  "- 1 more note not shown\n");
	free(text);
	for (int i = 0; i <= DIAG_MAX; i++)
		diag_note(&strict, whole, "z");
	assert_int_equal(diag_notes(&strict), 0);
	assert_int_equal(diag_count(&strict), DIAG_MAX + 1);
	diag_move(&d, &strict);
	assert_int_equal(diag_notes(&d), 2);
	assert_int_equal(diag_count(&d), DIAG_MAX + 2);
	assert_true(strict.strict);
	diag_free(&d);
}

static void test_sort(void **state)
{
	struct diag d = {0};

	(void)state;
	diag_add(&d, at("cmdline", 1, 9), "other 1");
	diag_add(&d, whole, "whole 1");
	diag_add(&d, at("a.cfg", 7, 2), "d");
	diag_add(&d, at("cmdline", 1, 3), "other 2");
	diag_add(&d, at("a.cfg", 2, 9), "b");
	diag_add(&d, at("a.cfg", 2, 3), "a");
	diag_add(&d, at("a.cfg", 2, 9), "c");
	diag_add(&d, whole, "whole 2");
	diag_sort(&d, "a.cfg");
	expect_diag(&d, "a.cfg:2:3: a\n"
			"a.cfg:2:9: b\n"
			"a.cfg:2:9: c\n"
			"a.cfg:7:2: d\n"
			"a.cfg: whole 1\n"
			"a.cfg: whole 2\n"
			"cmdline:1:9: other 1\n"
			"cmdline:1:3: other 2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print), cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_limit), cmocka_unit_test(test_drop),
		cmocka_unit_test(test_sort),  cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
