#include "tag.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "partition.h"
#include "superblock.h"

/* Of /dev/disk, where udev keeps its links. */
static const char *const links[NR_TAGS] = {
	[TAG_UUID] = "by-uuid",
	[TAG_LABEL] = "by-label",
	[TAG_PARTUUID] = "by-partuuid",
	[TAG_PARTLABEL] = "by-partlabel",
};

/* linux/major.h: RAM disks, floppies, loop devices, optical disks. */
static const unsigned skipped_majors[] = {1, 2, 7, 11};

struct search {
	const char *sysroot;
	enum tag_kind kind;
	const char *value;
	uint8_t *buf; /* SUPERBLOCK_BYTES */
	unsigned found;
	char first[PATH_MAX], second[PATH_MAX];
	char unread[300]; /* a device that could not be read, and why */
};

/* Reads sys/class/block/NAME/FILE; "" where it is not there. */
static void read_attr(const struct search *s, const char *name, const char *file, char *buf,
		      size_t size)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd, len;

	buf[0] = '\0';
	len = snprintf(path, sizeof(path), "%s/sys/class/block/%s/%s", s->sysroot, name, file);
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

static unsigned long long read_number(const struct search *s, const char *name, const char *file)
{
	char text[32];

	read_attr(s, name, file, text, sizeof(text));
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

/* True when the directory sys/class/block/NAME/holders has an entry. */
static bool is_held(const struct search *s, const char *name)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	bool held = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/class/block/%s/holders", s->sysroot, name);
	dir = opendir(path);
	while (dir && !held && (entry = readdir(dir)))
		held = entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return held;
}

static bool is_wanted(const struct search *s, const char *name)
{
	const unsigned major = (unsigned)read_number(s, name, "dev"); /* MAJOR:MINOR */
	size_t i;

	for (i = 0; i < sizeof(skipped_majors) / sizeof(skipped_majors[0]); i++)
		if (major == skipped_majors[i])
			return false;
	return read_number(s, name, "size") > 0 && !is_held(s, name);
}

/* The path of a device, by the name that uevent has for it, which may lie in a directory. */
static void device_path(const struct search *s, const char *uevent, const char *name, char *path,
			size_t size)
{
	char node[256];

	uevent_value(uevent, "DEVNAME", node, sizeof(node));
	snprintf(path, size, "%s/dev/%s", s->sysroot, node[0] ? node : name);
}

/* O_NONBLOCK: drives without a medium open at once. */
static int open_device(struct search *s, const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && !s->unread[0])
		snprintf(s->unread, sizeof(s->unread), "%.200s: %s", path, strerror(errno));
	return fd;
}

static bool file_system_matches(struct search *s, const char *path)
{
	const int fd = open_device(s, path);
	struct superblock sb;
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0)
		return false;
	while (n > 0 && have < SUPERBLOCK_BYTES) {
		n = pread(fd, s->buf + have, SUPERBLOCK_BYTES - have, (off_t)have);
		have += n > 0 ? (size_t)n : 0;
	}
	if (n < 0 && !s->unread[0])
		snprintf(s->unread, sizeof(s->unread), "%.200s: %s", path, strerror(errno));
	close(fd);
	if (!superblock_read(s->buf, have, &sb))
		return false;
	if (s->kind == TAG_UUID)
		return !strcasecmp(sb.uuid, s->value);
	return !strcmp(sb.label, s->value);
}

static bool read_disk(void *arg, uint64_t at, void *buf, size_t n)
{
	return at <= INT64_MAX && pread(*(const int *)arg, buf, n, (off_t)at) == (ssize_t)n;
}

/* The name of the disk that a partition is on: its directory in sysfs lies in the disk's. */
static bool disk_of(const struct search *s, const char *partition, char *disk, size_t size)
{
	char path[PATH_MAX], real[PATH_MAX];
	char *last;

	snprintf(path, sizeof(path), "%s/sys/class/block/%s/..", s->sysroot, partition);
	if (!realpath(path, real))
		return false;
	last = strrchr(real, '/');
	return last && snprintf(disk, size, "%s", last + 1) < (int)size;
}

/* What the partition table says, for kernels that do not say it. */
static bool table_matches(struct search *s, const char *partition, unsigned number)
{
	char disk[256], uevent[4096], path[PATH_MAX];
	struct partition_disk d = {.read = read_disk};
	struct partition_id id;
	bool found;
	int fd;

	if (!disk_of(s, partition, disk, sizeof(disk)))
		return false;
	read_attr(s, disk, "uevent", uevent, sizeof(uevent));
	device_path(s, uevent, disk, path, sizeof(path));
	fd = open_device(s, path);
	if (fd < 0)
		return false;
	d.size = read_number(s, disk, "size") * 512; /* in units of 512 bytes, always */
	d.sector = (unsigned)read_number(s, disk, "queue/logical_block_size");
	d.arg = &fd;
	found = partition_identify(&d, number, &id);
	close(fd);
	if (!found)
		return false;
	if (s->kind == TAG_PARTUUID)
		return !strcasecmp(id.uuid, s->value);
	return !strcmp(id.label, s->value);
}

/* Newer kernels say PARTUUID; all say PARTNAME, but only in ASCII. */
static bool partition_matches(struct search *s, const char *name, const char *uevent)
{
	const unsigned number = (unsigned)read_number(s, name, "partition");
	char text[256];

	if (!number)
		return false;
	if (s->kind == TAG_PARTUUID) {
		uevent_value(uevent, "PARTUUID", text, sizeof(text));
		if (text[0])
			return !strcasecmp(text, s->value);
	} else {
		uevent_value(uevent, "PARTNAME", text, sizeof(text));
		if (!strcmp(text, s->value))
			return true;
	}
	return table_matches(s, name, number);
}

static void look_at(struct search *s, const char *name)
{
	char uevent[4096], path[PATH_MAX];
	bool match;

	if (!is_wanted(s, name))
		return;
	read_attr(s, name, "uevent", uevent, sizeof(uevent));
	device_path(s, uevent, name, path, sizeof(path));
	if (s->kind == TAG_UUID || s->kind == TAG_LABEL)
		match = file_system_matches(s, path);
	else
		match = partition_matches(s, name, uevent);
	if (!match)
		return;
	if (s->found++ == 0)
		snprintf(s->first, sizeof(s->first), "%s", path);
	else if (s->found == 2)
		snprintf(s->second, sizeof(s->second), "%s", path);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int scan(struct search *s, struct err *e)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int i, n;

	snprintf(path, sizeof(path), "%s/sys/class/block", s->sysroot);
	n = scandir(path, &entries, NULL, by_name);
	if (n < 0)
		return err_set(e, "cannot look for devices in %s: %s", path, strerror(errno));
	for (i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			look_at(s, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

/* udev's link for it, in the writing of udev_replace_chars (systemd, src/shared/device-nodes.c):
 * what is not a letter, a digit, one of #+-.:=@_ or beyond ASCII becomes \xNN. */
static bool link_of(struct search *s, char *path, size_t size)
{
	char name[4 * 256 + 1], link[PATH_MAX], real[PATH_MAX];
	const char *c;
	size_t n = 0;

	for (c = s->value; *c; c++) {
		if (n + 5 > sizeof(name))
			return false;
		if (isalnum((unsigned char)*c) || (unsigned char)*c >= 0x80 ||
		    strchr("#+-.:=@_", *c))
			name[n++] = *c;
		else
			n += (size_t)sprintf(name + n, "\\x%02x", (unsigned char)*c);
	}
	name[n] = '\0';
	if (!n || name[0] == '.')
		return false;
	snprintf(link, sizeof(link), "%s/dev/disk/%s/%s", s->sysroot, links[s->kind], name);
	return realpath(link, real) && snprintf(path, size, "%s", real) < (int)size;
}

int tag_find(const char *sysroot, const char *tag, char *path, size_t size, struct err *e)
{
	struct search s = {.sysroot = sysroot};
	int rc = -1;

	if (!tag_parse(tag, &s.kind, &s.value) || !s.value[0])
		return err_set(e, "%s is not a tag with a value", tag);
	s.buf = malloc(SUPERBLOCK_BYTES);
	if (!s.buf)
		return err_set(e, "out of memory");
	if (scan(&s, e) < 0)
		goto out;
	if (s.found > 1) {
		err_set(e, "%.100s is on more than one device: %.150s and %.150s", tag, s.first,
			s.second);
	} else if (s.found == 1) {
		rc = snprintf(path, size, "%s", s.first) < (int)size
			     ? 0
			     : err_set(e, "%s: %s", s.first, strerror(ENAMETOOLONG));
	} else if (link_of(&s, path, size)) {
		rc = 0;
	} else {
		rc = 1;
		err_set(e, "no device has %.150s%s%s%s", tag, s.unread[0] ? " (cannot read " : "",
			s.unread, s.unread[0] ? ")" : "");
	}
out:
	free(s.buf);
	return rc;
}
