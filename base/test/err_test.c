/*
 * Messages of errors, and which of them may pass.
 */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void test_passing(void **state)
{
	static const int passing[] = {ENOMEM, EIO,    EAGAIN, EBUSY, ENOSPC,      ENODEV,
				      ENXIO,  EMFILE, EINTR,  EPIPE, ECONNREFUSED},
			 lasting[] = {ENOENT, EACCES, EPERM, EINVAL, ENOEXEC, ENAMETOOLONG, 0};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		assert_true(errno_passes(passing[i]));
	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		assert_false(errno_passes(lasting[i]));
	assert_int_equal(err_set(&e, "no %s", "kernel"), -1);
	assert_false(e.passing);
	assert_int_equal(err_set_passing(&e, "no %s", "memory"), -1);
	assert_true(e.passing);
	assert_string_equal(e.msg, "no memory");
	assert_int_equal(err_prefix(&e, "%s: ", "web"), -1);
	assert_string_equal(e.msg, "web: no memory");
	assert_true(e.passing);
}

static void test_errno(void **state)
{
	char longest[sizeof(((struct err *)0)->msg)], want[64];
	struct err e;

	(void)state;
	assert_int_equal(err_set_errno(&e, EIO, "cannot read %s", "/x"), -1);
	snprintf(want, sizeof(want), "cannot read /x: %s", strerror(EIO));
	assert_string_equal(e.msg, want);
	assert_true(e.passing);
	err_set_errno(&e, ENOENT, "cannot read %s", "/x");
	assert_false(e.passing);
	/* What does not fit is cut. */
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	err_set_errno(&e, EIO, "%s", longest);
	assert_string_equal(e.msg, longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passing),
		cmocka_unit_test(test_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
