/* Filters of system calls: what they allow, by running them, as the kernel does, and by the kernel.
 */
#include "builder/fake/filter_verdict.h"
#include "builder/fake/kit.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/seccomp.h"

static const uint32_t requests[] = {7, 9};
static const uint32_t exec[] = {PROT_EXEC};
static const uint32_t flags[] = {6, 7};

static const struct seccomp_rule some[] = {
	SECCOMP_CALL(write),
	SECCOMP_CALL_ONE_OF(ioctl, 1, requests),
	SECCOMP_CALL_WITHOUT(mmap, 2, exec),
	SECCOMP_CALL(exit_group),
	SECCOMP_CALL_FAILS(getppid),
};

static const struct seccomp_list some_lists[] = {SECCOMP_LIST(some)};

static void test_lists(void **state)
{
	static struct seccomp_filter f;
	struct seccomp_data other = {.nr = SYS_write, .arch = seccomp_arch + 1};

	(void)state;
	assert_true(seccomp_build(some_lists, 1, SECCOMP_END, &f));
	assert_int_equal(filter_verdict(&f, SYS_write, 0, 1), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_exit_group, 0, 1), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_ioctl, 1, 7), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_ioctl, 1, 9), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_ioctl, 1, 8), SECCOMP_END);
	assert_int_equal(filter_verdict(&f, SYS_ioctl, 0, 7), SECCOMP_END);
	assert_int_equal(filter_verdict(&f, SYS_mmap, 2, PROT_READ | PROT_WRITE),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_mmap, 2, PROT_READ | PROT_EXEC), SECCOMP_END);
	assert_int_equal(filter_verdict(&f, SYS_getppid, 0, 0), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(filter_verdict(&f, SYS_read, 0, 0), SECCOMP_END);
	/* x32's numbers, and another processor's. */
	assert_int_equal(filter_verdict(&f, SYS_write | 0x40000000, 0, 1), SECCOMP_END);
	assert_int_equal(filter_verdict(&f, -1, 0, 1), SECCOMP_END);
	assert_int_equal(filter_verdict_of(&f, &other), SECCOMP_END);
}

static const struct seccomp_rule denied[] = {
	SECCOMP_CALL_NEVER(ptrace),
	SECCOMP_CALL_FAILS(sched_setaffinity),
	SECCOMP_CALL_UNKNOWN(clone3),
	SECCOMP_CALL_ONE_OF(clone, 0, flags),
	SECCOMP_CALL_WITHOUT(mmap, 2, exec),
	SECCOMP_CALL_ONE_OF(ioctl, 1, requests),
	{.nr = SYS_execve, .check = SECCOMP_ASK},
};

static char *const nothing[] = {NULL};

static const struct seccomp_list denied_lists[] = {SECCOMP_LIST(denied)};

/* What is on no list is allowed, unless it is a call of another kind. */
static void test_denying(void **state)
{
	static struct seccomp_filter f;
	struct seccomp_data other = {.nr = SYS_write, .arch = seccomp_arch + 1};

	(void)state;
	assert_true(seccomp_build_denying(denied_lists, 1, &f));
	for (int nr = 0; nr < 500; nr++)
		if (nr != SYS_ptrace && nr != SYS_sched_setaffinity && nr != SYS_clone3 &&
		    nr != SYS_clone && nr != SYS_ioctl && nr != SYS_execve)
			assert_int_equal(filter_verdict(&f, nr, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_ptrace, 0, 0), SECCOMP_END);
	assert_int_equal(filter_verdict(&f, SYS_sched_setaffinity, 0, 0),
			 SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(filter_verdict(&f, SYS_clone3, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(filter_verdict(&f, SYS_execve, 0, 0), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(filter_verdict(&f, SYS_clone, 0, 6), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_clone, 0, 7), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_clone, 0, 5), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(filter_verdict(&f, SYS_mmap, 2, PROT_EXEC), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(filter_verdict(&f, SYS_ioctl, 1, 7), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_ioctl, 1, 8), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(filter_verdict(&f, SYS_write | 0x40000000, 0, 1), SECCOMP_END);
	assert_int_equal(filter_verdict(&f, 0x3fffffff, 0, 1), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, -1, 0, 1), SECCOMP_END);
	assert_int_equal(filter_verdict_of(&f, &other), SECCOMP_END);
}

/* A child, behind a filter that asks about execve, that goes on when `go` has a byte; `said` has
 * its listener's number, and what comes of two calls. It ends by itself if nobody answers. */
static pid_t asking_child(int go, int said)
{
	static struct seccomp_filter f;
	const pid_t pid = fork();
	int say[3];
	char c;

	if (pid != 0)
		return pid;
	alarm(20);
	if (!seccomp_build_denying(denied_lists, 1, &f))
		_exit(99);
	say[0] = seccomp_install_asking(&f);
	if (write(said, say, sizeof(say[0])) < 0 || read(go, &c, 1) != 1)
		_exit(98);
	for (int i = 1; i < 3; i++)
		say[i] = execve("/no/where", nothing, nothing) < 0 ? errno : 0;
	if (write(said, &say[1], 2 * sizeof(say[0])) < 0)
		_exit(97);
	_exit(0);
}

/* Each call that is asked about is made once it is let, and nobody waits for one of a child that is
 * gone. */
static void test_asking(void **state)
{
	int go[2], said[2], number, got[2], pidfd, listener, status;
	pid_t pid;

	(void)state;
	assert_true(pipe(go) == 0 && pipe(said) == 0);
	pid = asking_child(go[0], said[1]);
	close(said[1]);
	assert_int_equal(read(said[0], &number, sizeof(number)), sizeof(number));
	assert_true(number > 0);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	assert_true(listener >= 0);
	assert_int_equal(write(go[1], "", 1), 1);
	assert_true(seccomp_let_one(listener, said[0]));
	assert_true(seccomp_let_one(listener, said[0]));
	assert_int_equal(read(said[0], got, sizeof(got)), sizeof(got));
	assert_int_equal(got[0], ENOENT);
	assert_int_equal(got[1], ENOENT);
	/* It is no more, and nobody asks. */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(seccomp_let_one(listener, said[0]));
	assert_int_equal(errno, EPIPE);
	close(listener);
	close(pidfd);
	close(said[0]);
	close(go[0]);
	close(go[1]);
}

/* With no listener left the call is none that there is. */
static void test_nobody_answers(void **state)
{
	static struct seccomp_filter f;
	int status = -1;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		alarm(20);
		if (!seccomp_build_denying(denied_lists, 1, &f))
			_exit(99);
		close(seccomp_install_asking(&f));
		_exit(execve("/proc/self/exe", nothing, nothing) < 0 && errno == ENOSYS ? 7 : 8);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

/* Every number of a long list, and every one that is not on it. */
static void test_long(void **state)
{
	static struct seccomp_rule rules[SECCOMP_RULES_MAX + 1];
	static struct seccomp_filter f;
	struct seccomp_list list = {rules, 0};

	(void)state;
	for (size_t n = 0; n < 100; n++) {
		for (size_t i = 0; i < n; i++) /* not by number: 7 and 101 have no common factor */
			rules[i] = (struct seccomp_rule){.nr = (int)(i * 7 % 101) * 3 + 1};
		list.n = n;
		assert_true(seccomp_build(&list, 1, SECCOMP_END, &f));
		for (int nr = 0; nr < 320; nr++) {
			bool is_there = false;

			for (size_t i = 0; i < n; i++)
				is_there |= rules[i].nr == nr;
			assert_int_equal(filter_verdict(&f, nr, 0, 0),
					 is_there ? SECCOMP_RET_ALLOW : SECCOMP_END);
		}
	}
	for (size_t i = 0; i <= SECCOMP_RULES_MAX; i++)
		rules[i] = (struct seccomp_rule){.nr = (int)i};
	list.n = SECCOMP_RULES_MAX;
	assert_true(seccomp_build(&list, 1, SECCOMP_END, &f));
	list.n++;
	assert_false(seccomp_build(&list, 1, SECCOMP_END, &f));
}

/* Of two rules for a call the first one counts. */
static void test_first(void **state)
{
	static const struct seccomp_rule fails[] = {SECCOMP_CALL_FAILS(write)};
	const struct seccomp_list lists[] = {SECCOMP_LIST(fails), SECCOMP_LIST(some)};
	static struct seccomp_filter f;

	(void)state;
	assert_true(seccomp_build(lists, 2, SECCOMP_END, &f));
	assert_int_equal(filter_verdict(&f, SYS_write, 0, 0), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(filter_verdict(&f, SYS_exit_group, 0, 0), SECCOMP_RET_ALLOW);
}

/* Runs a call of a child's under the filter. Returns its wait status. */
static int under_filter(int nr, long a, long b)
{
	static struct seccomp_filter f;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (!seccomp_build(some_lists, 1, SECCOMP_END, &f) || !seccomp_install(&f, false))
			_exit(99);
		syscall(SYS_exit_group, syscall(nr, a, b, 0) < 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_kernel(void **state)
{
	int status;

	(void)state;
	status = under_filter(SYS_write, -1, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	status = under_filter(SYS_getppid, 0, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	status = under_filter(SYS_getuid, 0, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	status = under_filter(SYS_ioctl, -1, 8);
	assert_true(WIFSIGNALED(status));
}

/* A filter that was not made is no filter, and that is an error. */
static void test_empty(void **state)
{
	static const struct seccomp_filter none;

	(void)state;
	assert_false(seccomp_install(&none, false));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(seccomp_install_asking(&none), -1);
	assert_int_equal(errno, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),  cmocka_unit_test(test_long),
		cmocka_unit_test(test_first),  cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_empty),  cmocka_unit_test(test_denying),
		cmocka_unit_test(test_asking), cmocka_unit_test(test_nobody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
