/* Files are closed before another program is run, by an older kernel too. */
#include "builder/fake/kit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/close_files.h"

/* Has close_range fail with this error from here on, in this process. */
static int refuse_close_range(unsigned error)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog all = {.len = 4, .filter = program};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* In a process of its own; error is close_range's, 0 for none. Returns 0 when all is well. */
static int child(unsigned error)
{
	int fds[3];

	fds[0] = fcntl(0, F_DUPFD, 20);
	fds[1] = fcntl(0, F_DUPFD, 30);
	fds[2] = fcntl(0, F_DUPFD_CLOEXEC, 900);
	if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0)
		return 1;
	if (error && refuse_close_range(error) < 0)
		return 2;
	errno = 0;
	if (close_files(fds[1]) < 0)
		return error && errno == (int)error && is_open(fds[1]) ? 0 : 3;
	if (error && error != ENOSYS)
		return 4;
	return is_open(0) && is_open(fds[0]) && !is_open(fds[1]) && !is_open(fds[2]) ? 0 : 5;
}

static void closes(unsigned error)
{
	const pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(child(error));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_close(void **state)
{
	(void)state;
	closes(0);
	closes(ENOSYS);
	closes(EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_close)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
