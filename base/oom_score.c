#include "oom_score.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool oom_score_set(const char *score)
{
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	const ssize_t len = (ssize_t)strlen(score);
	int cause = EIO;
	ssize_t n;

	if (fd < 0)
		return false;
	n = write(fd, score, (size_t)len);
	if (n < 0)
		cause = errno;
	close(fd);
	errno = cause;
	return n == len;
}
