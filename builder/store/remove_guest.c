/*
 * What Linux's back ends do (drivers/xen/xenbus, xen-blkback, xen-netback) when the front end's
 * nodes are gone: its state counts as "unknown", and they unregister the device. For a disk they
 * finish the requests under way first, unmap its pages and close the block device. A back end whose
 * own state was set to Closing sets it to Closed when that is over. If its own nodes are removed at
 * once it does the same, but nobody could tell when it is done. Where another domain serves a
 * device, all of this is in that one's directory and by its kernel; one that is gone holds nothing.
 */
#include "remove_guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/describe/backend_of.h"
#include "device_nodes.h"
#include "guest_nodes.h"
#include "pci_others.h"
#include "store.h"

#ifndef STORE_POLL_US
#define STORE_POLL_US 20000
#endif

/* Kinds of back ends that are made here, those that may hold something of the guest's first. In
 * dom0 only the kernel's do: the others are served by processes, and QEMU has ended by now. In
 * another domain it runs. */
static const char *const kinds[] = {"vbd", "vif", "pci", "qdisk", "console", "vfb", "vkbd"};
#define HOLDING_DOM0      3
#define HOLDING_ELSEWHERE 4

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

struct departure {
	const struct guest *g;
	uint32_t *by; /* the domains that serve its devices; the first one is dom0 */
	size_t nr_by;
	bool not_ours;
	int held; /* back ends to wait for */
};

/* What is done with the directory of a back end; false: the store has failed. */
typedef bool back_end_act(struct xs_handle *xsh, xs_transaction_t t, const char *dir);

/* Counts those in the domain `by`. */
static int count_held_in(struct xs_handle *xsh, xs_transaction_t t, uint32_t by, uint32_t domid,
			 back_end_act *fn)
{
	const size_t nr_kinds = by ? HOLDING_ELSEWHERE : HOLDING_DOM0;
	char path[64], dir[96], **devids;
	int held = 0;
	unsigned n;

	for (size_t k = 0; k < nr_kinds; k++) {
		snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%u", by, kinds[k], domid);
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

/*
 * Counts the back ends of the domain that hold something; each is first given to fn, which may be
 * NULL and returns false for a failure of the store. Returns the number, or -1.
 */
static int count_held(struct xs_handle *xsh, xs_transaction_t t, const struct departure *d,
		      back_end_act *fn)
{
	int held = 0;

	for (size_t i = 0; i < d->nr_by && held >= 0; i++) {
		const int n = count_held_in(xsh, t, d->by[i], d->g->domid, fn);

		held = n < 0 ? -1 : held + n;
	}
	return held;
}

static void add_server(struct departure *d, uint32_t by)
{
	for (size_t i = 0; i < d->nr_by; i++)
		if (d->by[i] == by)
			return;
	d->by[d->nr_by++] = by;
}

/* Finds the domains that serve devices of that kind, where libxl looks for them, too: the
 * directories of these domains may have anything. */
static void find_servers_of(struct departure *d, struct xs_handle *xsh, const char *kind,
			    size_t most)
{
	char path[96], **devids, *dir;
	unsigned n = 0;
	uint32_t by;

	snprintf(path, sizeof(path), "/libxl/%u/device/%s", d->g->domid, kind);
	devids = xs_directory(xsh, XBT_NULL, path, &n);
	for (unsigned i = 0; devids && i < n && d->nr_by < most; i++) {
		snprintf(path, sizeof(path), "/libxl/%u/device/%s/%.20s/backend", d->g->domid, kind,
			 devids[i]);
		dir = xs_read(xsh, XBT_NULL, path, NULL);
		if (dir && sscanf(dir, "/local/domain/%u/", &by) == 1)
			add_server(d, by);
		free(dir);
	}
	free(devids);
}

/* Returns 0, or -1 without memory. */
static int find_servers(struct departure *d, struct xs_handle *xsh)
{
	const size_t most = 1 + (backend_any(d->g->cfg) ? backend_nr(d->g->cfg) : 0);

	d->by = calloc(most, sizeof(*d->by));
	if (!d->by)
		return -1;
	d->nr_by = 1;
	if (most > 1) {
		find_servers_of(d, xsh, VBD_KIND, most);
		find_servers_of(d, xsh, VIF_KIND, most);
	}
	return 0;
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
	d->held = count_held(xsh, t, d, ask_one);
	snprintf(path, sizeof(path), "/local/domain/%u/device", d->g->domid);
	return d->held < 0 || !gone(xsh, t, path) ? failed(e) : 0;
}

/* Removes the directory and those above it as long as they are empty, as libxl does, up to that of
 * the domain. */
static void prune(struct xs_handle *xsh, xs_transaction_t t, char *path, const char *domain)
{
	char **names;
	unsigned n;

	for (; strcmp(path, domain) != 0; *strrchr(path, '/') = '\0') {
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

/* Removes all back ends of the guest in the domain `by`. */
static bool clear_in(struct xs_handle *xsh, xs_transaction_t t, uint32_t by, uint32_t domid)
{
	/* The kernel leaves what went wrong with a back end at error/ and the back end's own path.
	 */
	static const char *const above[] = {"backend", "error/backend"};
	char path[96], domain[32];

	snprintf(domain, sizeof(domain), "/local/domain/%u", by);
	for (size_t i = 0; i < COUNT(above); i++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			snprintf(path, sizeof(path), "%s/%s/%s/%u", domain, above[i], kinds[k],
				 domid);
			if (!gone(xsh, t, path))
				return false;
			*strrchr(path, '/') = '\0';
			prune(xsh, t, path, domain);
		}
	return true;
}

static int clear(struct xs_handle *xsh, xs_transaction_t t, void *arg, struct err *e)
{
	const struct departure *d = arg;
	char path[96], uuid[UUID_TEXT];

	switch (is_ours(d->g, xsh, t)) {
	case 0:
		return 0;
	case -1:
		return failed(e);
	}
	for (size_t i = 0; i < d->nr_by; i++)
		if (!clear_in(xsh, t, d->by[i], d->g->domid))
			return failed(e);
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

	if (find_servers(&d, xsh) < 0)
		return err_set_passing(e, "out of memory");
	if (store_transact(xsh, ask, &d, e) < 0)
		rc = -1;
	else
		while (d.held > 0 && clock_ns() < deadline) {
			usleep(STORE_POLL_US);
			d.held = count_held(xsh, XBT_NULL, &d, NULL);
		}
	if (!d.not_ours && !(rc < 0 && e->passing))
		store_transact(xsh, clear, &d, &ignored);
	free(d.by);
	return rc;
}
