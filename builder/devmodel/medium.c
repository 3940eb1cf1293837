#include "medium.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/describe/disk_spec.h"
#include "builder/store/device_nodes.h"
#include "builder/store/store.h"
#include "devmodel.h"
#include "qemu_args.h"
#include "qemu_drives.h"
#include "qmp.h"

#define LOOK_US 500000

/*
 * A drive without a medium, as it is at a guest's start (disk_params). libxl writes nothing at all
 * here, and a QEMU 7.2 that serves other disks crashes of that: it looks for the second word of an
 * empty text (xen_block_drive_create in hw/block/xen-block.c).
 */
#define NO_MEDIUM "aio:"

/* The file set's number is QEMU's to choose (monitor/fds.c). */
#define FDSET_MAX INT64_MAX

struct change {
	uint32_t domid;
	const struct disk *medium;
	struct qmp qmp;
	char drive[QEMU_CDROM_NAME_MAX];
};

/* ---- QEMU ---- */

static int open_qmp(struct change *c, struct err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVMODEL_QMP_DIR "/" QMP_NAME, "libxl", c->domid);
	return qmp_open(&c->qmp, path, e);
}

/* QEMU asks the guest to let go of a drive that it has locked (qmp_eject in block/qapi-sysemu.c),
 * which it may do soon after. */
static int eject(struct change *c, struct err *e)
{
	const uint64_t deadline = clock_ns() + MEDIUM_LOCKED_MS * NS_PER_MS;
	const char *const args[] = {"id", c->drive, NULL};

	while (qmp_ask(&c->qmp, "eject", args, NULL, e) < 0) {
		if (e->passing || !strstr(e->msg, " is locked"))
			return -1;
		if (clock_ns() >= deadline)
			return err_set_passing(e, "the guest has locked the drive: it is to be "
						  "ejected there first");
		usleep(LOOK_US < MEDIUM_LOCKED_MS * 100 ? LOOK_US : MEDIUM_LOCKED_MS * 100);
	}
	return 0;
}

/* Gives QEMU the open file. Returns the number that it has there, or -1 with e set. */
static int give_file(struct change *c, uint64_t *set, struct err *e)
{
	const char *const args[] = {"opaque", c->medium->path, NULL};
	struct json_value answer, number;

	if (qmp_ask_with_file(&c->qmp, "add-fd", args, c->medium->fd, &answer, e) < 0)
		return -1;
	if (json_member(&answer, "fdset-id", &number) && json_number_of(&number, FDSET_MAX, set))
		return 0;
	return err_set_passing(e, "QEMU does not say which file it has got");
}

static int insert(struct change *c, struct err *e)
{
	/* QEMU finds out itself that a path is a block device's, but not behind a file set. */
	const char *protocol = c->medium->rdev ? "host_device:" : "";
	char file[60];
	const char *const args[] = {
		"id", c->drive, "filename", file, "format", disk_format_driver(c->medium->format),
		NULL,
	};
	uint64_t set;

	if (give_file(c, &set, e) < 0)
		return -1;
	snprintf(file, sizeof(file), "%s/dev/fdset/%" PRIu64, protocol, set);
	return qmp_ask(&c->qmp, "blockdev-change-medium", args, NULL, e);
}

/* ---- the store ---- */

struct change_nodes {
	char back[80], libxl[80]; /* directories */
	const char *params;
};

static bool write_node(struct xs_handle *xsh, xs_transaction_t t, const char *dir, const char *name,
		       const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return xs_write(xsh, t, path, value, (unsigned)strlen(value));
}

static bool write_both(struct xs_handle *xsh, xs_transaction_t t, const char *dir,
		       const struct change_nodes *n)
{
	return write_node(xsh, t, dir, "type", "qdisk") &&
	       write_node(xsh, t, dir, "params", n->params);
}

/* Nothing is made anew for a domain that has gone. */
static int write_nodes(struct xs_handle *xsh, xs_transaction_t t, void *arg, struct err *e)
{
	const struct change_nodes *n = arg;
	char path[128], *front;

	snprintf(path, sizeof(path), "%s/frontend", n->libxl);
	front = xs_read(xsh, t, path, NULL);
	if (!front && errno == ENOENT)
		return err_set_passing(e, "the domain is gone");
	free(front);
	if (front && write_both(xsh, t, n->back, n) && write_both(xsh, t, n->libxl, n))
		return 0;
	return store_error(e, "cannot change the store");
}

static int say_params(const struct change *c, struct host *h, const char *params, struct err *e)
{
	const uint32_t number = c->medium->spec->vdev_number;
	struct change_nodes n = {.params = params};

	snprintf(n.back, sizeof(n.back), "/local/domain/0/backend/" QDISK_KIND "/%u/%u", c->domid,
		 number);
	snprintf(n.libxl, sizeof(n.libxl), "/libxl/%u/device/" VBD_KIND "/%u", c->domid, number);
	return store_transact(h->xsh, write_nodes, &n, e);
}

/* ---- both ---- */

static int change_drive(struct change *c, struct host *h, enum medium_left *left, struct err *e)
{
	char *params;
	int rc;

	if (eject(c, e) < 0)
		return -1;
	*left = MEDIUM_NONE;
	if (say_params(c, h, NO_MEDIUM, e) < 0)
		return -1;
	if (c->medium->format == DISK_EMPTY) {
		*left = MEDIUM_CHANGED;
		return 0;
	}
	if (insert(c, e) < 0)
		return err_prefix(e, "the drive is empty now: ");
	*left = MEDIUM_CHANGED;
	params = disk_params(c->medium);
	rc = params ? say_params(c, h, params, e) : err_set_passing(e, "out of memory");
	free(params);
	return rc;
}

int medium_change(uint32_t domid, const struct disk *medium, struct host *h, enum medium_left *left,
		  struct err *e)
{
	struct change c = {.domid = domid, .medium = medium, .qmp = {.fd = -1}};
	int rc;

	*left = MEDIUM_AS_BEFORE;
	if (!h->xsh)
		return err_set_passing(e, "there is no store");
	snprintf(c.drive, sizeof(c.drive), QEMU_CDROM_NAME, medium->spec->vdev_number);
	rc = open_qmp(&c, e);
	if (rc == 0)
		rc = change_drive(&c, h, left, e);
	qmp_close(&c.qmp);
	return rc < 0 ? err_prefix(e, "%s: ", medium->spec->vdev) : 0;
}
