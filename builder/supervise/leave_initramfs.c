#include "leave_initramfs.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "builder/build/holdings.h"
#include "builder/devmodel/devmodel_files.h"
#include "builder/image/firmware.h"
#include "builder/image/image_files.h"

/* The files that a guest's build has read, and no process by their names. */
#define FILES_MAX 7
struct leaving_guest {
	const char *path[FILES_MAX]; /* NULL for one that the guest has not */
	bool wanted;                 /* where they are */
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

static struct leaving_guest files_of(const struct unit *u)
{
	const struct guest_config *cfg = u->guest.cfg;
	const bool firmware = firmware_wanted(cfg);
	const bool sought = u->state == UNIT_WAITING || u->state == UNIT_RETRYING ||
			    (unit_has_job(u) && !unit_over(u));

	return (struct leaving_guest){
		.path = {cfg->kernel, cfg->ramdisk, cfg->memmap, cfg->acpi_firmware,
			 cfg->smbios_firmware, firmware ? firmware_loader_path(cfg) : NULL,
			 firmware ? firmware_bios_path(cfg) : NULL},
		/* Whether one has its files that is lent to the look for them is known later. */
		.wanted = unit_failed(u) || (sought && (unit_lent(u) || !guest_source(&u->guest))),
	};
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether a guest that may be restarted holds the file, or one that failed names it. */
static bool needed(const struct leaving *l, const struct stat *st)
{
	struct stat other;

	if (image_is_held(l->all->images, st->st_dev, st->st_ino))
		return true;
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; l->guests[i].wanted && k < FILES_MAX; k++)
			if (l->guests[i].path[k] && stat(l->guests[i].path[k], &other) == 0 &&
			    same(&other, st))
				return true;
	return false;
}

/* Whether it is mounted in the own root for a device model: that keeps its memory. */
static bool kept(const struct leaving *l, const char *path, const struct stat *st)
{
	const struct own_root *r = l->all->models.own_root;
	struct stat other;

	return r && fstatat(r->dir, path + 1, &other, 0) == 0 && same(&other, st);
}

/* Returns the bytes that are free now. */
static unsigned long long free_file(const struct leaving *l, const char *path, dev_t initramfs)
{
	struct stat st;

	if (!path || lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_dev != initramfs)
		return 0;
	if (needed(l, &st) || kept(l, path, &st) || unlink(path) < 0)
		return 0;
	return st.st_nlink == 1 ? (unsigned long long)st.st_size : 0;
}

/* ---- in the thread ---- */

static void free_images(struct leaving *l)
{
	dev_t initramfs;

	if (!initramfs_device(&initramfs))
		return;
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < FILES_MAX; k++)
			l->freed += free_file(l, l->guests[i].path[k], initramfs);
}

static void run(struct errand *e, struct host *h)
{
	struct leaving *l = (struct leaving *)e;
	const struct units *all = l->all;
	struct err cannot;

	(void)h;
	for (size_t i = 0; i < all->nr_others; i++)
		devmodel_files_keep(all->models.own_root, all->starter, &all->others[i],
				    l->cannot ? &l->cannot[i] : &cannot);
	guest_modules_load(all->starter, l->modules, &l->no_modules);
	free_images(l);
}

/* ---- in the loop ---- */

static void forget(struct errand *e)
{
	struct leaving *l = (struct leaving *)e;

	free(l->guests);
	free(l->cannot);
	l->guests = NULL;
	l->cannot = NULL;
}

static void left(struct units *all, struct errand *e)
{
	struct leaving *l = (struct leaving *)e;

	if (e->rc < 0)
		report_line(all->report, "nothing is taken along from the initramfs: %s",
			    e->err.msg);
	for (size_t i = 0; l->cannot && i < all->nr_others; i++)
		if (l->cannot[i].msg[0])
			report_line(all->report, "%s, if it is started later: %s",
				    all->others[i].name, l->cannot[i].msg);
	if (l->no_modules.msg[0])
		report_line(all->report, "for guests that are started later: %s",
			    l->no_modules.msg);
	if (l->freed)
		report_line(all->report,
			    "freed %llu KiB of the initramfs: images that no restart needs",
			    l->freed >> 10);
	forget(e);
}

/* Of the guests as they are now: in the thread they are others' to change. */
static void note_guests(struct leaving *l, const struct units *all)
{
	l->guests = calloc(all->n ? all->n : 1, sizeof(*l->guests));
	if (!l->guests) {
		report_line(all->report, "out of memory: all images stay in the initramfs");
		return;
	}
	for (; l->n < all->n; l->n++)
		l->guests[l->n] = files_of(&all->list[l->n]);
}

static unsigned modules_wanted(const struct units *all)
{
	unsigned modules = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct unit *u = &all->list[i];

		/* One that holds its devices has its modules, as one that is built has. One that is
		 * lent to the look for them may hang at the first. */
		if (unit_has_job(u) || (!unit_lent(u) && (u->guest.disks || u->guest.vifs)))
			continue;
		modules |= guest_modules(u->guest.cfg);
	}
	for (size_t i = 0; i < all->nr_others; i++)
		modules |= guest_modules(&all->others[i]);
	return modules;
}

void leaving_begin(struct leaving *l, struct units *all)
{
	l->all = all;
	l->errand.run = run;
	l->errand.done = left;
	l->errand.discard = forget;
	l->errand.who = "earlydom";
	l->errand.what = "what is taken along from the initramfs";
	l->errand.alone = true;
	l->modules = modules_wanted(all);
	l->cannot = calloc(all->nr_others ? all->nr_others : 1, sizeof(*l->cannot));
	note_guests(l, all);
	errand_give(all->errands, &l->errand);
}

bool leaving_over(const struct leaving *l)
{
	return !l->errand.away || l->errand.late;
}
