#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_dir(int at, const char *path, struct err *e)
{
	int fd;

	if (mkdirat(at, path, 0755) < 0 && errno != EEXIST)
		return err_set_errno(e, errno, "cannot make the directory %s", path);
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(e, errno, "cannot open the directory %s", path);
	return fd;
}

int rundir_open(struct rundir *r, const char *path, struct err *e)
{
	r->console = r->guests = -1;
	r->dir = open_dir(AT_FDCWD, path, e);
	if (r->dir < 0)
		return -1;
	e->msg[0] = '\0';
	r->console = open_dir(r->dir, "console", e);
	r->guests = open_dir(r->dir, "guests", e);
	return 0;
}

void rundir_close(struct rundir *r)
{
	if (r->guests >= 0)
		close(r->guests);
	if (r->console >= 0)
		close(r->console);
	if (r->dir >= 0)
		close(r->dir);
	r->dir = r->console = r->guests = -1;
}

void rundir_record(const struct rundir *r, const char *name, const char *text)
{
	static const char tmp[] = ".new";
	const size_t len = strlen(text);
	int fd;
	bool ok;

	fd = openat(r->guests, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	ok = write(fd, text, len) == (ssize_t)len;
	close(fd);
	if (!ok || renameat(r->guests, tmp, r->guests, name) < 0)
		unlinkat(r->guests, tmp, 0);
}
