#include "write_all.h"

#include <errno.h>
#include <unistd.h>

bool write_all(int fd, const void *data, size_t n)
{
	const char *at = data;

	while (n > 0) {
		const ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		n -= (size_t)done;
	}
	return true;
}
