#include "devices.h"
#include "builder/host/host.h"
#include "builder/device/vif.h"
#include "builder/describe/backend_of.h"
#include "builder/describe/disk_spec.h"
#include "builder/store/device_nodes.h"
#include "builder/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

/* One device of a guest, and where its two ends are in the store. */
struct device {
	struct device_place at;
	struct vif *vif; /* NULL for others */
	bool pci;        /* all of its PCI devices */
	bool emulated;   /* for the guest it is QEMU's drive alone */
	uint32_t domid;
	uint32_t by;        /* the domain that serves it, NO_DOMAIN: none does now */
	const char *server; /* that domain in the descriptor; NULL: dom0 */
};

static size_t nr_devices(const struct guest *g)
{
	return backend_nr(g->cfg) + (g->cfg->nr_pcis > 0);
}

static struct device device_of(const struct guest *g, size_t i)
{
	struct device d = {.domid = g->domid};

	/* Behind all that other domains may serve. */
	if (i == backend_nr(g->cfg)) {
		d.pci = true;
		d.at = (struct device_place){"PCI devices", "pci", "pci", 0};
		return d;
	}
	d.at = device_place(g, i);
	d.by = guest_backend(g, i);
	d.server = backend_of(g->cfg, i);
	if (i < g->cfg->nr_disks)
		d.emulated = g->cfg->disks[i].cdrom && g->cfg->type == GUEST_HVM;
	else
		d.vif = &g->vifs[i - g->cfg->nr_disks];
	return d;
}

#define NODE_MAX 128

static void back_node(const struct device *d, const char *name, char node[NODE_MAX])
{
	snprintf(node, NODE_MAX, "/local/domain/%u/backend/%s/%u/%u/%s", d->by, d->at.back_kind,
		 d->domid, d->at.devid, name);
}

static void front_node(const struct device *d, const char *name, char node[NODE_MAX])
{
	snprintf(node, NODE_MAX, "/local/domain/%u/device/%s/%u/%s", d->domid, d->at.kind,
		 d->at.devid, name);
}

/* Where Linux keeps what it said about the device (xenbus_va_dev_error, xenbus_client.c). */
static void error_node(const struct device *d, char node[NODE_MAX])
{
	snprintf(node, NODE_MAX, "/local/domain/%u/error/backend/%s/%u/%u/error", d->by,
		 d->at.back_kind, d->domid, d->at.devid);
}

static char *read_node(const struct host *h, const char *node)
{
	unsigned len;

	return xs_read(h->xsh, XBT_NULL, node, &len);
}

/* A state is one digit; what is none counts as unknown. Returns 0, 1 when there is no such node, or
 * -1 with e set. */
static int read_state(const struct host *h, const char *node, enum xenbus_state *state,
		      struct err *e)
{
	char *text = read_node(h, node);

	*state = XenbusStateUnknown;
	if (!text)
		return errno == ENOENT ? 1 : store_error(e, "cannot read %s from the store", node);
	if (text[0] >= '0' && text[0] <= '8' && !text[1])
		*state = (enum xenbus_state)(text[0] - '0');
	free(text);
	return 0;
}

static int write_node(const struct host *h, const char *node, const char *value, struct err *e)
{
	if (xs_write(h->xsh, XBT_NULL, node, value, (unsigned)strlen(value)))
		return 0;
	return store_error(e, "cannot write %s to the store", node);
}

/*
 * The kernel's words are a number, which is an errno value, and a text, in which the guest's own
 * may be quoted. Of no words nothing is made.
 */
static void take_words(const char *text, char *out, size_t size)
{
	char *end;
	const long number = strtol(text, &end, 10);

	while (*end == ' ')
		end++;
	if (number > 0 && number < 4096)
		snprintf(out, size, ": %.200s: %s", end, strerror((int)number));
	else
		snprintf(out, size, ": %.200s", end);
	for (size_t i = 0; out[i]; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
}

/*
 * A back end that closes: because of a fault, which it has said, or because its front end has
 * closed first, as the end of the guest's kernel or of its driver does. Returns 0 for the latter.
 */
static int check_closed(const struct host *h, const struct device *d, struct err *e)
{
	char node[NODE_MAX], words[300] = "";
	enum xenbus_state front;
	char *text;

	error_node(d, node);
	text = read_node(h, node);
	if (text) {
		take_words(text, words, sizeof(words));
		free(text);
	} else {
		front_node(d, "state", node);
		if (read_state(h, node, &front, e) < 0)
			return -1;
		if (front == XenbusStateClosing || front == XenbusStateClosed)
			return 0;
	}
	return err_set_passing(e, "its back end has given up%s", words);
}

/*
 * Whether Linux's block back end has opened the disk: it waits for the guest before it has, and
 * says so only in sysfs (xenvbd_sysfs_addif, drivers/block/xen-blkback/xenbus.c). A back end that
 * is not in sysfs is another program's, whose state is all that there is.
 */
static bool is_open(const struct device *d)
{
	char path[96];
	int n;

	n = snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u", d->domid,
		     d->at.devid);
	if (access(path, F_OK) < 0)
		return true;
	snprintf(path + n, sizeof(path) - (size_t)n, "/physical_device");
	return access(path, F_OK) == 0;
}

/* What vif-bridge leaves behind: the guest's mtu, and the word that lets the back end connect. */
static int tell_plugged(const struct host *h, const struct device *d, struct err *e)
{
	char node[NODE_MAX], mtu[16];

	snprintf(mtu, sizeof(mtu), "%u", d->vif->mtu);
	front_node(d, "mtu", node);
	if (write_node(h, node, mtu, e) < 0)
		return -1;
	back_node(d, "hotplug-status", node);
	return write_node(h, node, "connected", e);
}

/* Does what else a device needs. Returns 0, 1 when it is not there yet, or -1 with e set. */
static int plug(const struct host *h, const struct device *d, struct err *e)
{
	int rc;

	/* What a script does there, and how long it may take, nobody here knows. libxl waits no
	 * longer either. */
	if (d->by)
		return 0;
	if (!d->vif)
		return is_open(d) ? 0 : 1;
	if (d->vif->plugged)
		return 0;
	rc = vif_plug(d->vif, d->domid, e);
	if (rc == 0 && tell_plugged(h, d, e) < 0) {
		d->vif->plugged = false;
		return err_prefix(e, "%s: ", d->at.what);
	}
	return rc;
}

static int look_at(const struct host *h, const struct device *d, enum devices_state *now,
		   struct err *e)
{
	char node[NODE_MAX];
	enum xenbus_state state;
	int rc;

	/* libxl has nodes for a cdrom drive; no front end takes it, and a QEMU that has given up
	 * the store's connection can't serve it. */
	*now = DEVICES_CONNECTED;
	if (d->emulated)
		return 0;
	*now = DEVICES_WAITING;
	if (d->by == NO_DOMAIN)
		return 0;
	back_node(d, "state", node);
	rc = read_state(h, node, &state, e);
	if (rc == 1 && !d->by && !strcmp(d->at.back_kind, QDISK_KIND))
		err_set_passing(e, "QEMU has given it up; its log tells why");
	else if (rc == 1)
		err_set_passing(e, "its back end was taken out of the store (%s)", node);
	if (rc)
		return err_prefix(e, "%s: ", d->at.what);
	switch (state) {
	case XenbusStateUnknown:
	case XenbusStateInitialising:
		return 0;
	case XenbusStateClosing:
	case XenbusStateClosed:
		*now = DEVICES_READY;
		return check_closed(h, d, e) < 0 ? err_prefix(e, "%s: ", d->at.what) : 0;
	default:
		break;
	}
	/* pciback has found the devices when it is Initialised; of front ends, hvm guests have
	 * none, and a pv guest's driver may be a module that it does not have. */
	if (d->pci) {
		if (state >= XenbusStateInitialised)
			*now = DEVICES_CONNECTED;
		return 0;
	}
	rc = plug(h, d, e);
	if (rc == 0)
		*now = state < XenbusStateConnected ? DEVICES_READY : DEVICES_CONNECTED;
	return rc < 0 ? -1 : 0;
}

int devices_look(struct guest *g, struct host *h, enum devices_state *now, struct err *e)
{
	enum devices_state one;
	struct device d;

	*now = DEVICES_CONNECTED;
	if (!h->xsh && nr_devices(g))
		return err_set_passing(e, "there is no store for its devices");
	for (size_t i = 0; i < nr_devices(g); i++) {
		d = device_of(g, i);
		if (look_at(h, &d, &one, e) < 0)
			return -1;
		if (one < *now)
			*now = one;
	}
	return 0;
}

/* Why a device is not further than that. */
static int say_late(const struct host *h, const struct device *d, unsigned seconds, struct err *e)
{
	enum xenbus_state state;
	char node[NODE_MAX];
	struct err ignored;

	if (d->server)
		return err_set_passing(e,
				       "%s: %s, domain %u, does not serve it after %u s: has it "
				       "%s?",
				       d->at.what, d->server, d->by, seconds,
				       d->vif ? "xen-netback" : "its back end");
	back_node(d, "state", node);
	if (read_state(h, node, &state, &ignored) || state < XenbusStateInitWait) {
		if (!strcmp(d->at.back_kind, QDISK_KIND))
			return err_set_passing(
				e, "%s: QEMU does not serve it after %u s; its log tells why",
				d->at.what, seconds);
		return err_set_passing(e, "%s: its back end is not there after %u s: is %s loaded?",
				       d->at.what, seconds,
				       d->pci   ? "xen-pciback"
				       : d->vif ? "xen-netback"
						: "xen-blkback");
	}
	if (d->vif)
		return err_set_passing(
			e,
			"%s: its back end is there, but the interface vif%u.%u%s is not "
			"after %u s",
			d->at.what, d->domid, d->at.devid,
			vif_has_card(d->vif) ? " or its emulated card's" : "", seconds);
	return err_set_passing(e, "%s: its back end has not opened it after %u s", d->at.what,
			       seconds);
}

int devices_late(struct guest *g, struct host *h, unsigned seconds, struct err *e)
{
	enum devices_state now, worst = DEVICES_CONNECTED;
	struct device d, late = {.by = 0};

	if (!h->xsh)
		return err_set_passing(e, "there is no store for its devices");
	for (size_t i = 0; i < nr_devices(g); i++) {
		d = device_of(g, i);
		if (look_at(h, &d, &now, e) < 0)
			return -1;
		if (now < worst) {
			worst = now;
			late = d;
		}
	}
	if (worst == DEVICES_WAITING)
		return say_late(h, &late, seconds, e);
	if (worst == DEVICES_READY)
		return err_set_passing(e, "%s: the guest has not connected with it after %u s",
				       late.at.what, seconds);
	return err_set_passing(e, "its devices took more than %u s", seconds);
}
