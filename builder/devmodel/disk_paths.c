#include "disk_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/device/disk.h"

static int is_another(const struct disk *d, const char *what, struct err *e)
{
	return err_set(e, "disk %s: %.200s is another %s by now, which QEMU would open",
		       d->spec->vdev, d->path, what);
}

static int cannot_see(const struct disk *d, struct err *e)
{
	return err_set_errno(e, errno, "disk %s: %.200s", d->spec->vdev, d->path);
}

/* /dev is the same in every root. */
static int check_device(const struct disk *d, struct err *e)
{
	struct stat st;

	if (stat(d->path, &st) < 0)
		return cannot_see(d, e);
	return st.st_rdev == d->rdev ? 0 : is_another(d, "device", e);
}

/* Where the file is, without links on the way (proc(5), /proc/PID/fd). */
static bool find_real_path(int fd, char path[PATH_MAX])
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	path[n > 0 ? n : 0] = '\0';
	return path[0] == '/';
}

static int check_image(const struct disk *d, const struct own_root *r, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;

	if (r && (own_root_link(r, d->path, e) < 0 ||
		  (find_real_path(d->fd, path) && own_root_link(r, path, e) < 0)))
		return err_prefix(e, "disk %s: ", d->spec->vdev);
	if (fstatat(r ? r->dir : AT_FDCWD, r ? d->path + strspn(d->path, "/") : d->path, &st, 0) <
	    0)
		return cannot_see(d, e);
	if (st.st_dev == d->file_dev && st.st_ino == d->file_ino)
		return 0;
	return is_another(d, "file", e);
}

int disk_paths_check(const struct guest *g, const struct own_root *r, struct err *e)
{
	for (size_t i = 0; i < g->cfg->nr_disks; i++) {
		const struct disk *d = g->disks[i];

		if (d->format == DISK_EMPTY)
			continue;
		if ((d->image ? check_image(d, r, e) : check_device(d, e)) < 0)
			return -1;
	}
	return 0;
}
