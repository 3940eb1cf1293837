/* A directory's entries, and what ends the reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"

static char dir[] = "/tmp/directory_test.XXXXXX";
static unsigned seen;

static int count(void *of, const char *name, struct err *e)
{
	assert_ptr_equal(of, &seen);
	assert_true(!strcmp(name, "a") || !strcmp(name, "b"));
	seen++;
	return seen > 2 ? err_set(e, "too many") : 0;
}

static int refuse(void *of, const char *name, struct err *e)
{
	(void)of;
	seen++;
	return err_set(e, "not %c", *name ? 'x' : 'y');
}

static void make(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void drop(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(rmdir(path), 0);
}

static void test_each(void **state)
{
	struct err e = {.msg = ""};

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(directory_each(dir, count, &seen, &e), 0);
	assert_int_equal(seen, 0);
	make("a");
	make("b");
	make(".hidden");
	assert_int_equal(directory_each(dir, count, &seen, &e), 0);
	assert_int_equal(seen, 2);
	assert_string_equal(e.msg, "");
	seen = 0;
	assert_int_equal(directory_each(dir, refuse, NULL, &e), -1);
	assert_int_equal(seen, 1);
	assert_string_equal(e.msg, "not x");
	drop("a");
	drop("b");
	drop(".hidden");
	drop("");
}

static void test_none(void **state)
{
	char want[128];
	struct err e;

	(void)state;
	assert_int_equal(directory_each("/nowhere/at/all", refuse, NULL, &e), -1);
	snprintf(want, sizeof(want), "cannot read /nowhere/at/all: %s", strerror(ENOENT));
	assert_string_equal(e.msg, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
