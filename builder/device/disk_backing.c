#include "disk_backing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backing.h"

/* What of an image is looked at, and what is found there. */
struct looking {
	uint8_t head[BACKING_HEAD];
	struct backing backing;
};

static int parse(int fd, struct looking *l, struct err *e)
{
	const ssize_t n = pread(fd, l->head, sizeof(l->head), 0);

	if (n < 0)
		return err_set_errno(e, errno, "cannot read it");
	return backing_parse(l->head, (size_t)n, &l->backing, e);
}

static int open_backing(const struct disk_table *t, const char *path, struct disk_backing *b,
			bool *absent, struct err *e)
{
	struct stat st;

	strcpy(b->path, path);
	b->fd = disk_open(t, path, O_RDONLY | O_NONBLOCK);
	if (b->fd < 0 || fstat(b->fd, &st) < 0) {
		*absent = errno == ENOENT;
		err_set_errno(e, errno, "its backing file %.200s", path);
	} else if (S_ISBLK(st.st_mode)) {
		b->rdev = st.st_rdev;
		return 0;
	} else if (S_ISREG(st.st_mode)) {
		b->dev = st.st_dev;
		b->ino = st.st_ino;
		return 0;
	} else {
		err_set(e, "its backing file %.200s is neither a block device nor a file", path);
	}
	if (b->fd >= 0)
		close(b->fd);
	return -1;
}

static int add(const struct disk_table *t, struct disk *d, const char *path, bool *absent,
	       struct err *e)
{
	struct disk_backing *more;

	if (d->nr_backing == DISK_BACKING_MAX)
		return err_set(e, "more than %d backing files", DISK_BACKING_MAX);
	more = realloc(d->backing, (d->nr_backing + 1) * sizeof(*more));
	if (!more)
		return err_set_passing(e, "out of memory");
	d->backing = more;
	memset(&more[d->nr_backing], 0, sizeof(*more));
	if (open_backing(t, path, &more[d->nr_backing], absent, e) < 0)
		return -1;
	d->nr_backing++;
	return 0;
}

static int hold_all(const struct disk_table *t, struct disk *d, struct looking *l, bool *absent,
		    struct err *e)
{
	char image[PATH_MAX], path[PATH_MAX];
	int fd = d->fd;

	strcpy(image, d->path);
	for (;;) {
		const char *name = l->backing.name;

		if (parse(fd, l, e) < 0 || (*name && backing_path(image, name, path, e) < 0))
			return err_prefix(e, "%.200s: ", image);
		if (!*name)
			return 0;
		if (add(t, d, path, absent, e) < 0)
			return err_prefix(e, "%.200s: ", image);
		if (!l->backing.may_have_one)
			return 0;
		strcpy(image, path);
		fd = d->backing[d->nr_backing - 1].fd;
	}
}

int disk_backing_hold(const struct disk_table *t, struct disk *d, bool *absent, struct err *e)
{
	struct looking *l;
	int rc;

	if (d->format != DISK_QCOW && d->format != DISK_QCOW2)
		return 0;
	l = malloc(sizeof(*l));
	if (!l)
		return err_set_passing(e, "out of memory");
	rc = hold_all(t, d, l, absent, e);
	free(l);
	if (rc < 0)
		disk_backing_drop(d);
	return rc;
}

void disk_backing_drop(struct disk *d)
{
	for (size_t i = 0; i < d->nr_backing; i++)
		close(d->backing[i].fd);
	free(d->backing);
	d->backing = NULL;
	d->nr_backing = 0;
}

bool disk_backing_has(const struct disk *d, const struct disk *other)
{
	for (size_t i = 0; i < d->nr_backing; i++) {
		const struct disk_backing *b = &d->backing[i];

		if (b->rdev ? b->rdev == other->rdev || b->rdev == other->whole
			    : b->ino == other->file_ino && b->dev == other->file_dev)
			return true;
	}
	return false;
}
