/*
 * earlydom disks: what a tag's look-up sees of dom0's block devices, and why it leaves some out;
 * what is on single devices and in image files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"
#include "builder/device/block_list.h"
#include "builder/host/rundir.h"
#include "commands.h"

static const char usage_text[] = "disks [--json] [DEVICE-OR-IMAGE...]";

/* What guests may write, from the supervisor's records of them. */
struct owners {
	struct block_owner *list;
	size_t n;
};

struct output {
	bool as_json;
	struct json json;
};

/* A device, an image file or a partition in one. Texts are "" for none. */
struct row {
	const char *path;
	unsigned number; /* of a partition in an image file, else 0 */
	uint64_t size;   /* bytes */
	const struct probe_content *content;
	const char *partuuid, *partlabel, *guest, *left_out, *no_content;
	char mounted[PATH_MAX]; /* where it is mounted */
};

/* ---- what guests may write ---- */

static void free_owners(struct owners *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free((char *)(uintptr_t)o->list[i].guest);
		free((char *)(uintptr_t)o->list[i].target);
	}
	free(o->list);
}

static int add_owner(struct owners *o, const char *guest, const char *target)
{
	struct block_owner *more = realloc(o->list, (o->n + 1) * sizeof(*more));

	if (!more)
		return -1;
	o->list = more;
	more[o->n] = (struct block_owner){strdup(guest), strdup(target), 0};
	o->n++;
	return more[o->n - 1].guest && more[o->n - 1].target ? 0 : -1;
}

/* Lines "disk=VDEV rw TARGET" of a record. */
static int read_record(struct owners *o, FILE *f, const char *guest)
{
	char *line = NULL, *target;
	size_t size = 0;
	ssize_t n;
	int rc = 0;

	while (!rc && (n = getline(&line, &size, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		target = strncmp(line, "disk=", 5) ? NULL : strchr(line, ' ');
		if (target && !strncmp(target, " rw ", 4))
			rc = add_owner(o, guest, target + 4);
	}
	free(line);
	return rc;
}

/* Without a supervisor there are no records. */
static int read_owners(struct owners *o, struct err *e)
{
	DIR *dir = opendir(RUNDIR "/guests");
	const struct dirent *entry;
	int rc = 0, fd;
	FILE *f;

	if (!dir)
		return errno == ENOENT
			       ? 0
			       : err_set(e, "cannot read " RUNDIR "/guests: %s", strerror(errno));
	while (!rc && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		f = fd < 0 ? NULL : fdopen(fd, "r");
		if (f)
			rc = read_record(o, f, entry->d_name);
		if (f)
			fclose(f);
		else if (fd >= 0)
			close(fd);
	}
	closedir(dir);
	return rc ? err_set(e, "out of memory") : 0;
}

/* ---- rows ---- */

/* Where the device is mounted: proc(5), /proc/PID/mountinfo; "" for nowhere. */
static void find_mount(dev_t rdev, char *at, size_t size)
{
	FILE *f = fopen(DISKS_SYSROOT "/proc/self/mountinfo", "re");
	char *line = NULL, *end;
	unsigned maj, min;
	size_t cap = 0;
	int begin;

	at[0] = '\0';
	while (f && !at[0] && getline(&line, &cap, f) > 0) {
		begin = 0;
		if (sscanf(line, "%*u %*u %u:%u %*s %n", &maj, &min, &begin) != 2 || !begin ||
		    makedev(maj, min) != rdev)
			continue;
		end = strchr(line + begin, ' ');
		if (end)
			*end = '\0';
		snprintf(at, size, "%s", line + begin);
	}
	free(line);
	if (f)
		fclose(f);
}

static void json_row(struct json *j, const struct row *r)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{"type", r->content->type},        {"uuid", r->content->uuid},
		{"label", r->content->label},      {"partuuid", r->partuuid},
		{"partlabel", r->partlabel},       {"guest", r->guest},
		{"mounted", r->mounted},           {"left_out", r->left_out},
		{"no_file_system", r->no_content},
	};

	json_open(j, NULL, '{');
	json_text(j, "path", r->path);
	if (r->number)
		json_number(j, "partition", r->number);
	json_number(j, "size", r->size);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].value[0])
			json_text(j, texts[i].key, texts[i].value);
	json_close(j, '}');
}

static void text_line(const char *before, const char *value)
{
	if (!value[0])
		return;
	printf("    %s", before);
	utf8_print_safe(stdout, value);
	putchar('\n');
}

static void text_row(const struct row *r)
{
	utf8_print_safe(stdout, r->path);
	if (r->number)
		printf(" partition %u", r->number);
	printf(": %" PRIu64 " KiB%s%s\n", r->size / 1024, r->content->type[0] ? ", " : "",
	       r->content->type);
	text_line("UUID=", r->content->uuid);
	text_line("LABEL=", r->content->label);
	text_line("PARTUUID=", r->partuuid);
	text_line("PARTLABEL=", r->partlabel);
	text_line("mounted on ", r->mounted);
	text_line("left out: ", r->left_out);
	if (!r->left_out[0])
		text_line("not found by UUID= and LABEL=: ", r->no_content);
}

static void put_row(struct output *o, const struct row *r)
{
	if (o->as_json)
		json_row(&o->json, r);
	else
		text_row(r);
}

static void put_device(struct output *o, const struct block_device *d)
{
	struct row r = {
		.path = d->path,
		.size = d->size * 512,
		.content = &d->content,
		.partuuid = d->partuuid,
		.partlabel = d->partlabel,
		.guest = d->guest ? d->guest : "",
		.left_out = d->left_out,
		.no_content = d->no_content,
	};

	find_mount(d->rdev, r.mounted, sizeof(r.mounted));
	put_row(o, &r);
}

/* ---- what was asked for ---- */

static int put_content(struct output *o, int fd, const char *path, const struct probe_partition *p,
		       uint64_t size, struct probe_content *c, struct err *e)
{
	struct row r = {.path = path, .size = size, .content = c, .guest = "", .left_out = ""};
	char why[64];

	if (probe_content(NULL, fd, p ? p->start * 512 : 0, p ? p->size * 512 : 0, c, e) < 0)
		return err_prefix(e, "%.200s: ", path);
	r.number = p ? p->number : 0;
	r.partuuid = p ? p->uuid : "";
	r.partlabel = p ? p->label : "";
	r.no_content = why;
	probe_explain(c, why, sizeof(why));
	put_row(o, &r);
	return 0;
}

/* An image file, and the partitions in it, as they would be seen on a disk. */
static int put_image(struct output *o, int fd, const char *path, uint64_t size, struct err *e)
{
	struct probe_content c;
	struct probe_table t;
	int rc = 0;

	if (put_content(o, fd, path, NULL, size, &c, e) < 0)
		return -1;
	if (c.raid)
		return 0;
	if (probe_table(NULL, fd, 0, &t, e) < 0)
		return err_prefix(e, "%.200s: ", path);
	for (size_t i = 0; i < t.n && rc == 0; i++) {
		const struct probe_partition *p = &t.list[i];
		const uint64_t sectors = size / 512;

		/* One that is cut off has nothing to be looked at. */
		if (p->start < sectors && p->size <= sectors - p->start)
			rc = put_content(o, fd, path, p, p->size * 512, &c, e);
	}
	probe_table_free(&t);
	return rc;
}

/* A device that a look-up does not read is read here: it was asked for by name. */
static int put_asked_device(struct output *o, int fd, const char *path, dev_t rdev,
			    struct block_list *l, struct err *e)
{
	struct block_device *d = NULL;

	for (size_t i = 0; i < l->n && !d; i++)
		if (l->list[i].rdev == rdev)
			d = &l->list[i];
	if (!d)
		return err_set(e, "%s: /sys/class/block has no such device", path);
	if ((!d->readable || d->guest) && d->size &&
	    probe_content(NULL, fd, 0, 0, &d->content, e) < 0)
		return err_prefix(e, "%.200s: ", path);
	put_device(o, d);
	return 0;
}

static int put_asked(struct output *o, const char *path, const struct block_view *view,
		     struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct block_list l;
	struct stat st;
	int rc;

	if (fd < 0 || fstat(fd, &st) < 0) {
		rc = err_set(e, "%s: %s", path, strerror(errno));
	} else if (S_ISREG(st.st_mode)) {
		rc = put_image(o, fd, path, (uint64_t)st.st_size, e);
	} else if (!S_ISBLK(st.st_mode)) {
		rc = err_set(e, "%s is neither a block device nor a file", path);
	} else {
		rc = block_list_read(view, &l, e);
		if (rc == 0) {
			rc = put_asked_device(o, fd, path, st.st_rdev, &l, e);
			block_list_free(&l);
		}
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

static int put_all(struct output *o, const struct block_view *view, struct err *e)
{
	struct block_list l;

	if (block_list_read(view, &l, e) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++)
		put_device(o, &l.list[i]);
	block_list_free(&l);
	return 0;
}

static int complain(const struct err *e)
{
	fprintf(stderr, "earlydom: %s\n", e->msg);
	return EXIT_FAILED;
}

static int show(struct output *o, char **paths, int n)
{
	struct owners owners = {NULL, 0};
	struct block_view view = {.sysroot = DISKS_SYSROOT};
	int rc = EXIT_OK;
	struct err e;

	if (read_owners(&owners, &e) < 0)
		rc = complain(&e);
	view.owners = owners.list;
	view.nr_owners = owners.n;
	if (o->as_json)
		json_open(&o->json, NULL, '[');
	if (!n && put_all(o, &view, &e) < 0)
		rc = complain(&e);
	for (int i = 0; i < n; i++)
		if (put_asked(o, paths[i], &view, &e) < 0)
			rc = complain(&e);
	if (o->as_json)
		json_close(&o->json, ']');
	free_owners(&owners);
	return rc;
}

int command_disks(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct output o = {.json = {.to = stdout}};
	int c;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (c != 'j')
			return c == 'h' ? command_help(usage_text) : command_usage(usage_text);
		o.as_json = true;
	}
	return show(&o, argv + optind, argc - optind);
}
