#include "volume_links.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/device/disk.h"
#include "builder/device/volume.h"

static int cannot_link(const char *path, struct err *e)
{
	return err_set_errno(e, errno, "cannot make %.200s, by which QEMU opens an image", path);
}

/* The directories above it, those of its root being there. A ".." on the way needs what it goes
 * back from. */
static int make_above(char *path, const char *from, struct err *e)
{
	for (char *slash = strchr(from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int rc;

		*slash = '\0';
		rc = mkdir(path, 0700) < 0 && errno != EEXIST ? cannot_link(path, e) : 0;
		*slash = '/';
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int make_link(const char *root, const char *path, int fd, struct model_handed *files,
		     struct err *e)
{
	const int number = model_hand(files, fd, e);
	char at[PATH_MAX], to[32];

	if (number < 0)
		return -1;
	errno = ENAMETOOLONG;
	if (snprintf(at, sizeof(at), "%s%s", root, path) >= (int)sizeof(at))
		return cannot_link(path, e);
	if (make_above(at, at + strlen(root), e) < 0)
		return -1;
	snprintf(to, sizeof(to), "/proc/self/fd/%d", number);
	if ((unlink(at) < 0 && errno != ENOENT) || symlink(to, at) < 0)
		return cannot_link(at, e);
	return 0;
}

int volume_links_make(const char *root, const struct guest *g, struct model_handed *files,
		      struct err *e)
{
	for (size_t i = 0; g->disks && i < g->cfg->nr_disks; i++) {
		const struct disk *d = g->disks[i];

		if (!d->image || !d->file_at)
			continue;
		if (make_link(root, d->path, d->fd, files, e) < 0)
			return -1;
		for (size_t k = 0; k < d->backing.n; k++)
			if (d->backing.files[k].on_volume &&
			    make_link(root, d->backing.files[k].path, d->backing.files[k].fd, files,
				      e) < 0)
				return -1;
	}
	return 0;
}

/* Appends the first name in the directory to its path. False where there is none, or no room. */
static bool go_down(char path[PATH_MAX])
{
	const size_t len = strlen(path);
	DIR *d = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (d && !found && (entry = readdir(d)))
		found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			snprintf(path + len, PATH_MAX - len, "/%s", entry->d_name) <
				(int)(PATH_MAX - len);
	if (!found)
		path[len] = '\0';
	if (d)
		closedir(d);
	return found;
}

void volume_links_remove(const char *root, const char *guest)
{
	char path[PATH_MAX];
	const int top = snprintf(path, sizeof(path), "%s" VOLUME_DIR "/%s", root, guest);

	if (top >= (int)sizeof(path))
		return;
	/* With one directory open at a time: an image's path may have a thousand of them. */
	while (strlen(path) >= (size_t)top) {
		if (unlink(path) == 0 || rmdir(path) == 0)
			*strrchr(path, '/') = '\0';
		else if ((errno != ENOTEMPTY && errno != EEXIST) || !go_down(path))
			return;
	}
}
