#include "close_files.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * For kernels before Linux 5.9, which lack close_range(2): closes each number below RLIMIT_NOFILE.
 */
static int close_each(int first)
{
	struct rlimit limit;
	rlim_t fd;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	for (fd = (rlim_t)first; fd < limit.rlim_cur; fd++)
		close((int)fd);
	return 0;
}

int close_files(int first)
{
	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return 0;
	return errno == ENOSYS ? close_each(first) : -1;
}
