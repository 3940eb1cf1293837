#include "limits.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/oom_score.h"

/* The loop and what it calls were seen to use 11 KiB. */
#define STACK_SIZE (64u << 10)

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

	if (!oom_score_set(OOM_SCORE_NEVER))
		rc = err_set_errno(e, errno, "cannot be spared when memory is out");
	if (raise_files() < 0 && rc == 0)
		rc = err_set_errno(e, errno, "cannot have %u files open", LIMITS_FILES);
	grow_stack();
	if (mlockall(MCL_CURRENT) < 0 && rc == 0)
		rc = err_set_errno(e, errno, "cannot keep the program in memory");
	return rc;
}
