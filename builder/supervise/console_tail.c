#include "console_tail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name that xenconsoled gives a guest's log (tools/console/daemon/io.c, create_domain_log). */
#define LOG_PREFIX "guest-"
#define LOG_SUFFIX ".log"

/* How much is read before it is given back: a hole of a page at a time would cost more than it
 * frees. */
#define PUNCH_BYTES (64 * 1024)

int console_tail_open(struct console_tail *t, int dirfd, const char *name, struct err *e)
{
	char file[NAME_MAX + 1];

	snprintf(file, sizeof(file), LOG_PREFIX "%s" LOG_SUFFIX, name);
	t->fd = openat(dirfd, file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->fd < 0)
		return err_set_errno(e, errno, "cannot open xenconsoled's log %s", file);
	t->at = t->punched = t->begin = lseek(t->fd, 0, SEEK_END);
	return 0;
}

void console_tail_close(struct console_tail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

size_t console_tail_read(struct console_tail *t, char *buf, size_t size)
{
	ssize_t n;

	if (t->fd < 0)
		return 0;
	n = pread(t->fd, buf, size, t->at);
	if (n <= 0)
		return 0;
	t->at += n;
	if (t->at - t->punched >= PUNCH_BYTES &&
	    fallocate(t->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, t->punched,
		      t->at - t->punched) == 0)
		t->punched = t->at;
	return (size_t)n;
}

void console_tail_begin(struct console_tail *t)
{
	t->begin = lseek(t->fd, 0, SEEK_END);
}

off_t console_tail_length(const struct console_tail *t, bool *all)
{
	const off_t end = lseek(t->fd, 0, SEEK_END);

	*all = t->at >= end;
	return end - t->begin;
}

size_t console_tail_type(const char *path, const char *buf, size_t n)
{
	const int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return 0;
	done = write(fd, buf, n);
	close(fd);
	return done > 0 ? (size_t)done : 0;
}

/* Whether the file is the log of one of the guests. */
static bool is_of(const char *file, const char *const *names, size_t n)
{
	const size_t before = strlen(LOG_PREFIX), after = strlen(LOG_SUFFIX), len = strlen(file);

	if (len < before + after)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len - before - after &&
		    !strncmp(file + before, names[i], strlen(names[i])))
			return true;
	return false;
}

void console_tail_empty_others(int dirfd, const char *const *names, size_t n)
{
	const int again = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	struct dirent *d;
	struct stat st;
	int fd;

	if (!dir) {
		if (again >= 0)
			close(again);
		return;
	}
	while ((d = readdir(dir))) {
		if (strncmp(d->d_name, LOG_PREFIX, strlen(LOG_PREFIX)) != 0 ||
		    is_of(d->d_name, names, n) ||
		    fstatat(dirfd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode) || !st.st_size)
			continue;
		fd = openat(dirfd, d->d_name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			continue;
		if (ftruncate(fd, 0) < 0) { /* tried again the next time */
		}
		close(fd);
	}
	closedir(dir);
}
