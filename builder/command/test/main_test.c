/* The program as a whole: which command is run, and what is said of those that there are not. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <stdio_ext.h>
#include <unistd.h>

#include "builder/command/commands.h"

/* The program's main, by the name that it has in tests (tests.mk). */
int earlydom_main(int argc, char **argv);

static struct kit_output o;

static int run(const char *a, const char *b)
{
	const char *const argv[] = {"earlydom", a, b, NULL};

	kit_command(earlydom_main, argv, &o);
	return o.status;
}

static void test_usage(void **state)
{
	static const char *const commands[] = {"boot",  "check",   "inspect", "list",    "report",
					       "stop",  "console", "destroy", "release", "handover",
					       "start", "restart", "disks",   "devices", "hide"};
	char line[64];

	(void)state;
	assert_int_equal(run(NULL, NULL), EXIT_USAGE);
	assert_string_equal(o.out, "");
	assert_memory_equal(o.err, "usage: earlydom COMMAND ...\n", 28);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(line, sizeof(line), "\n  %-8s ", commands[i]);
		KIT_CHECK(strstr(o.err, line), "%s is not told of", commands[i]);
		/* And each has words of its own. */
		assert_int_equal(run(commands[i], "--help"), EXIT_OK);
		snprintf(line, sizeof(line), "usage: earlydom %s", commands[i]);
		assert_memory_equal(o.out, line, strlen(line));
		assert_string_equal(o.err, "");
		assert_int_equal(run(NULL, NULL), EXIT_USAGE);
	}
	assert_int_equal(run("--help", NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	assert_memory_equal(o.out, "usage: earlydom COMMAND ...\n", 28);
	assert_int_equal(run("-h", NULL), EXIT_OK);
}

static void test_version(void **state)
{
	(void)state;
	assert_int_equal(run("--version", NULL), EXIT_OK);
	assert_memory_equal(o.out, "earlydom " EARLYDOM_VERSION " (libraries of Xen ", 28);
	assert_string_equal(o.err, "");
	assert_int_equal(run("-V", NULL), EXIT_OK);
}

static void test_command(void **state)
{
	(void)state;
	assert_int_equal(run("lists", NULL), EXIT_USAGE);
	assert_memory_equal(o.err, "earlydom: unknown command 'lists'\nusage: ", 41);
	/* The command's own arguments are what is behind its name. */
	assert_int_equal(run("inspect", kit_path("kernel")), EXIT_OK);
	assert_memory_equal(o.out, "format: ELF\n", 12);
	assert_int_equal(run("inspect", kit_path("nowhere")), EXIT_FAILED);
	assert_string_equal(o.out, "");
}

/* With a standard output that takes nothing. */
static int main_full(int argc, char **argv)
{
	const int fd = open("/dev/full", O_WRONLY);
	int status;

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		abort();
	close(fd);
	status = earlydom_main(argc, argv);
	__fpurge(stdout);
	clearerr(stdout);
	return status;
}

static void test_output(void **state)
{
	static const char *const version[] = {"earlydom", "--version", NULL},
				 *const help[] = {"earlydom", "check", "--help", NULL},
				 *const unknown[] = {"earlydom", "x", NULL};
	static const char full[] =
		"earlydom: cannot write what was asked for: No space left on device\n";

	(void)state;
	kit_command(earlydom_main, version, &o);
	assert_int_equal(o.status, EXIT_OK);
	assert_memory_equal(o.out, "earlydom ", 9);
	kit_command(main_full, version, &o);
	assert_int_equal(o.status, EXIT_FAILED);
	assert_string_equal(o.err, full);
	kit_command(main_full, help, &o);
	assert_int_equal(o.status, EXIT_FAILED);
	assert_string_equal(o.err, full);
	/* Nothing was asked for that could be missing. */
	kit_command(main_full, unknown, &o);
	assert_int_equal(o.status, EXIT_USAGE);
	assert_memory_equal(o.err, "earlydom: unknown command 'x'\n", 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
