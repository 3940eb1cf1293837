#include "root_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A path with ".." that is followed while something is mounted or renamed, anywhere, is to be
 * followed again (EAGAIN in openat2(2)). */
#define TRIES 1000

int root_file_open_at(int root, const char *path, int flags)
{
	const struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC,
				     .resolve = RESOLVE_IN_ROOT};
	int fd = -1;

	errno = EAGAIN;
	for (int i = 0; i < TRIES && fd < 0 && errno == EAGAIN; i++)
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	return fd;
}

int root_file_open(const char *root, const char *path, int flags)
{
	int dir, fd, cause;

	if (!root)
		return open(path, flags | O_CLOEXEC);
	dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	fd = root_file_open_at(dir, path, flags);
	cause = errno;
	close(dir);
	errno = cause;
	return fd;
}
