#include "free_initramfs.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "builder/image/firmware.h"
#include "builder/image/image_files.h"

/* The files that a guest's build has read, and no process by their names. */
#define FILES_MAX 5
struct files {
	const char *path[FILES_MAX]; /* NULL for one that the guest has not */
};

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

static struct files files_of(const struct guest_config *cfg)
{
	const bool firmware = firmware_wanted(cfg);

	return (struct files){{cfg->kernel, cfg->ramdisk, cfg->memmap,
			       firmware ? firmware_loader_path(cfg) : NULL,
			       firmware ? firmware_bios_path(cfg) : NULL}};
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether a guest that may be restarted holds the file, or one that failed names it: a person may
 * want to look. */
static bool needed(const struct units *all, const struct files *files, const struct stat *st)
{
	struct stat other;

	for (const struct image_file *f = all->images->files; f; f = f->next)
		if (f->dev == st->st_dev && f->ino == st->st_ino)
			return true;
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; unit_failed(&all->list[i]) && k < FILES_MAX; k++)
			if (files[i].path[k] && stat(files[i].path[k], &other) == 0 &&
			    same(&other, st))
				return true;
	return false;
}

/* Whether it is mounted in the own root for a device model: that keeps its memory. */
static bool kept(const struct units *all, const char *path, const struct stat *st)
{
	const struct own_root *r = all->models.own_root;
	struct stat other;

	return r && fstatat(r->dir, path + 1, &other, 0) == 0 && same(&other, st);
}

/* Returns the bytes that are free now. */
static unsigned long long free_file(const struct units *all, const struct files *files,
				    const char *path, dev_t initramfs)
{
	struct stat st;

	if (!path || lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_dev != initramfs)
		return 0;
	if (needed(all, files, &st) || kept(all, path, &st) || unlink(path) < 0)
		return 0;
	return st.st_nlink == 1 ? (unsigned long long)st.st_size : 0;
}

void free_initramfs(const struct units *all, struct report *r)
{
	struct files files[all->n ? all->n : 1];
	unsigned long long freed = 0;
	dev_t initramfs;

	if (!initramfs_device(&initramfs))
		return;
	/* All of them first: which hvmloader is Xen's depends on what is there. */
	for (size_t i = 0; i < all->n; i++)
		files[i] = files_of(all->list[i].guest.cfg);
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < FILES_MAX; k++)
			freed += free_file(all, files, files[i].path[k], initramfs);
	if (freed)
		report_line(r, "freed %llu KiB of the initramfs: images that no restart needs",
			    freed >> 10);
}
