#include "block_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "builder/describe/tag_spec.h"

/* linux/major.h: RAM disks, floppies, loop devices, optical disks. */
static const unsigned skipped_majors[] = {1, 2, 7, 11};

struct reading {
	const struct block_view *view;
	struct block_list *out;
};

/* Reads sys/class/block/NAME/FILE; "" where it is not there. */
static void read_attr(const struct block_view *v, const char *name, const char *file, char *buf,
		      size_t size)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd, len;

	buf[0] = '\0';
	len = snprintf(path, sizeof(path), "%s/sys/class/block/%s/%s", v->sysroot, name, file);
	if (len < 0 || (size_t)len >= sizeof(path))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	if (n > 0 && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
}

static uint64_t read_number(const struct block_view *v, const char *name, const char *file)
{
	char text[32];

	read_attr(v, name, file, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

/* The value of KEY in the lines KEY=VALUE of uevent; "" where it has none. */
static void uevent_value(const char *uevent, const char *key, char *out, size_t size)
{
	const size_t n = strlen(key);
	const char *line = uevent, *end;

	out[0] = '\0';
	for (; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (strncmp(line, key, n) || line[n] != '=')
			continue;
		line += n + 1;
		snprintf(out, size, "%.*s", end ? (int)(end - line) : (int)strlen(line), line);
		return;
	}
}

/* Opens sys/class/block/NAME/WHAT, a directory whose entries are names of devices; NULL for none.
 */
static DIR *open_links(const struct block_view *v, const char *name, const char *what)
{
	char path[PATH_MAX];
	const int n =
		snprintf(path, sizeof(path), "%s/sys/class/block/%s/%s", v->sysroot, name, what);

	return n < (int)sizeof(path) ? opendir(path) : NULL;
}

/* The name of a device that is made of this one (of RAID, a logical volume); false for none. */
static bool holder_of(const struct block_view *v, const char *name, char *out, size_t size)
{
	DIR *dir = open_links(v, name, "holders");
	const struct dirent *entry;
	bool held = false;

	while (dir && !held && (entry = readdir(dir))) {
		held = entry->d_name[0] != '.';
		if (held)
			snprintf(out, size, "%.60s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return held;
}

static struct block_device *find(struct block_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->list[i].name, name))
			return &l->list[i];
	return NULL;
}

static bool is_partition(const struct block_list *l, const struct block_device *d)
{
	return d->disk != (size_t)(d - l->list);
}

/* ---- what the kernel says ---- */

static void read_device(const struct block_view *v, struct block_device *d, const char *name)
{
	char uevent[4096], node[256], number[32];
	unsigned maj = 0, min = 0;

	snprintf(d->name, sizeof(d->name), "%s", name);
	read_attr(v, name, "uevent", uevent, sizeof(uevent));
	uevent_value(uevent, "DEVNAME", node, sizeof(node)); /* may lie in a directory */
	snprintf(d->path, sizeof(d->path), "%s/dev/%s", v->sysroot, node[0] ? node : name);
	read_attr(v, name, "dev", number, sizeof(number));
	if (sscanf(number, "%u:%u", &maj, &min) == 2)
		d->rdev = makedev(maj, min);
	d->size = read_number(v, name, "size");
	d->start = read_number(v, name, "start");
	d->number = (unsigned)read_number(v, name, "partition");
}

/* The directory of a partition in sysfs lies in that of its disk. */
static void find_disk(const struct reading *r, size_t i)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct block_device *d = &r->out->list[i], *disk = NULL;
	const char *last;
	int n;

	d->disk = i;
	if (!d->number)
		return;
	n = snprintf(path, sizeof(path), "%s/sys/class/block/%s/..", r->view->sysroot, d->name);
	if (n < (int)sizeof(path) && realpath(path, real)) {
		last = strrchr(real, '/');
		disk = last ? find(r->out, last + 1) : NULL;
	}
	if (!disk || disk == d)
		return;
	d->disk = (size_t)(disk - r->out->list);
	disk->partitioned = true;
}

static void leave_out_by_kind(const struct reading *r, struct block_device *d)
{
	char holder[64];

	for (size_t i = 0; i < sizeof(skipped_majors) / sizeof(skipped_majors[0]); i++)
		if (major(d->rdev) == skipped_majors[i])
			snprintf(d->left_out, sizeof(d->left_out),
				 "a RAM, floppy, loop or optical disk");
	if (!d->rdev) /* one of several paths to a disk (nvme) */
		snprintf(d->left_out, sizeof(d->left_out), "hidden by the kernel");
	if (!d->left_out[0] && !d->size)
		snprintf(d->left_out, sizeof(d->left_out), "empty");
	if (!d->left_out[0] && holder_of(r->view, d->name, holder, sizeof(holder)))
		snprintf(d->left_out, sizeof(d->left_out), "a part of %s", holder);
	if (!d->left_out[0] && is_partition(r->out, d) &&
	    holder_of(r->view, r->out->list[d->disk].name, holder, sizeof(holder)))
		snprintf(d->left_out, sizeof(d->left_out), "on %.64s, which is a part of %.64s",
			 r->out->list[d->disk].name, holder);
	d->readable = !d->left_out[0];
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int list_devices(const struct reading *r, struct err *e)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int n;

	snprintf(path, sizeof(path), "%s/sys/class/block", r->view->sysroot);
	n = scandir(path, &entries, NULL, by_name);
	if (n < 0)
		return err_set_errno(e, errno, "cannot look for devices in %s", path);
	r->out->list = calloc((size_t)n + 1, sizeof(*r->out->list));
	for (int i = 0; i < n; i++) {
		if (r->out->list && entries[i]->d_name[0] != '.')
			read_device(r->view, &r->out->list[r->out->n++], entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (!r->out->list)
		return err_set_passing(e, "out of memory");
	for (size_t k = 0; k < r->out->n; k++)
		find_disk(r, k);
	for (size_t k = 0; k < r->out->n; k++)
		leave_out_by_kind(r, &r->out->list[k]);
	return 0;
}

/* ---- what guests may write ---- */

/* The device that the path leads to, by the path or by its number. NULL for none; *missing is set
 * when it may be a link that is still to be made. */
static struct block_device *device_at(const struct reading *r, const char *target, bool *missing)
{
	char path[PATH_MAX], real[PATH_MAX], other[PATH_MAX];
	struct stat st;

	*missing = false;
	if (snprintf(path, sizeof(path), "%s%s", r->view->sysroot, target) >= (int)sizeof(path))
		return NULL;
	if (!realpath(path, real) || stat(real, &st) < 0) {
		*missing =
			errno == ENOENT && !strncmp(target, "/dev/", 5) && strchr(target + 5, '/');
		return NULL;
	}
	for (size_t i = 0; i < r->out->n; i++) {
		struct block_device *d = &r->out->list[i];

		if (S_ISBLK(st.st_mode) ? st.st_rdev == d->rdev
					: realpath(d->path, other) && !strcmp(real, other))
			return d;
	}
	return NULL;
}

static void give_to(struct block_device *d, const char *guest, bool by_id)
{
	char *why = by_id ? d->no_content : d->left_out;

	d->guest = guest;
	d->by_id = by_id;
	if (!why[0])
		snprintf(why, sizeof(d->left_out), "guest %.100s may write it", guest);
}

static void give_by_path(const struct reading *r, const struct block_owner *o)
{
	struct block_device *d = NULL;
	bool missing = false;

	if (o->rdev) {
		for (size_t i = 0; i < r->out->n && !d; i++)
			if (r->out->list[i].rdev == o->rdev)
				d = &r->out->list[i];
	} else if (o->target && !tag_value(o->target)) {
		d = device_at(r, o->target, &missing);
	}
	if (d)
		give_to(d, o->guest, false);
	if (missing && !r->out->unresolved) {
		r->out->unresolved = o->target;
		r->out->unresolved_of = o->guest;
	}
}

/* Of the devices that d is on or made of, one that a guest may write; NULL for none. */
static const struct block_device *owned_below(const struct reading *r, const struct block_device *d)
{
	const struct block_device *below = NULL;
	const struct dirent *entry;
	DIR *dir;

	if (is_partition(r->out, d))
		return r->out->list[d->disk].guest ? &r->out->list[d->disk] : NULL;
	dir = open_links(r->view, d->name, "slaves");
	while (dir && !(below && below->guest) && (entry = readdir(dir)))
		below = find(r->out, entry->d_name);
	if (dir)
		closedir(dir);
	return below && below->guest ? below : NULL;
}

/* Marks what is on devices of guests or made of them, until nothing is left to mark. */
static void spread(const struct reading *r)
{
	const struct block_device *below;
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < r->out->n; i++) {
			struct block_device *d = &r->out->list[i];

			below = d->guest ? NULL : owned_below(r, d);
			if (!below)
				continue;
			/* A partition's own id is its table's, which the guest can't write. What is
			 * made of the partition has its ids from the guest. */
			give_to(d, below->guest, false);
			more = true;
		}
	}
}

/*
 * Leaves out the disks of partitions that guests have. The disks' other partitions are not left out
 * for that.
 */
static void leave_out_disks(const struct reading *r)
{
	for (size_t i = 0; i < r->out->n; i++) {
		const struct block_device *d = &r->out->list[i];
		struct block_device *disk = &r->out->list[d->disk];

		if (d->guest && !disk->left_out[0])
			snprintf(disk->left_out, sizeof(disk->left_out),
				 "guest %.100s may write its %.60s", d->guest, d->name);
	}
}

static void leave_out_owned(const struct reading *r)
{
	for (size_t i = 0; i < r->view->nr_owners; i++)
		give_by_path(r, &r->view->owners[i]);
	spread(r);
	leave_out_disks(r);
}

/* ---- what is on them ---- */

static void cannot_read(const struct reading *r, struct block_device *d, const char *cause)
{
	d->unread = true;
	snprintf(d->no_content, sizeof(d->no_content), "cannot be read: %.100s", cause);
	if (!r->out->unread[0])
		snprintf(r->out->unread, sizeof(r->out->unread), "%.200s: %.90s", d->path, cause);
}

static void read_table(const struct reading *r, struct block_device *disk, int fd)
{
	const unsigned sector =
		(unsigned)read_number(r->view, disk->name, "queue/logical_block_size");
	struct probe_table table;
	struct err e;

	if (probe_table(r->view->starter, fd, sector, &table, &e) < 0) {
		cannot_read(r, disk, e.msg);
		return;
	}
	for (size_t i = 0; i < r->out->n; i++) {
		struct block_device *d = &r->out->list[i];

		if (d == disk || &r->out->list[d->disk] != disk)
			continue;
		for (size_t k = 0; k < table.n; k++) {
			const struct probe_partition *p = &table.list[k];

			/* The kernel may still use an older table than is on the disk. */
			if (p->number != d->number || p->start != d->start || p->size != d->size)
				continue;
			snprintf(d->partuuid, sizeof(d->partuuid), "%s", p->uuid);
			snprintf(d->partlabel, sizeof(d->partlabel), "%s", p->label);
		}
	}
	probe_table_free(&table);
}

static void judge_content(struct block_device *d)
{
	probe_explain(&d->content, d->no_content, sizeof(d->no_content));
	if (d->partitioned && d->content.kind == PROBE_DATA)
		snprintf(d->no_content, sizeof(d->no_content), "it has partitions");
}

/*
 * Reads what is on the device, and a disk's table. O_NONBLOCK: drives without a medium open at
 * once.
 */
static void read_bytes(const struct reading *r, struct block_device *d)
{
	const int fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct err e;

	if (fd < 0) {
		cannot_read(r, d, strerror(errno));
		return;
	}
	if (probe_content(r->view->starter, fd, 0, 0, &d->content, &e) < 0)
		cannot_read(r, d, e.msg);
	else
		judge_content(d);
	if (d->partitioned && !d->content.raid)
		read_table(r, d, fd);
	close(fd);
}

/*
 * Leaves out partitions of members of a RAID: the table is the array's, but the kernel shows its
 * partitions on each member. A disk that can't be read may be such a member.
 */
static void leave_out_on_members(const struct reading *r)
{
	for (size_t i = 0; i < r->out->n; i++) {
		struct block_device *d = &r->out->list[i];
		const struct block_device *disk = &r->out->list[d->disk];

		if (d == disk || d->left_out[0])
			continue;
		if (disk->content.raid)
			snprintf(d->left_out, sizeof(d->left_out),
				 "on %.64s, which is a member (%s)", disk->name,
				 disk->content.type);
		else if (disk->unread)
			snprintf(d->left_out, sizeof(d->left_out), "on %.64s, which %.100s",
				 disk->name, disk->no_content);
	}
}

/*
 * Marks partitions that guests have by the partition's id. A guest can't change that id, but it can
 * change all that is on the partition.
 */
static void give_by_id(const struct reading *r, const struct block_owner *o)
{
	enum tag_kind kind;
	const char *value;

	if (!o->target || !tag_parse(o->target, &kind, &value))
		return;
	for (size_t i = 0; i < r->out->n; i++) {
		struct block_device *d = &r->out->list[i];

		if (!(kind == TAG_PARTUUID && !strcasecmp(d->partuuid, value)) &&
		    !(kind == TAG_PARTLABEL && !strcmp(d->partlabel, value)))
			continue;
		if (!d->guest)
			give_to(d, o->guest, true);
	}
}

static void leave_out_owned_by_id(const struct reading *r)
{
	for (size_t i = 0; i < r->view->nr_owners; i++)
		give_by_id(r, &r->view->owners[i]);
	spread(r);
}

static void read_all(const struct reading *r, bool partitions)
{
	for (size_t i = 0; i < r->out->n; i++) {
		struct block_device *d = &r->out->list[i];

		if (d->readable && !d->guest && is_partition(r->out, d) == partitions)
			read_bytes(r, d);
	}
}

int block_list_read(const struct block_view *view, struct block_list *out, struct err *e)
{
	const struct reading r = {view, out};

	memset(out, 0, sizeof(*out));
	if (list_devices(&r, e) < 0) {
		block_list_free(out);
		return -1;
	}
	leave_out_owned(&r);
	read_all(&r, false);
	leave_out_on_members(&r);
	leave_out_owned_by_id(&r);
	read_all(&r, true);
	return 0;
}

void block_list_free(struct block_list *l)
{
	free(l->list);
	memset(l, 0, sizeof(*l));
}
