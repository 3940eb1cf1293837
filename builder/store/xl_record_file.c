#include "xl_record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/write_all.h"
#include "guest_nodes.h"

/* Far above what a guest with hundreds of devices has. */
#define RECORD_MAX (1 << 20)
#define LOOK_US    20000

void xl_file_name(char name[XL_FILE_NAME_MAX], char kind, uint32_t domid, const uint8_t uuid[16],
		  const char *what)
{
	char text[UUID_TEXT];

	uuid_text(uuid, text);
	snprintf(name, XL_FILE_NAME_MAX, "userdata-%c.%u.%s.%s", kind, domid, text, what);
}

int xl_record_replace(uint32_t domid, const uint8_t uuid[16], const char *text, size_t len,
		      int dirfd, struct err *e)
{
	char name[XL_FILE_NAME_MAX], tmp[XL_FILE_NAME_MAX];
	bool ok;
	int fd;

	xl_file_name(name, 'd', domid, uuid, XL_RECORD);
	xl_file_name(tmp, 'n', domid, uuid, XL_RECORD);
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set_errno(e, errno, "cannot write /var/lib/xen/%s", tmp);
	ok = write_all(fd, text, len);
	if (close(fd) < 0 || !ok || renameat(dirfd, tmp, dirfd, name) < 0) {
		err_set_errno(e, errno, "cannot write /var/lib/xen/%s", name);
		unlinkat(dirfd, tmp, 0);
		return -1;
	}
	return 0;
}

/* ---- the text ---- */

/* A part of the record that is replaced; of no length where something is put in. */
struct edit {
	const char *at;
	size_t len;
	const char *name, *value;
};

static bool is_text(const struct json_value *v, const char *text)
{
	char buf[64];

	return json_string(v, buf, sizeof(buf)) && !strcmp(buf, text);
}

static bool find_disk(const struct json_value *record, const char *vdev, struct json_value *out)
{
	struct json_value disks, name;

	if (!json_member(record, "disks", &disks))
		return false;
	for (size_t i = 0; json_element(&disks, i, out); i++)
		if (json_member(out, "vdev", &name) && is_text(&name, vdev))
			return true;
	return false;
}

static struct edit edit_of(const struct json_value *disk, const char *name, const char *value)
{
	struct json_value v;

	if (json_member(disk, name, &v))
		return (struct edit){v.at, v.len, NULL, value};
	return (struct edit){disk->at + 1, 0, name, value};
}

/* Where libxl leaves out what has no value, with a name in front of the first one. */
static void print_edit(const struct edit *edit, FILE *to)
{
	struct json j = {.to = to};

	if (edit->name)
		fprintf(to, "\n            \"%s\": ", edit->name);
	json_text(&j, NULL, edit->value);
	if (edit->name)
		putc(',', to);
}

static int no_memory(struct err *e)
{
	return err_set_passing(e, "out of memory");
}

int xl_record_with_medium(const char *text, size_t len, const struct xl_medium *m, char **out,
			  size_t *out_len, struct err *e)
{
	const size_t n = strnlen(text, len);
	const char *format = *m->path ? "raw" : "empty", *from = text;
	struct json_value record, disk;
	struct edit edits[2];
	FILE *f;

	*out = NULL;
	if (!json_parse(text, n, &record))
		return err_set(e, "it is no record of libxl's");
	if (!find_disk(&record, m->vdev, &disk))
		return err_set(e, "there is no disk %.20s in it", m->vdev);
	edits[0] = edit_of(&disk, "pdev_path", m->path);
	edits[1] = edit_of(&disk, "format", format);
	if (edits[0].at > edits[1].at) {
		const struct edit first = edits[1];

		edits[1] = edits[0];
		edits[0] = first;
	}
	f = open_memstream(out, out_len);
	if (!f)
		return no_memory(e);
	for (size_t i = 0; i < 2; i++) {
		fwrite(from, 1, (size_t)(edits[i].at - from), f);
		print_edit(&edits[i], f);
		from = edits[i].at + edits[i].len;
	}
	fwrite(from, 1, (size_t)(text + n - from), f);
	putc('\0', f);
	if (fclose(f) == 0 && *out)
		return 0;
	free(*out);
	*out = NULL;
	return no_memory(e);
}

/* ---- the file ---- */

static int cannot(struct err *e, const char *what, const char *name)
{
	return err_set_errno(e, errno, "cannot %s /var/lib/xen/%s", what, name);
}

/* Whether the file that is locked is the one that others would lock (libxl__lock_file): it is
 * removed by whoever unlocks it. */
static bool is_the_lock(int fd, int dirfd, const char *name)
{
	struct stat mine, there;

	return fstat(fd, &mine) == 0 && fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

static int lock(int dirfd, const char *name, struct err *e)
{
	const uint64_t deadline = clock_ns() + XL_LOCK_MS * NS_PER_MS;
	int fd;

	for (;;) {
		fd = openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd < 0)
			return cannot(e, "lock", name);
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_the_lock(fd, dirfd, name))
			return fd;
		close(fd);
		if (clock_ns() >= deadline)
			return err_set_passing(e, "/var/lib/xen/%s is held by somebody", name);
		usleep(LOOK_US);
	}
}

static void unlock(int fd, int dirfd, const char *name)
{
	unlinkat(dirfd, name, 0);
	close(fd);
}

/* For free(). */
static char *read_record(int dirfd, const char *name, size_t *len, struct err *e)
{
	const int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(RECORD_MAX);
	ssize_t n = text ? 0 : -1;

	*len = 0;
	while (n >= 0 && *len < RECORD_MAX && (n = read(fd, text + *len, RECORD_MAX - *len)) > 0)
		*len += (size_t)n;
	if (n != 0) {
		errno = n > 0 ? EFBIG : errno;
		cannot(e, "read", name);
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static int change(uint32_t domid, const uint8_t uuid[16], const struct xl_medium *m, size_t n,
		  int dirfd, struct err *e)
{
	char name[XL_FILE_NAME_MAX], *text, *next;
	size_t len;
	int rc = 0;

	xl_file_name(name, 'd', domid, uuid, XL_RECORD);
	text = read_record(dirfd, name, &len, e);
	if (!text)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = xl_record_with_medium(text, len, &m[i], &next, &len, e);
		if (rc < 0) {
			err_prefix(e, "cannot change /var/lib/xen/%s: ", name);
			break;
		}
		free(text);
		text = next;
	}
	if (rc == 0)
		rc = xl_record_replace(domid, uuid, text, len, dirfd, e);
	free(text);
	return rc;
}

int xl_record_change_media(uint32_t domid, const uint8_t uuid[16], const struct xl_medium *m,
			   size_t n, int dirfd, struct err *e)
{
	char name[XL_FILE_NAME_MAX];
	int fd, rc;

	xl_file_name(name, 'l', domid, uuid, XL_RECORD_LOCK);
	fd = lock(dirfd, name, e);
	if (fd < 0)
		return -1;
	rc = change(domid, uuid, m, n, dirfd, e);
	unlock(fd, dirfd, name);
	return rc;
}
