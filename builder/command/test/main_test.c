/* The program as a whole: which command is run, and what is said of those that there are not. */
#include "builder/fake/kit.h"

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
	static const char *const commands[] = {"boot", "check",   "inspect", "list",    "report",
					       "stop", "console", "destroy", "release", "handover"};
	char line[64];
	size_t i;

	(void)state;
	assert_int_equal(run(NULL, NULL), EXIT_USAGE);
	assert_string_equal(o.out, "");
	assert_memory_equal(o.err, "usage: earlydom COMMAND ...\n", 28);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
