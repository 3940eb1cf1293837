#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/root_file.h"
#include "builder/describe/backend_spec.h"
#include "builder/describe/tag_spec.h"
#include "disk_backing.h"
#include "disk_open.h"
#include "loop.h"
#include "modules.h"
#include "served.h"
#include "tag.h"
#include "volume.h"

static bool is_missing(int errnum)
{
	/* The last three: a device node whose driver is not there yet, a drive without a medium. */
	return errnum == ENOENT || errnum == ENXIO || errnum == ENODEV || errnum == ENOMEDIUM;
}

/* Who may write what, as it is now. Returns NULL without memory. */
static struct block_owner *copy_owners(struct disk_table *t, size_t *nr)
{
	struct block_owner *owners;
	size_t n;

	pthread_mutex_lock(&t->lock);
	n = t->nr_reserved;
	for (const struct disk *held = t->disks; held; held = held->next)
		n++;
	owners = calloc(n + 1, sizeof(*owners));
	n = t->nr_reserved;
	if (owners && n)
		memcpy(owners, t->reserved, n * sizeof(*owners));
	for (const struct disk *held = t->disks; owners && held; held = held->next)
		if (held->spec->readwrite && held->rdev)
			owners[n++] = (struct block_owner){held->guest, NULL, held->rdev};
	pthread_mutex_unlock(&t->lock);
	*nr = n;
	return owners;
}

/* Looks a tag up among the devices that no guest may write. *is_root, if wanted, is whether that is
 * to be dom0's root. */
static int find_tag(struct disk_table *t, const char *tag, char path[PATH_MAX], bool *is_root,
		    struct err *e)
{
	struct block_view view = {.starter = t->starter, .sysroot = t->sysroot ? t->sysroot : ""};
	struct block_owner *owners;
	size_t n;
	int rc;

	owners = copy_owners(t, &n);
	if (!owners)
		return err_set_passing(e, "out of memory");
	view.owners = owners;
	view.nr_owners = n;
	rc = tag_find(&view, tag, path, PATH_MAX, e);
	if (rc == 0 && is_root)
		*is_root = volume_is_root(&view, path);
	free(owners);
	return rc;
}

/* What a disk's path leads to, while it is looked for: with an image on a file system of its own,
 * that one's. */
static int open_path(const struct disk_table *t, const struct disk *d, int flags)
{
	return d->file_at ? root_file_open_at(d->volume, d->path + d->file_at, flags)
			  : disk_open(t->root, d->path, flags);
}

static int locate(struct disk_table *t, struct disk *d, const char *target, bool *absent,
		  struct err *e)
{
	int rc;

	if (!target)
		return err_set(e, "it has no target");
	if (!tag_value(target)) {
		if (strlen(target) >= sizeof(d->path))
			return err_set_errno(e, ENAMETOOLONG, "%.60s...", target);
		strcpy(d->path, target);
		return 0;
	}
	rc = find_tag(t, target, d->path, NULL, e);
	*absent = rc > 0;
	return rc ? -1 : 0;
}

/* Opens it only to see what it is; O_NONBLOCK, because a FIFO would wait. */
static int identify(const struct disk_table *t, struct disk *d, bool *absent, struct err *e)
{
	struct loop_file behind;
	struct stat st;

	d->fd = open_path(t, d, O_RDONLY | O_NONBLOCK);
	if (d->fd < 0 || fstat(d->fd, &st) < 0) {
		/* What is mounted has its files. */
		*absent = !d->file_at && is_missing(errno);
		return err_set_errno(e, errno, "%s", d->path);
	}
	if (S_ISBLK(st.st_mode)) {
		d->rdev = st.st_rdev;
		d->whole = served_whole_disk("", st.st_rdev);
		if (loop_behind(d->fd, &behind)) {
			d->file_dev = behind.dev;
			d->file_ino = behind.ino;
		}
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s is neither a block device nor a file", d->path);
	if (st.st_size < DISK_SECTOR)
		return err_set(e, "%s: the file has less than a sector", d->path);
	d->image = d->spec->qdisk;
	d->loop = !d->image;
	d->file_dev = st.st_dev;
	d->file_ino = st.st_ino;
	return 0;
}

static bool overlap(const struct disk *a, const struct disk *b)
{
	if (a->file_ino && a->file_ino == b->file_ino && a->file_dev == b->file_dev)
		return true;
	if (!a->rdev || !b->rdev)
		return false;
	return a->rdev == b->rdev || a->whole == b->rdev || a->rdev == b->whole;
}

/* Whether one of d's backing files is what `other` is. */
static bool is_behind(const struct disk *d, const struct disk *other)
{
	for (size_t i = 0; i < d->backing.n; i++) {
		const struct disk_backing *b = &d->backing.files[i];

		if (b->rdev ? b->rdev == other->rdev || b->rdev == other->whole
			    : b->ino == other->file_ino && b->dev == other->file_dev)
			return true;
	}
	return false;
}

/* Whether one of them is written, and the other one needs it as it is. */
static bool in_the_way(const struct disk *a, const struct disk *b)
{
	if (overlap(a, b) && (a->spec->readwrite || b->spec->readwrite))
		return true;
	return (a->spec->readwrite && is_behind(b, a)) || (b->spec->readwrite && is_behind(a, b));
}

/* Whether the image's file system is on the device, or on the disk or a partition of it. */
static bool lies_on(const struct disk *image, const struct disk *device)
{
	if (!image->under || !device->rdev)
		return false;
	return device->rdev == image->under || device->whole == image->under ||
	       device->rdev == image->under_whole;
}

/* Of an image and a device with its file system only one can be had, also for reading: what is
 * mounted is written. Returns 0, or -1 with e set. */
static int check_under(const struct disk *d, const struct disk *other, struct err *e)
{
	if (lies_on(d, other))
		return err_set_passing(
			e, "%.150s can't be mounted: its device is guest %.64s's %.150s", d->path,
			other->guest, other->path);
	if (lies_on(other, d))
		return err_set_passing(e,
				       "%.150s is mounted: guest %.64s's disk %s is an image on it",
				       d->path, other->guest, other->spec->vdev);
	return 0;
}

/* Refuses a disk that is held already, by any guest, unless both only read it. *absent is set where
 * that may soon be different. Under the lock. */
static int check_sharing(const struct disk_table *t, const struct disk *d, bool *absent,
			 struct err *e)
{
	for (const struct disk *other = t->disks; other; other = other->next) {
		const bool same_guest = !strcmp(other->guest, d->guest);
		const bool as = !other->loop && strcmp(other->path, d->path);

		if (other == d)
			continue;
		if (check_under(d, other, e) < 0) {
			*absent = other->passing;
			return -1;
		}
		if (!in_the_way(d, other))
			continue;
		*absent = other->passing;
		return err_set_passing(e, "%.150s is used by %s %.64s%s%.100s%s", d->path,
				       same_guest ? "this guest's disk" : "guest",
				       same_guest ? other->spec->vdev : other->guest,
				       as ? " as " : "", as ? other->path : "",
				       other->spec->readwrite ? " for writing"
							      : ", and can't be written therefore");
	}
	return 0;
}

/*
 * Whether dom0 has the device mounted read-write: then what a guest would read of it changes under
 * its hands, as xl's block script knows as well. The lines are those of proc(5),
 * /proc/PID/mountinfo: the third word is the device, the last one has the file system's own
 * options.
 */
static bool mounted_for_writing(const struct disk_table *t, dev_t rdev)
{
	/* Who has another root sees other mounts. */
	FILE *f = fopen(t->root ? "/proc/1/mountinfo" : "/proc/self/mountinfo", "re");
	char *line = NULL, *last;
	bool found = false;
	unsigned maj, min;
	size_t size = 0;

	while (f && !found && getline(&line, &size, f) > 0) {
		last = strrchr(line, ' ');
		if (!last || sscanf(line, "%*u %*u %u:%u", &maj, &min) != 2)
			continue;
		found = makedev(maj, min) == rdev &&
			(!strncmp(last + 1, "rw,", 3) || !strcmp(last + 1, "rw\n"));
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/*
 * Opens the device again, in the way in which it will be held. Its node may have become another
 * device's meanwhile.
 */
static int claim(const struct disk_table *t, struct disk *d, struct err *e)
{
	const bool write = d->spec->readwrite;
	/* A drive of the host's may have no medium. */
	const int read = O_RDONLY | (d->spec->cdrom ? O_NONBLOCK : 0);
	struct stat st;
	int fd, readonly = 0;

	if (!write && mounted_for_writing(t, d->rdev))
		return err_set_passing(e, "%s is mounted read-write in dom0", d->path);
	fd = disk_open(t->root, d->path, write ? O_RDWR | O_EXCL : read);
	if (fd < 0 && errno == EBUSY)
		return err_set_passing(
			e, "%s is in use in dom0: mounted, or a part of something that is",
			d->path);
	if (fd < 0)
		return err_set_errno(e, errno, "%s", d->path);
	close(d->fd);
	d->fd = fd;
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || st.st_rdev != d->rdev)
		return err_set_passing(e, "%s: it was exchanged just now", d->path);
	if (write && ioctl(fd, BLKROGET, &readonly) == 0 && readonly)
		return err_set(e, "%s is read-only, and the guest may write it", d->path);
	return 0;
}

/* Opens the image file again, in the way in which it will be held, unless a loop device is in the
 * way. Returns the file, or -1 with e set. */
static int open_image(const struct disk_table *t, struct disk *d, bool *absent, struct err *e)
{
	const struct loop_file file = {d->file_dev, d->file_ino, !d->spec->readwrite};
	char path[LOOP_PATH_MAX];
	struct stat st;
	int fd;

	if (loop_find_other(&file, path)) {
		*absent = true; /* maybe held by a guest that has just ended */
		return err_set(e, "%s is used by %s", d->path, path);
	}
	fd = open_path(t, d, file.readonly ? O_RDONLY : O_RDWR);
	if (fd < 0)
		return err_set_errno(e, errno, "%s", d->path);
	if (fstat(fd, &st) < 0 || st.st_dev != d->file_dev || st.st_ino != d->file_ino) {
		close(fd);
		return err_set_passing(e, "%s: it was exchanged just now", d->path);
	}
	return fd;
}

/* QEMU opens the file itself, as it is. One that has no path of dom0's gets one. */
static int hold_image(struct disk_table *t, struct disk *d, bool *absent, struct err *e)
{
	const int fd = open_image(t, d, absent, e);
	char path[PATH_MAX];
	int at;

	if (fd < 0)
		return -1;
	close(d->fd);
	d->fd = fd;
	if (!d->file_at)
		return 0;
	at = volume_path(d->guest, d->spec->vdev, d->path + d->file_at, path, e);
	if (at < 0)
		return -1;
	pthread_mutex_lock(&t->lock);
	strcpy(d->path, path);
	d->file_at = (size_t)at;
	pthread_mutex_unlock(&t->lock);
	return 0;
}

/* The loop device keeps the file, and with it the file system. */
static void drop_volume(struct disk *d)
{
	if (d->file_at && d->volume >= 0)
		close(d->volume);
	d->volume = -1;
	d->file_at = 0;
}

/* Replaces the open image file by a loop device over it. */
static int make_loop(struct disk_table *t, struct disk *d, bool *absent, struct err *e)
{
	const struct loop_options o = {.readonly = !d->spec->readwrite,
				       .direct = d->spec->direct_io_safe};
	char path[LOOP_PATH_MAX];
	struct stat st;
	int fd, file_fd;

	if (modules_need(t->starter, "loop", e) < 0)
		return -1;
	file_fd = open_image(t, d, absent, e);
	if (file_fd < 0)
		return -1;
	fd = loop_attach(file_fd, d->path, &o, path, e);
	close(file_fd);
	if (fd < 0)
		return err_prefix(e, "%.200s: ", d->path);
	close(d->fd);
	d->fd = fd;
	if (fstat(fd, &st) < 0)
		return err_set_errno(e, errno, "%s", path);
	pthread_mutex_lock(&t->lock);
	drop_volume(d);
	strcpy(d->path, path);
	d->rdev = d->whole = st.st_rdev;
	pthread_mutex_unlock(&t->lock);
	return 0;
}

/* A domain may have it that nobody here has built, or that an earlier supervisor has: for one that
 * is about to end, it is looked for again. */
static int check_domains(dev_t rdev, dev_t whole, bool write, const char *path, bool *absent,
			 struct err *e)
{
	uint32_t domid;

	if (!served_to_other("", rdev, whole, write, &domid))
		return 0;
	*absent = true;
	return err_set_passing(e, "%s is in use by domain %u", path, domid);
}

/* Puts it into the list, if it is not there, unless another one is in its way. */
static int add(struct disk_table *t, struct disk *d, bool *absent, struct err *e)
{
	int rc;

	pthread_mutex_lock(&t->lock);
	rc = check_sharing(t, d, absent, e);
	if (rc == 0 && !d->listed) {
		d->passing = d->listed = true;
		d->next = t->disks;
		t->disks = d;
	}
	pthread_mutex_unlock(&t->lock);
	return rc;
}

static void set_passing(struct disk_table *t, struct disk *d, bool passing)
{
	pthread_mutex_lock(&t->lock);
	d->passing = passing;
	pthread_mutex_unlock(&t->lock);
}

/* Closes it first: as long as that takes it is still in use. */
static void drop(struct disk_table *t, struct disk *d)
{
	struct disk **p;

	if (d->fd >= 0)
		close(d->fd);
	if (d->file_at && d->volume >= 0)
		close(d->volume);
	pthread_mutex_lock(&t->lock);
	for (p = &t->disks; d->listed && *p != d; p = &(*p)->next)
		;
	if (d->listed)
		*p = d->next;
	pthread_mutex_unlock(&t->lock);
	disk_backing_drop(&d->backing);
	free(d);
}

static int hold_backing(const struct disk_table *t, struct disk *d, bool *absent, struct err *e)
{
	struct backing_place place = {.starter = t->starter, .root = t->root, .volume = -1};
	char prefix[PATH_MAX];

	if (d->format != DISK_QCOW && d->format != DISK_QCOW2)
		return 0;
	if (d->file_at) {
		if (volume_path(d->guest, d->spec->vdev, "", prefix, e) < 0)
			return -1;
		place.volume = d->volume;
		place.prefix = prefix;
	}
	return disk_backing_hold(&d->backing, &place, d->path + d->file_at, d->fd, absent, e);
}

/* ---- images on file systems that are mounted for them ---- */

/* Finds the device that the target begins with, and says of d what can be said before it is
 * mounted. */
static int find_volume(struct disk_table *t, struct disk *d, const char *target,
		       char device[PATH_MAX], bool *absent, struct err *e)
{
	const char *file = tag_file(target);
	bool is_root = false;
	struct stat st;
	int rc;

	if (strlen(target) >= sizeof(d->path))
		return err_set_errno(e, ENAMETOOLONG, "%.60s...", target);
	/* That of a medium, which is no descriptor's. */
	if (!tag_file_is_good(file))
		return err_set(e, "%.200s: %.200s can't be the path of a file there", target, file);
	snprintf(d->path, sizeof(d->path), "%.*s", (int)(file - 1 - target), target);
	rc = find_tag(t, d->path, device, &is_root, e);
	*absent = rc > 0;
	if (rc)
		return -1;
	if (stat(device, &st) < 0) {
		*absent = is_missing(errno);
		return err_set_errno(e, errno, "%s", device);
	}
	d->under = st.st_rdev;
	d->under_whole = served_whole_disk("", st.st_rdev);
	if (is_root && !mounted_for_writing(t, st.st_rdev)) {
		*absent = true;
		return err_set_passing(e,
				       "%.100s (%.100s) is dom0's root, which has to be mounted "
				       "read-write first",
				       d->path, device);
	}
	if (check_domains(d->under, d->under_whole, true, device, absent, e) < 0)
		return -1;
	strcpy(d->path, target);
	d->file_at = (size_t)(file - target);
	return 0;
}

static int mount_volume(const struct disk_table *t, struct disk *d, const char *device,
			bool *absent, struct err *e)
{
	const int tag = d->file_at <= 100 ? (int)d->file_at - 1 : 100;

	d->volume = volume_mount(t->starter, device, d->spec->readwrite, e);
	if (d->volume >= 0)
		return 0;
	*absent = e->passing;
	return err_prefix(e, "%.*s (%.100s): ", tag, d->path, device);
}

/*
 * Mounts it, and finds the image. d goes into the list before that: nobody may take the device in
 * between. What is found then is entered under the lock.
 */
static int find_on_volume(struct disk_table *t, struct disk *d, const char *target, bool *absent,
			  struct err *e)
{
	char device[PATH_MAX];
	struct disk found;
	int rc;

	if (find_volume(t, d, target, device, absent, e) < 0 || add(t, d, absent, e) < 0)
		return -1;
	/* Its place in the list is others' to change. */
	pthread_mutex_lock(&t->lock);
	found = *d;
	pthread_mutex_unlock(&t->lock);
	rc = mount_volume(t, &found, device, absent, e);
	if (rc == 0)
		rc = identify(t, &found, absent, e);
	if (rc == 0 && d->spec->qdisk)
		rc = hold_backing(t, &found, absent, e);
	pthread_mutex_lock(&t->lock);
	found.next = d->next;
	*d = found;
	pthread_mutex_unlock(&t->lock);
	return rc;
}

/* Finds out what it is, as far as that can be without holding it. */
static int find(struct disk_table *t, struct disk *d, const char *target, bool *absent,
		struct err *e)
{
	if (d->format == DISK_EMPTY)
		return 0;
	if (!d->spec->qdisk && modules_need(t->starter, "blkback", e) < 0)
		return -1;
	if (target && tag_file(target))
		return find_on_volume(t, d, target, absent, e);
	if (locate(t, d, target, absent, e) < 0 || identify(t, d, absent, e) < 0)
		return -1;
	return d->spec->qdisk ? hold_backing(t, d, absent, e) : 0;
}

static int hold(struct disk_table *t, struct disk *d, bool *absent, struct err *e)
{
	if (d->format == DISK_EMPTY)
		return 0;
	if (d->image)
		return hold_image(t, d, absent, e);
	if (d->loop) {
		if (make_loop(t, d, absent, e) < 0)
			return -1;
	} else if (check_domains(d->rdev, d->whole, d->spec->readwrite, d->path, absent, e) < 0) {
		return -1;
	}
	return claim(t, d, e);
}

/* Under the lock. */
static bool is_reserved(const struct disk_table *t, const char *guest, const char *target)
{
	for (size_t i = 0; i < t->nr_reserved; i++)
		if (!strcmp(t->reserved[i].guest, guest) && !strcmp(t->reserved[i].target, target))
			return true;
	return false;
}

/* Under the lock. Returns 0, or -1 without memory. */
static int reserve(struct disk_table *t, const char *guest, const char *target)
{
	struct block_owner *more;

	if (is_reserved(t, guest, target))
		return 0;
	more = realloc(t->reserved, (t->nr_reserved + 1) * sizeof(*more));
	if (!more)
		return -1;
	t->reserved = more;
	t->reserved[t->nr_reserved++] = (struct block_owner){guest, target, 0};
	return 0;
}

int disk_reserve(struct disk_table *t, const char *guest, const struct disk_spec *spec,
		 struct err *e)
{
	int rc;

	if (!spec->readwrite || !spec->target || !backend_is_dom0(spec->backend_domain))
		return 0;
	pthread_mutex_lock(&t->lock);
	rc = reserve(t, guest, spec->target);
	pthread_mutex_unlock(&t->lock);
	return rc < 0 ? err_set_passing(e, "out of memory") : 0;
}

void disk_table_free(struct disk_table *t)
{
	free(t->reserved);
	memset(t, 0, sizeof(*t));
}

static struct disk *hold_target(struct disk_table *t, const char *guest,
				const struct disk_spec *spec, const char *target,
				enum disk_format format, bool *absent, struct err *e)
{
	struct disk *d = calloc(1, sizeof(*d));

	*absent = false;
	if (!d) {
		err_set_passing(e, "out of memory");
		return NULL;
	}
	d->guest = guest;
	d->spec = spec;
	d->format = format;
	d->fd = d->volume = -1;
	if (find(t, d, target, absent, e) == 0 && add(t, d, absent, e) == 0 &&
	    hold(t, d, absent, e) == 0) {
		set_passing(t, d, false);
		return d;
	}
	drop(t, d);
	err_prefix(e, "disk %s: ", spec->vdev);
	return NULL;
}

struct disk *disk_hold(struct disk_table *t, const char *guest, const struct disk_spec *spec,
		       bool *absent, struct err *e)
{
	if (!backend_is_dom0(spec->backend_domain))
		return hold_target(t, guest, spec, NULL, DISK_EMPTY, absent, e);
	return hold_target(t, guest, spec, spec->target, spec->format, absent, e);
}

struct disk *disk_hold_medium(struct disk_table *t, const char *guest, const struct disk_spec *spec,
			      const char *target, struct err *e)
{
	bool absent;

	return hold_target(t, guest, spec, target, target ? DISK_RAW : DISK_EMPTY, &absent, e);
}

/* What an earlier supervisor held: a medium may have come into a cdrom drive since its start. */
static enum disk_format adopted_format(const struct disk_spec *spec, const char *path)
{
	if (!*path)
		return DISK_EMPTY;
	if (spec->cdrom && (!spec->target || strcmp(path, spec->target) != 0))
		return DISK_RAW;
	return spec->format;
}

/* Finds out what of an adopted disk is on a file system that was mounted for it. */
static void recognise_volume(struct disk *d)
{
	char path[PATH_MAX];
	struct err ignored;
	int at;

	at = volume_path(d->guest, d->spec->vdev, "/", path, &ignored);
	if (d->image && at > 0 && !strncmp(d->path, path, (size_t)at + 1))
		d->file_at = (size_t)at;
	else if (!d->loop || !d->spec->target || !tag_file(d->spec->target))
		return;
	/* Some file systems (Btrfs) have a number there that is no device's. */
	if (!major(d->file_dev))
		return;
	d->under = d->file_dev;
	d->under_whole = served_whole_disk("", d->under);
}

/* Finds out what the open file is. Returns false where it is no disk. */
static bool recognise(struct disk *d)
{
	struct loop_file behind;
	struct stat st;

	if (d->fd < 0)
		return d->format == DISK_EMPTY;
	if (fstat(d->fd, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode) && d->spec->qdisk) {
		d->image = true;
		d->file_dev = st.st_dev;
		d->file_ino = st.st_ino;
		return true;
	}
	if (!S_ISBLK(st.st_mode))
		return false;
	d->rdev = st.st_rdev;
	d->whole = served_whole_disk("", st.st_rdev);
	if (loop_behind(d->fd, &behind)) {
		d->loop = d->spec->target && strcmp(d->path, d->spec->target) != 0;
		d->file_dev = behind.dev;
		d->file_ino = behind.ino;
	}
	return true;
}

struct disk *disk_adopt(struct disk_table *t, const char *guest, const struct disk_spec *spec,
			int fd, int volume, const char *path, struct err *e)
{
	struct disk *d = calloc(1, sizeof(*d));
	struct err ignored;
	bool absent;

	if (d) {
		d->guest = guest;
		d->spec = spec;
		d->format = adopted_format(spec, path);
		d->fd = fd;
		d->volume = volume;
		snprintf(d->path, sizeof(d->path), "%s", path);
	}
	if (!d || !recognise(d)) {
		err_set(e, "disk %s: %s", spec->vdev,
			!d ? "out of memory" : "what an earlier supervisor held is no disk");
		if (fd >= 0)
			close(fd);
		if (volume >= 0)
			close(volume);
		free(d);
		return NULL;
	}
	recognise_volume(d);
	if (!d->file_at && volume >= 0) {
		close(volume);
		d->volume = -1;
	}
	/* One that is not found again is missing when QEMU is to be started anew. */
	if (spec->qdisk)
		hold_backing(t, d, &absent, &ignored);
	pthread_mutex_lock(&t->lock);
	d->listed = true;
	d->next = t->disks;
	t->disks = d;
	pthread_mutex_unlock(&t->lock);
	return d;
}

bool disk_lost(const struct disk *d)
{
	char path[64];
	struct stat st;

	if (d->format == DISK_EMPTY)
		return false;
	/* One that has no name any more can't be opened by QEMU. */
	if (d->image)
		return fstat(d->fd, &st) == 0 && st.st_nlink == 0;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(d->rdev), minor(d->rdev));
	return access(path, F_OK) < 0 && errno == ENOENT;
}

void disk_drop(struct disk_table *t, struct disk *d)
{
	if (!d)
		return;
	set_passing(t, d, true);
	drop(t, d);
}
