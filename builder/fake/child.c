#include "child.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit.h"

/* In a child: what cmocka does for a failure would go on with its parent's tests. */
static void must(bool good, const char *what)
{
	if (good)
		return;
	dprintf(STDERR_FILENO, "child: %s: %s\n", what, strerror(errno));
	_exit(1);
}

const char *child_says(void (*act)(struct err *e))
{
	static struct err said;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		said.msg[0] = '\0';
		act(&said);
		must(write(fds[1], said.msg, strlen(said.msg)) >= 0, "cannot tell");
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], said.msg, sizeof(said.msg) - 1);
	said.msg[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return said.msg;
}

void child_refuse(int call, int errnum)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0,
	     "cannot have a system call fail");
}

static void limit(int what, size_t max)
{
	const struct rlimit most = {.rlim_cur = max, .rlim_max = max};

	must(setrlimit(what, &most) == 0, "cannot set a limit");
}

void child_no_files(void)
{
	limit(RLIMIT_NOFILE, 0);
}

void child_short_files(size_t max)
{
	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, max);
}
