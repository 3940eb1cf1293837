#include "disk_backing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/root_file.h"
#include "builder/jail/image_backing.h"
#include "disk_open.h"
#include "volume.h"

/* The image may be open for writing, which a jail's file must not be. */
static int read_header(const struct starter *s, int fd, struct backing *out, struct err *e)
{
	char link[40];
	int again, rc;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (again < 0)
		return err_set_errno(e, errno, "cannot read it");
	rc = jail_backing(s, again, out, e);
	close(again);
	return rc;
}

/* Whether the path of a file leads above the root directory that it begins at. */
static bool leaves_root(const char *path)
{
	int depth = 0;
	size_t n;

	for (const char *p = path + strspn(path, "/"); *p && depth >= 0;
	     p += n + strspn(p + n, "/")) {
		n = strcspn(p, "/");
		if (n == 2 && !strncmp(p, "..", 2))
			depth--;
		else if (!(n == 1 && *p == '.'))
			depth++;
	}
	return depth < 0;
}

/* The path by which QEMU opens it. */
static int name_it(const struct backing_place *place, const char *path, struct disk_backing *b,
		   struct err *e)
{
	const char *prefix = b->on_volume ? place->prefix : "";

	if (b->on_volume && leaves_root(path))
		return err_set(e, "its backing file %.200s is not on its file system", path);
	if (snprintf(b->path, sizeof(b->path), "%s%s", prefix, path) >= (int)sizeof(b->path))
		return err_set_errno(e, ENAMETOOLONG, "its backing file %.60s...", path);
	return 0;
}

static int open_backing(const struct backing_place *place, const char *path, struct disk_backing *b,
			bool *absent, struct err *e)
{
	const int flags = O_RDONLY | O_NONBLOCK;
	struct stat st;

	if (name_it(place, path, b, e) < 0)
		return -1;
	b->fd = b->on_volume ? root_file_open_at(place->volume, path, flags)
			     : disk_open(place->root, path, flags);
	if (b->fd < 0 || fstat(b->fd, &st) < 0) {
		*absent = errno == ENOENT && !b->on_volume;
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

static int add(struct backing_list *list, const struct backing_place *place, const char *path,
	       bool on_volume, bool *absent, struct err *e)
{
	struct disk_backing *more;

	if (list->n == DISK_BACKING_MAX)
		return err_set(e, "more than %d backing files", DISK_BACKING_MAX);
	more = realloc(list->files, (list->n + 1) * sizeof(*more));
	if (!more)
		return err_set_passing(e, "out of memory");
	list->files = more;
	memset(&more[list->n], 0, sizeof(*more));
	more[list->n].on_volume = on_volume;
	if (open_backing(place, path, &more[list->n], absent, e) < 0)
		return -1;
	list->n++;
	return 0;
}

static int hold_all(struct backing_list *list, const struct backing_place *place, const char *first,
		    int fd, bool *absent, struct err *e)
{
	char image[PATH_MAX], path[PATH_MAX];
	bool on_volume = place->volume >= 0;
	struct backing backing;

	strcpy(image, first);
	for (;;) {
		const char *name = backing.name;

		if (read_header(place->starter, fd, &backing, e) < 0 ||
		    (*name && backing_path(image, name, path, e) < 0))
			return err_prefix(e, "%.200s: ", image);
		if (!*name)
			return 0;
		/* An absolute name is one of dom0's root. */
		on_volume &= *name != '/';
		if (add(list, place, path, on_volume, absent, e) < 0)
			return err_prefix(e, "%.200s: ", image);
		if (!backing.may_have_one)
			return 0;
		strcpy(image, path);
		fd = list->files[list->n - 1].fd;
	}
}

int disk_backing_hold(struct backing_list *list, const struct backing_place *place,
		      const char *image, int fd, bool *absent, struct err *e)
{
	if (hold_all(list, place, image, fd, absent, e) == 0)
		return 0;
	disk_backing_drop(list);
	return -1;
}

void disk_backing_drop(struct backing_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		close(list->files[i].fd);
	free(list->files);
	list->files = NULL;
	list->n = 0;
}
