/* The configuration's parser, and what it can't do when it is somebody else's. With musl it really
 * has no powers; the sanitizers need some. */
#include "base/test/diag_expect.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "model/config_jail.h"
#include "model/fake.h"

#define UID 65543

static char dir[] = "/tmp/model_jail_XXXXXX";
static struct config_answer answer;

static int enter_dir(void **state)
{
	(void)state;
	fake_reset();
	fake->confines = fake_may_confine();
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave_dir(void **state)
{
	(void)state;
	unlink("m.conf");
	return chdir("/") < 0 || rmdir(dir) < 0;
}

static void good(const char *text)
{
	struct err e = {.msg = ""};

	write_text(".", "m.conf", text);
	if (config_jail_read("m.conf", UID, &answer, &e) < 0)
		fail_msg("%s", e.msg);
}

static void bad(const char *want)
{
	struct err e = {.msg = ""};

	assert_int_equal(config_jail_read("m.conf", UID, &answer, &e), -1);
	assert_string_equal(e.msg, want);
}

static void test_good(void **state)
{
	(void)state;
	good("");
	assert_int_equal(answer.errors, 0);
	assert_int_equal(answer.config.port, 0x3f8);
	assert_string_equal(answer.config.log, "");
	good("irq = 7\n\nlog = \"/a\"\n");
	assert_int_equal(answer.errors, 0);
	assert_int_equal(answer.config.irq, 7);
	assert_string_equal(answer.config.log, "/a");
	assert_string_equal(answer.config.log_loc.file, "m.conf");
	assert_int_equal(answer.config.log_loc.line, 3);
	assert_int_equal(answer.config.log_loc.column, 7);
	assert_string_equal(answer.said, "");
}

static void test_errors(void **state)
{
	(void)state;
	good("irq = 2\nfoo\033 = 1\n");
	assert_true(answer.errors > 0);
	assert_non_null(strstr(answer.said, "earlydom-model: m.conf:1:7: irq = 2: is the "
					    "platform's own: 0, 2, 8 and 9 can't be used\n"));
	assert_null(strchr(answer.said, '\033'));
}

/* More errors than there is room for, and as much text as there may be. */
static void test_many(void **state)
{
	char *text = malloc(65537);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 65536; i += 4)
		memcpy(text + i, "a=1\n", 4);
	text[65536] = '\0';
	good(text);
	free(text);
	assert_int_equal(answer.errors, 65536 / 4);
	assert_true(strlen(answer.said) > CONFIG_SAID_MAX - 200);
	assert_true(strlen(answer.said) < CONFIG_SAID_MAX);
}

static void test_unreadable(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(config_jail_read("none.conf", UID, &answer, &e), -1);
	assert_string_equal(e.msg,
			    "none.conf: cannot read the configuration: No such file or directory");
	assert_int_equal(config_jail_read("/", UID, &answer, &e), -1);
	assert_string_equal(e.msg, "/: cannot read the configuration: Is a directory");
}

/* ---- parsers of somebody else's ---- */

static struct config_answer *answer_of(struct model_config *c)
{
	return (struct config_answer *)((char *)c - offsetof(struct config_answer, config));
}

static fake_parse lies, scribbles, ends, is_killed, kills_itself, calls, eats, says_why;

static size_t lies(const char *file, const char *text, size_t len, struct model_config *out,
		   struct diag *d)
{
	(void)file, (void)text, (void)len, (void)d;
	*out = (struct model_config){.port = 0xcf9, .irq = 4};
	return 0;
}

static size_t scribbles(const char *file, const char *text, size_t len, struct model_config *out,
			struct diag *d)
{
	(void)file, (void)text, (void)len, (void)d;
	memset(answer_of(out), '\033', sizeof(struct config_answer));
	_exit(0);
}

static size_t ends(const char *file, const char *text, size_t len, struct model_config *out,
		   struct diag *d)
{
	(void)file, (void)text, (void)len, (void)out, (void)d;
	_exit(0);
}

static size_t is_killed(const char *file, const char *text, size_t len, struct model_config *out,
			struct diag *d)
{
	(void)file, (void)text, (void)len, (void)out, (void)d;
	__builtin_trap();
}

static size_t kills_itself(const char *file, const char *text, size_t len, struct model_config *out,
			   struct diag *d)
{
	(void)file, (void)text, (void)len, (void)out, (void)d;
	kill(getpid(), SIGKILL);
	return 0;
}

static size_t calls(const char *file, const char *text, size_t len, struct model_config *out,
		    struct diag *d)
{
	(void)file, (void)text, (void)len, (void)out, (void)d;
	syscall(SYS_kill, getppid(), SIGKILL);
	return 0;
}

/* All the memory that it can get. */
static size_t eats(const char *file, const char *text, size_t len, struct model_config *out,
		   struct diag *d)
{
	(void)file, (void)text, (void)len, (void)d;
	while (malloc(1 << 20))
		out->irq++;
	_exit(3);
}

static size_t says_why(const char *file, const char *text, size_t len, struct model_config *out,
		       struct diag *d)
{
	(void)file, (void)text, (void)len, (void)d;
	memcpy(answer_of(out)->failed.msg, "no\nway", 7);
	_exit(1);
}

static void with(fake_parse *parser, const char *want)
{
	fake_parses = parser;
	bad(want);
	fake_parses = NULL;
}

static void test_strangers(void **state)
{
	(void)state;
	write_text(".", "m.conf", "");
	with(lies, "cannot read the configuration m.conf: its parser says what can't be");
	with(ends, "cannot read the configuration m.conf: its parser has failed");
	with(says_why, "cannot read the configuration m.conf in a process without powers: no?way");
	fake_parses = scribbles;
	good("");
	fake_parses = NULL;
	assert_true(answer.errors > 0);
	assert_int_equal(strlen(answer.said), CONFIG_SAID_MAX - 1);
	for (size_t i = 0; answer.said[i]; i++)
		assert_int_equal(answer.said[i], '?');
}

static void test_jail(void **state)
{
	(void)state;
	write_text(".", "m.conf", "");
	if (!fake->confines) {
		with(kills_itself, "cannot read the configuration m.conf: its parser was ended by "
				   "signal 9 (Killed)");
		return;
	}
	signal(SIGILL, SIG_DFL); /* cmocka's own handler has no way to work there */
	with(is_killed, "cannot read the configuration m.conf: its parser was ended by signal 4 "
			"(Illegal instruction)");
	with(calls, "cannot read the configuration m.conf: its parser was ended by signal 31 (Bad "
		    "system call)");
	with(eats, "cannot read the configuration m.conf: its parser has failed");
}

/* Without the right to give up powers nothing is parsed. */
static void test_no_right(void **state)
{
	const bool confines = fake->confines;

	(void)state;
	write_text(".", "m.conf", "");
	assert_int_equal(chmod(".", 0755) | chmod("m.conf", 0644), 0);
	fake->confines = true;
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	bad("cannot read the configuration m.conf in a process without powers: cannot give up "
	    "root's powers (is it root's?): Operation not permitted");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	fake->confines = confines;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),      cmocka_unit_test(test_errors),
		cmocka_unit_test(test_many),      cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_strangers), cmocka_unit_test(test_jail),
		cmocka_unit_test(test_no_right),
	};

	return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
