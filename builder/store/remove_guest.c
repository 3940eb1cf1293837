/*
 * What Linux's back ends do (drivers/xen/xenbus, xen-blkback, xen-netback) when the front end's
 * nodes are gone: its state counts as "unknown", and they unregister the device. For a disk they
 * finish the requests under way first, unmap its pages and close the block device. A back end whose
 * own state was set to Closing sets it to Closed when that is over. If its own nodes are removed at
 * once it does the same, but nobody could tell when it is done.
 */
#include "remove_guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "device_nodes.h"
#include "guest_nodes.h"
#include "pci_others.h"
#include "store.h"

#ifndef STORE_POLL_US
#define STORE_POLL_US 20000
#endif

#define DOM0 "/local/domain/0"

/* Kinds of back ends that are made here, and those of them that the kernel serves. The others are
 * served by processes, which do not hold anything of the guest's: QEMU has ended by now. */
static const char *const kinds[] = {"console", "vbd", "qdisk", "vif", "vfb", "vkbd", "pci"};
static const char *const kernel_kinds[] = {"vbd", "vif", "pci"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A node of one back end; 0 where it is missing or no number. */
static int back_state(struct xs_handle *xsh, xs_transaction_t t, const char *dir)
{
	char path[128], *text;
	int state;

	snprintf(path, sizeof(path), "%s/state", dir);
	text = xs_read(xsh, t, path, NULL);
	state = text ? atoi(text) : 0;
	free(text);
	return state;
}

/* True when a back end has taken the device on and not let go of it again. */
static bool is_held(int state)
{
	return state > DEVICE_INITIALISING && state != DEVICE_CLOSED;
}

/*
 * Counts the back ends of the domain that hold something; each is first given to fn, which may be
 * NULL and returns false for a failure of the store. Returns the number, or -1.
 */
static int count_held(struct xs_handle *xsh, xs_transaction_t t, uint32_t domid,
		      bool (*fn)(struct xs_handle *, xs_transaction_t, const char *dir))
{
	char path[64], dir[96], **devids;
	int held = 0;
	unsigned n;

	for (size_t k = 0; k < COUNT(kernel_kinds); k++) {
		snprintf(path, sizeof(path), DOM0 "/backend/%s/%u", kernel_kinds[k], domid);
		devids = xs_directory(xsh, t, path, &n);
		if (!devids && errno != ENOENT)
			return -1;
		for (unsigned i = 0; devids && i < n && held >= 0; i++) {
			snprintf(dir, sizeof(dir), "%s/%.20s", path, devids[i]);
			if (!is_held(back_state(xsh, t, dir)))
				continue;
			held = !fn || fn(xsh, t, dir) ? held + 1 : -1;
		}
		free(devids);
		if (held < 0)
			return -1;
	}
	return held;
}

static bool write_number(struct xs_handle *xsh, xs_transaction_t t, const char *dir,
			 const char *name, int value)
{
	char path[128], text[12];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return xs_write(xsh, t, path, text, (unsigned)sprintf(text, "%d", value));
}

static bool ask_one(struct xs_handle *xsh, xs_transaction_t t, const char *dir)
{
	return write_number(xsh, t, dir, "online", 0) &&
	       write_number(xsh, t, dir, "state", DEVICE_CLOSING);
}

/* Removes a node that is there or not. */
static bool gone(struct xs_handle *xsh, xs_transaction_t t, const char *path)
{
	return xs_rm(xsh, t, path) || errno == ENOENT;
}

/* Whether /local/domain/ID is the one that was written for g: 1 or 0, or -1 where that can't be
 * told. */
static int is_ours(const struct guest *g, struct xs_handle *xsh, xs_transaction_t t)
{
	char path[64], uuid[UUID_TEXT], *vm;
	int ours;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", g->domid);
	vm = xs_read(xsh, t, path, NULL);
	if (!vm)
		return errno == ENOENT ? 0 : -1;
	uuid_text(g->uuid, uuid);
	ours = !strncmp(vm, "/vm/", 4) && !strcmp(vm + 4, uuid);
	free(vm);
	return ours;
}

struct departure {
	const struct guest *g;
	bool not_ours;
	int held; /* back ends to wait for */
};

static int failed(struct err *e)
{
	return store_error(e, "cannot change the store");
}

/* The front ends go, and their back ends are to close. */
static int ask(struct xs_handle *xsh, xs_transaction_t t, void *arg, struct err *e)
{
	struct departure *d = arg;
	char path[64];
	int ours;

	d->held = 0;
	ours = is_ours(d->g, xsh, t);
	if (ours < 0)
		return failed(e);
	d->not_ours = !ours;
	if (!ours)
		return 0;
	d->held = count_held(xsh, t, d->g->domid, ask_one);
	snprintf(path, sizeof(path), "/local/domain/%u/device", d->g->domid);
	return d->held < 0 || !gone(xsh, t, path) ? failed(e) : 0;
}

/* Removes the directory and those above it as long as they are empty, as libxl does. */
static void prune(struct xs_handle *xsh, xs_transaction_t t, char *path)
{
	char **names;
	unsigned n;

	for (; strcmp(path, DOM0) != 0; *strrchr(path, '/') = '\0') {
		names = xs_directory(xsh, t, path, &n);
		if (names ? n > 0 : errno != ENOENT) {
			free(names);
			return;
		}
		if (names)
			xs_rm(xsh, t, path);
		free(names);
	}
}

static int clear(struct xs_handle *xsh, xs_transaction_t t, void *arg, struct err *e)
{
	/* The kernel leaves what went wrong with a back end at error/ and the back end's own path.
	 */
	static const char *const above[] = {DOM0 "/backend", DOM0 "/error/backend"};
	const struct departure *d = arg;
	char path[96], uuid[UUID_TEXT];

	switch (is_ours(d->g, xsh, t)) {
	case 0:
		return 0;
	case -1:
		return failed(e);
	}
	for (size_t i = 0; i < COUNT(above); i++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			snprintf(path, sizeof(path), "%s/%s/%u", above[i], kinds[k], d->g->domid);
			if (!gone(xsh, t, path))
				return failed(e);
			*strrchr(path, '/') = '\0';
			prune(xsh, t, path);
		}
	if (!pci_owner_remove(xsh, t, d->g->domid))
		return failed(e);
	uuid_text(d->g->uuid, uuid);
	snprintf(path, sizeof(path), "/vm/%s", uuid);
	if (!gone(xsh, t, path))
		return failed(e);
	snprintf(path, sizeof(path), "/libxl/%u", d->g->domid);
	if (!gone(xsh, t, path))
		return failed(e);
	snprintf(path, sizeof(path), "/local/domain/%u", d->g->domid);
	return gone(xsh, t, path) ? 0 : failed(e);
}

int remove_guest_nodes(const struct guest *g, struct xs_handle *xsh, unsigned ms, struct err *e)
{
	const uint64_t deadline = clock_ns() + ms * NS_PER_MS;
	struct departure d = {.g = g};
	struct err ignored;
	int rc = 0;

	if (store_transact(xsh, ask, &d, e) < 0)
		rc = -1;
	else
		while (d.held > 0 && clock_ns() < deadline) {
			usleep(STORE_POLL_US);
			d.held = count_held(xsh, XBT_NULL, g->domid, NULL);
		}
	if (!d.not_ours && !(rc < 0 && e->passing))
		store_transact(xsh, clear, &d, &ignored);
	return rc;
}
