/* A device model's process: what is said where it does not come to its first instruction. */
#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "builder/devmodel/devmodel_powers.h"
#include "builder/devmodel/devmodel_process.h"

#define PATH "/proc/self/exe"

static char *const argv[] = {(char *)(uintptr_t) "@model", NULL};
static char *const env[] = {NULL};
static const int fds[] = {0, 1, 2};

/* Starts what does not start; nothing is left of it. */
static void start(struct model_program p, struct err *e)
{
	p.path = p.path ? p.path : PATH;
	p.argv = argv;
	p.env = env;
	p.fds = p.fds ? p.fds : fds;
	p.nr_fds = 3;
	if (devmodel_process_start(NULL, &p, e) != -1)
		err_set(e, "it was started");
	else if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		err_set(e, "a child is left");
}

static void no_pipe(struct err *e)
{
	child_no_files();
	start((struct model_program){0}, e);
}

static void no_process(struct err *e)
{
	child_refuse(SYS_clone, EAGAIN);
	child_refuse(SYS_fork, EAGAIN);
	start((struct model_program){0}, e);
}

static void no_root(struct err *e)
{
	const struct own_root closed = {.dir = -1};

	start((struct model_program){.own_root = &closed}, e);
}

static void no_file(struct err *e)
{
	static const int closed[] = {0, 1000, 2};

	start((struct model_program){.fds = closed}, e);
}

static void no_dup(struct err *e)
{
	child_refuse(SYS_dup2, EMFILE);
	start((struct model_program){0}, e);
}

static void no_dup_of_pipe(struct err *e)
{
	child_refuse(SYS_dup3, EMFILE);
	start((struct model_program){0}, e);
}

static void no_number(struct err *e)
{
	child_refuse(SYS_fcntl, EMFILE);
	start((struct model_program){0}, e);
}

static void no_limits(struct err *e)
{
	child_refuse(SYS_prlimit64, EPERM);
	start((struct model_program){0}, e);
}

static const struct model_jail strict = {.strict = true, .file_max = MODEL_FILES_ANY};
static const struct model_jail of_root = {
	.strict = true, .of_root = true, .file_max = MODEL_FILES_ANY};

static void no_filter(struct err *e)
{
	child_refuse(SYS_seccomp, ENOSYS);
	start((struct model_program){.jail = &strict}, e);
}

/* Its parent can't have the listener; nothing is left of a child that waits for it. */
static void no_listener(struct err *e)
{
	child_refuse(SYS_pidfd_getfd, ENOSYS);
	start((struct model_program){.jail = &strict}, e);
}

static void no_namespaces(struct err *e)
{
	child_refuse(SYS_unshare, EPERM);
	start((struct model_program){.jail = &of_root}, e);
}

static void no_capabilities(struct err *e)
{
	child_refuse(SYS_unshare, 0); /* without the right to it, too */
	child_refuse(SYS_mount, 0);
	capabilities_set(0, 0);
	start((struct model_program){.jail = &of_root}, e);
}

static void no_size(struct err *e)
{
	const struct model_jail jail = {.file_max = 1};

	child_refuse(SYS_prlimit64, EPERM);
	start((struct model_program){.jail = &jail}, e);
}

/* The filter is there, and the program is not. */
static void no_program_strict(struct err *e)
{
	start((struct model_program){.path = "/no/where", .jail = &strict}, e);
}

static void no_program(struct err *e)
{
	start((struct model_program){.path = "/no/where"}, e);
}

/* What its log has, where it may start without. */
static void starts_without(struct err *e)
{
	static const struct model_jail loose = {.of_root = true, .file_max = MODEL_FILES_ANY};
	struct model_program p = {.path = "/bin/true", .jail = &loose, .argv = argv, .env = env};
	int log[2], starts[3] = {0, 1, -1};
	char text[400];
	ssize_t n = 0;
	pid_t pid;

	if (pipe(log) < 0)
		_exit(1);
	starts[2] = log[1];
	p.fds = starts;
	p.nr_fds = 3;
	child_refuse(SYS_unshare, EPERM);
	child_refuse(SYS_seccomp, ENOSYS);
	pid = devmodel_process_start(NULL, &p, e);
	close(log[1]);
	if (pid < 0)
		return;
	waitpid(pid, NULL, 0);
	n = read(log[0], text, sizeof(text));
	err_set(e, "%.*s", n > 0 ? (int)n : 0, text);
}

static void test_without(void **state)
{
	char want[400];

	(void)state;
	snprintf(want, sizeof(want),
		 "earlydom: it runs without namespaces of its own: %s\n"
		 "earlydom: it runs without a filter of its system calls: %s\n",
		 strerror(EPERM), strerror(ENOSYS));
	assert_string_equal(child_says(starts_without), want);
}

static void test_no_start(void **state)
{
#define FILTER                                                                                     \
	"cannot filter its system calls (device_model_restrict = 0 goes without; Linux 5.6 and "   \
	"later can): "
	static const char cannot[] = "cannot start device model " PATH ": ";
	static const struct {
		void (*act)(struct err *e);
		const char *says;
		int errnum;
	} cases[] = {
		{no_pipe, "", EMFILE},
		{no_process, "cannot fork: ", EAGAIN},
		{no_root, "cannot enter the refuge: ", EBADF},
		{no_number, "cannot give it its files: ", EMFILE},
		{no_file, "cannot give it its files: ", EBADF},
		{no_dup, "cannot give it its files: ", EMFILE},
		{no_dup_of_pipe, "cannot give it its files: ", EMFILE},
		{no_limits, "cannot set its limits: ", EPERM},
		{no_size, "cannot set its limits: ", EPERM},
		{no_namespaces,
		 "cannot make its namespaces (device_model_restrict = 0 goes without): ", EPERM},
		{no_capabilities, "cannot take root's powers from it: ", EPERM},
		{no_filter, FILTER, ENOSYS},
		{no_listener, FILTER, ENOSYS},
	};
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(want, sizeof(want), "%s%s%s", cannot, cases[i].says,
			 strerror(cases[i].errnum));
		assert_string_equal(child_says(cases[i].act), want);
	}
	assert_string_equal(child_says(no_program_strict),
			    "cannot run device model /no/where: No such file or directory");
	assert_string_equal(child_says(no_program),
			    "cannot run device model /no/where: No such file or directory");
}

/* By the starter it is this process's child all the same, with its arguments and files. */
static void test_by_starter(void **state)
{
	static const struct starter_verb *const verbs[] = {&devmodel_process_verb};
	static char *const words[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
				      (char *)(uintptr_t) "read n; exit $((n + $A))", NULL};
	static char *const setting[] = {(char *)(uintptr_t) "A=4", NULL};
	struct model_program p = {.path = "/bin/sh", .argv = words, .env = setting, .nr_fds = 3};
	struct starter s;
	int ends[2], status;
	struct err e;
	pid_t pid;

	(void)state;
	assert_int_equal(starter_begin(&s, verbs, 1, &e), 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "3\n", 2), 2);
	p.fds = (const int[]){ends[0], 1, 2};
	pid = devmodel_process_start(&s, &p, &e);
	if (pid < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	p.path = "/no/where";
	assert_int_equal(devmodel_process_start(&s, &p, &e), -1);
	assert_string_equal(e.msg, "cannot run device model /no/where: No such file or directory");
	starter_close(&s);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_int_equal(waitpid(-1, &status, 0), -1);
	close(ends[0]);
	close(ends[1]);
	p.path = "/bin/sh";
	p.fds = fds;
	assert_int_equal(devmodel_process_start(&s, &p, &e), -1);
}

/* Of a number that is no child's nothing is to be waited for, and nothing known. */
static void test_not_ours(void **state)
{
	int status = 7;

	(void)state;
	assert_true(devmodel_process_ended(getppid(), -1, &status));
	assert_int_equal(status, DEVMODEL_STATUS_UNKNOWN);
	assert_false(devmodel_process_exits(getpid()));
	assert_true(devmodel_process_has_uid(getpid(), geteuid()));
	assert_false(devmodel_process_has_uid(getpid(), geteuid() + 1));
}

/* One that does not hear SIGTERM is killed; its number is free then. */
static void test_end(void **state)
{
	struct err e;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_IGN);
		alarm(20); /* nobody is left behind by a test that fails */
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	usleep(50000);
	KIT_CHECK(!devmodel_process_end(pid, -1, 20, 5000, &e), "%s", e.msg);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
	assert_int_equal(kill(pid, 0), -1);
	assert_true(devmodel_process_exits(pid));
	assert_false(devmodel_process_has_uid(pid, geteuid()));
}

static pid_t start_sleeper(void)
{
	static char *const words[] = {(char *)(uintptr_t) "sleep", (char *)(uintptr_t) "20", NULL};
	const struct model_program p = {
		.path = "/bin/sleep", .argv = words, .env = env, .fds = fds, .nr_fds = 3};
	struct err e;
	const pid_t pid = devmodel_process_start(NULL, &p, &e);

	KIT_CHECK(pid > 0, "%s", e.msg);
	return pid;
}

/* How it ends: by systemd's signal, or when it is told to. */
static int end_of_sleeper(void)
{
	const pid_t pid = start_sleeper();
	int status;

	assert_int_equal(kill(pid, SIGTERM), 0);
	usleep(50000);
	if (waitpid(pid, &status, WNOHANG) == pid)
		return status;
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* An end that is asked for takes no time in either case. */
static void ends_soon(void)
{
	const pid_t pid = start_sleeper();
	struct err e;

	KIT_CHECK(!devmodel_process_end(pid, -1, 20000, 1, &e), "%s", e.msg);
}

static int begin(void **state)
{
	return kit_begin(state) < 0 || chdir(kit_path("")) < 0 ? -1 : 0;
}

/* systemd's SIGTERM ends none of the initramfs, and only there: with one of both files it is not
 * systemd, or the real root. */
static void test_initramfs(void **state)
{
	uint64_t began;

	(void)state;
	assert_int_equal(mkdir("systemd", 0700), 0);
	assert_int_equal(end_of_sleeper(), SIGTERM);
	assert_int_equal(symlink("/no/where", "initrd-release"), 0);
	assert_int_equal(end_of_sleeper(), SIGINT);
	began = clock_ns();
	ends_soon();
	assert_true(clock_ns() - began < 10000 * NS_PER_MS);
	assert_int_equal(rmdir("systemd"), 0);
	assert_int_equal(end_of_sleeper(), SIGTERM);
	ends_soon();
	assert_int_equal(unlink("initrd-release"), 0);
}

static void immortal(struct err *e)
{
	const pid_t pid = fork();

	if (pid == 0) {
		alarm(5);
		pause();
		_exit(0);
	}
	child_refuse(SYS_kill, EPERM); /* as if the kernel did not come to it */
	if (devmodel_process_end(pid, -1, 5, 5, e) == 0)
		err_set(e, "it has ended");
	else if (strtol(e->msg + strcspn(e->msg, "0123456789"), NULL, 10) != pid)
		err_set(e, "it is not named");
	else
		err_set(e, "%s", strstr(e->msg, " was killed"));
}

static void test_no_end(void **state)
{
	(void)state;
	assert_string_equal(child_says(immortal), " was killed and does not end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without),
		cmocka_unit_test(test_no_start),
		cmocka_unit_test(test_by_starter),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test_setup_teardown(test_initramfs, begin, kit_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
