#include "drop.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The device number of an initramfs that is our root. Returns false when the root is something
 * else. */
static bool initramfs_device(dev_t *dev)
{
	struct statfs fs;
	struct stat st;

	if (statfs("/", &fs) < 0 || stat("/", &st) < 0)
		return false;
	if (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC)
		return false;
	*dev = st.st_dev;
	return true;
}

/* Whether a guest that may be restarted holds the file, or one that failed names it: a person may
 * want to look. */
static bool needed(const struct wards *all, const struct stat *st)
{
	const struct image_file *f;
	size_t i;

	for (f = all->images->files; f; f = f->next)
		if (f->dev == st->st_dev && f->ino == st->st_ino)
			return true;
	for (i = 0; i < all->n; i++) {
		const struct guest_config *cfg = all->list[i].guest.cfg;
		struct stat other;

		if (all->list[i].state != WARD_FAILED)
			continue;
		if (cfg->kernel && !stat(cfg->kernel, &other) && other.st_ino == st->st_ino)
			return true;
		if (cfg->ramdisk && !stat(cfg->ramdisk, &other) && other.st_ino == st->st_ino)
			return true;
	}
	return false;
}

/* Returns the bytes that are free now. */
static unsigned long long drop_file(const struct wards *all, const char *path, dev_t initramfs)
{
	struct stat st;

	if (!path || lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_dev != initramfs)
		return 0;
	if (needed(all, &st) || unlink(path) < 0)
		return 0;
	return st.st_nlink == 1 ? (unsigned long long)st.st_size : 0;
}

void drop_files(const struct wards *all, struct report *r)
{
	unsigned long long freed = 0;
	dev_t initramfs;
	size_t i;

	if (!initramfs_device(&initramfs))
		return;
	for (i = 0; i < all->n; i++) {
		freed += drop_file(all, all->list[i].guest.cfg->kernel, initramfs);
		freed += drop_file(all, all->list[i].guest.cfg->ramdisk, initramfs);
	}
	if (freed)
		report_line(r, "freed %llu KiB of the initramfs: images that no restart needs",
			    freed >> 10);
}
