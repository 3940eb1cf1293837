#include "disk_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/device/disk.h"

static int is_another(const struct disk *d, const char *what, const char *path, struct err *e)
{
	return err_set(e, "disk %s: %.200s is another %s by now, which QEMU would open",
		       d->spec->vdev, path, what);
}

/* /dev is the same in every root. */
static int check_device(const struct disk *d, struct err *e)
{
	struct stat st;

	if (stat(d->path, &st) < 0)
		return err_set_errno(e, errno, "disk %s: %.200s", d->spec->vdev, d->path);
	return st.st_rdev == d->rdev ? 0 : is_another(d, "device", d->path, e);
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

/* Makes the path of an open file to be seen in the own root, and finds out what it leads to. */
static int look(const struct own_root *r, const char *path, int fd, struct stat *st, struct err *e)
{
	char real[PATH_MAX];

	if (!r)
		return stat(path, st) < 0 ? err_set_errno(e, errno, "%.200s", path) : 0;
	if (own_root_link(r, path, e) < 0)
		return -1;
	if (find_real_path(fd, real) && own_root_link(r, real, e) < 0)
		return -1;
	if (fstatat(r->dir, path + strspn(path, "/"), st, 0) < 0)
		return err_set_errno(e, errno, "%.200s", path);
	return 0;
}

static int check_image(const struct disk *d, const struct own_root *r, struct err *e)
{
	struct stat st;

	if (look(r, d->path, d->fd, &st, e) < 0)
		return err_prefix(e, "disk %s: ", d->spec->vdev);
	if (st.st_dev == d->file_dev && st.st_ino == d->file_ino)
		return 0;
	return is_another(d, "file", d->path, e);
}

static int check_backing(const struct disk *d, const struct own_root *r, struct err *e)
{
	for (size_t i = 0; i < d->backing.n; i++) {
		const struct disk_backing *b = &d->backing.files[i];
		struct stat st;

		if (look(b->rdev ? NULL : r, b->path, b->fd, &st, e) < 0)
			return err_prefix(e, "disk %s: ", d->spec->vdev);
		if (b->rdev ? st.st_rdev != b->rdev : st.st_dev != b->dev || st.st_ino != b->ino)
			return is_another(d, "file", b->path, e);
	}
	return 0;
}

int disk_paths_check(const struct guest *g, const struct own_root *r, struct err *e)
{
	for (size_t i = 0; i < g->cfg->nr_disks; i++) {
		const struct disk *d = g->disks[i];

		/* QEMU gets what is on a file system of its own as open files (volume_links.h). */
		if (d->format == DISK_EMPTY || d->file_at)
			continue;
		if ((d->image ? check_image(d, r, e) : check_device(d, e)) < 0 ||
		    check_backing(d, r, e) < 0)
			return -1;
	}
	return 0;
}

bool disk_paths_lead_out(const struct guest *g, const struct own_root *r)
{
	for (size_t i = 0; r && i < g->cfg->nr_disks; i++) {
		const struct disk *d = g->disks[i];

		if (d->format == DISK_EMPTY || d->file_at || !d->image)
			continue;
		if (own_root_leads_out(r, d->path))
			return true;
		for (size_t k = 0; k < d->backing.n; k++)
			if (!d->backing.files[k].rdev &&
			    own_root_leads_out(r, d->backing.files[k].path))
				return true;
	}
	return false;
}
