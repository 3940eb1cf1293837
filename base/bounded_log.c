#include "bounded_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int bounded_log_open(struct bounded_log *l, int dirfd, const char *name, struct err *e)
{
	char file[NAME_MAX + 1];
	struct stat st;

	snprintf(file, sizeof(file), "%s.log", name);
	l->fd = openat(dirfd, file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (l->fd < 0)
		return err_set_errno(e, errno, "cannot write the console log %s", file);
	l->size = fstat(l->fd, &st) < 0 ? 0 : (size_t)st.st_size;
	return 0;
}

void bounded_log_close(struct bounded_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

size_t bounded_log_tail(const struct bounded_log *l, char *buf, size_t size)
{
	const size_t start = l->size > size ? l->size - size : 0;
	const ssize_t n = pread(l->fd, buf, size, (off_t)start);

	return n < 0 ? 0 : (size_t)n;
}

/* Keeps the newest half, from the start of a line on. */
static void bounded_log_halve(struct bounded_log *l)
{
	const size_t half = CONLOG_MAX / 2;
	char *buf = malloc(half), *start;
	size_t n;

	/*
	 * Without memory to keep the newest half, all of the old log goes: the bound and the new
	 * output matter more.
	 */
	n = buf ? bounded_log_tail(l, buf, half) : 0;
	start = n ? memchr(buf, '\n', n) : NULL;
	start = start ? start + 1 : buf;
	n -= (size_t)(start - buf);
	if (ftruncate(l->fd, 0) == 0)
		l->size = 0;
	if (n && l->size == 0 && pwrite(l->fd, start, n, 0) == (ssize_t)n)
		l->size = n;
	free(buf);
}

void bounded_log_write(struct bounded_log *l, const char *buf, size_t n)
{
	ssize_t done;

	if (l->fd < 0)
		return;
	if (n > CONLOG_MAX / 2) {
		buf += n - CONLOG_MAX / 2;
		n = CONLOG_MAX / 2;
	}
	if (l->size + n > CONLOG_MAX)
		bounded_log_halve(l);
	if (l->size + n > CONLOG_MAX)
		return;
	done = pwrite(l->fd, buf, n, (off_t)l->size);
	if (done > 0)
		l->size += (size_t)done;
}
