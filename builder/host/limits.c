#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* The loop and what it calls were seen to use 11 KiB. */
#define STACK_SIZE (64u << 10)

/* proc(5): from -1000, never, to 1000. */
static int set_killer(const char *value)
{
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	const ssize_t len = (ssize_t)strlen(value);
	int cause = EIO;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, value, (size_t)len);
	if (n < 0)
		cause = errno;
	close(fd);
	errno = cause;
	return n == len ? 0 : -1;
}

static int raise_files(void)
{
	struct rlimit l;
	rlim_t most;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return -1;
	if (l.rlim_cur >= LIMITS_FILES)
		return 0;
	/* Linux gives process 1 no more than 4096, which root may raise. */
	most = l.rlim_max;
	l.rlim_cur = LIMITS_FILES;
	l.rlim_max = most < LIMITS_FILES ? LIMITS_FILES : most;
	if (setrlimit(RLIMIT_NOFILE, &l) == 0)
		return 0;
	l.rlim_cur = l.rlim_max = most;
	return setrlimit(RLIMIT_NOFILE, &l);
}

/* The stack as large as it will be. Its pages come with mlockall, all at once: a fault for each
 * takes a millisecond in a pv dom0. */
static void __attribute__((noinline)) grow_stack(void)
{
	volatile char stack[STACK_SIZE];

	stack[0] = 0;
	(void)stack[0];
}

int limits_raise(struct err *e)
{
	int rc = 0;

	if (set_killer("-1000") < 0)
		rc = err_set_errno(e, errno, "cannot be spared when memory is out");
	if (raise_files() < 0 && rc == 0)
		rc = err_set_errno(e, errno, "cannot have %u files open", LIMITS_FILES);
	grow_stack();
	if (mlockall(MCL_CURRENT) < 0 && rc == 0)
		rc = err_set_errno(e, errno, "cannot keep the program in memory");
	return rc;
}

int limits_lower(void)
{
	return set_killer("0");
}
