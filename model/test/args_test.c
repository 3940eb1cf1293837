/* The command line of the classic protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/args.h"

/* Splits at blanks and reads; the words have to stay where they are. */
static int read_args(char *line, struct model_args *a, struct err *e)
{
	char *argv[16] = {"earlydom-model"};
	int argc = 1;

	for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	memset(e, 0, sizeof(*e));
	return model_args(argc, argv, a, e);
}

static void test_good(void **state)
{
	char all[] = "-f /etc/m.conf -v :1 -d 5 -p 12 -m 256", few[] = "-m 1 -p 1 -d 32751 -f x";
	struct model_args a;
	struct err e;

	(void)state;
	assert_int_equal(read_args(all, &a, &e), 0);
	assert_string_equal(a.config, "/etc/m.conf");
	assert_string_equal(a.vnc, ":1");
	assert_int_equal(a.domid, 5);
	assert_int_equal(a.port, 12);
	assert_int_equal(a.memory_mib, 256);
	assert_false(a.help);
	assert_int_equal(read_args(few, &a, &e), 0);
	assert_int_equal(a.domid, 32751);
	assert_null(a.vnc);
}

static void test_help(void **state)
{
	char line[] = "-h", longer[] = "--help";
	struct model_args a;
	struct err e;

	(void)state;
	assert_int_equal(read_args(line, &a, &e), 0);
	assert_true(a.help);
	assert_int_equal(read_args(longer, &a, &e), 0);
	assert_true(a.help);
}

static void test_errors(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{"", "-f is missing: the configuration's path"},
		{"-f x -p 1 -m 1", "-d is missing: the guest's domid"},
		{"-f x -d 1 -m 1", "-p is missing: an event channel's port"},
		{"-f x -d 1 -p 1", "-m is missing: the guest's memory in MiB"},
		{"-f x -d 0 -p 1 -m 1",
		 "-d 0: must be a number from 1 to 32751: the guest's domid"},
		{"-f x -d 32752 -p 1 -m 1",
		 "-d 32752: must be a number from 1 to 32751: the guest's domid"},
		{"-f x -d 18446744073709551617 -p 1 -m 1",
		 "-d 18446744073709551617: must be a number from 1 to 32751: the guest's domid"},
		{"-f x -d 1a -p 1 -m 1",
		 "-d 1a: must be a number from 1 to 32751: the guest's domid"},
		{"-f x -d 1 -p 0 -m 1",
		 "-p 0: must be a number from 1 to 131071: an event channel's port"},
		{"-f x -d 1 -p -1 -m 1",
		 "-p -1: must be a number from 1 to 131071: an event channel's port"},
		{"-f x -d 1 -p 1 -m 16777217",
		 "-m 16777217: must be a number from 1 to 16777216: the guest's memory in MiB"},
		{"-f x -d 1 -p 1 -m +1",
		 "-m +1: must be a number from 1 to 16777216: the guest's memory in MiB"},
		{"-d", "-d wants a value"},
		{"-d 1 -d 1", "-d is given twice"},
		{"-d1", "unknown option '-d1'"},
		{"-x", "unknown option '-x'"},
		{"-", "unknown option '-'"},
		{"--version", "unknown option '--version'"},
		{"x", "unexpected argument 'x'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[128];
		struct model_args a;
		struct err e;

		snprintf(line, sizeof(line), "%s", cases[i].line);
		assert_int_equal(read_args(line, &a, &e), -1);
		assert_string_equal(e.msg, cases[i].message);
	}
}

static void test_ready(void **state)
{
	const int fd = open("/dev/null", O_RDONLY);
	struct err e;
	char text[16];
	int out;

	(void)state;
	assert_int_equal(model_ready_fd(NULL, &out, &e), 0);
	assert_int_equal(out, -1);
	snprintf(text, sizeof(text), "%d", fd);
	assert_int_equal(model_ready_fd(text, &out, &e), 0);
	assert_int_equal(out, fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_int_equal(model_ready_fd("30000", &out, &e), -1);
	assert_string_equal(e.msg, "EARLYDOM_READY_FD=30000: is not an open descriptor");
	assert_int_equal(model_ready_fd("2", &out, &e), -1);
	assert_string_equal(e.msg, "EARLYDOM_READY_FD=2: must be a number from 3 to 32767");
	assert_int_equal(model_ready_fd("", &out, &e), -1);
	assert_string_equal(e.msg, "EARLYDOM_READY_FD=: must be a number from 3 to 32767");
}

static void test_restrict(void **state)
{
	bool may = true;
	struct err e;

	(void)state;
	assert_int_equal(model_may_be_unrestricted(NULL, &may, &e), 0);
	assert_false(may);
	assert_int_equal(model_may_be_unrestricted("0", &may, &e), 0);
	assert_true(may);
	assert_int_equal(model_may_be_unrestricted("1", &may, &e), 0);
	assert_false(may);
	assert_int_equal(model_may_be_unrestricted("no", &may, &e), -1);
	assert_string_equal(e.msg, "EARLYDOM_RESTRICT=no: must be 0 or 1");
	assert_int_equal(model_may_be_unrestricted("", &may, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),     cmocka_unit_test(test_help),
		cmocka_unit_test(test_errors),   cmocka_unit_test(test_ready),
		cmocka_unit_test(test_restrict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
