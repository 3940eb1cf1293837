#include "add_guest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/protocols.h>

#include "remove_guest.h"
#include "device_nodes.h"
#include "guest_nodes.h"
#include "builder/describe/backend_of.h"
#include "builder/describe/channel_spec.h"
#include "builder/describe/quota_spec.h"
#include "builder/describe/vfb_spec.h"
#include "builder/describe/vkb_spec.h"
#include "builder/guest/xen_compat.h"
#include "builder/image/firmware.h"
#include "store.h"
#include "usb_others.h"
#include "wire.h"
#include "builder/host/host.h"

/* Where the store has the domains. */
#define DOMAINS "/local/domain"

/* xenconsoled takes a guest on when it sees the ring, so that is the last of the console's nodes.
 */
static void own_nodes(const struct guest *g, const struct guest_facts *i, struct nodes *n)
{
	guest_nodes(g, &i->now, n);
	console_nodes(g, n);
}

/* A keyboard comes with each screen. */
static void screens_nodes(const struct guest_config *cfg, struct nodes *n)
{
	/* libxl gives one to every such guest that does not refuse it, whether it has a screen or
	 * not. A QEMU that is restricted to its guest has no store any more, and nobody else serves
	 * it: a guest's driver waits for half a minute, and QEMU 10 ends (Duplicate device ID). */
	if (firmware_wanted(cfg) && cfg->vkb_device && cfg->model_unrestricted)
		vkbd_nodes(NULL, 0, n);
	for (uint32_t k = 0; k < cfg->nr_vfbs; k++) {
		vfb_nodes(&cfg->vfbs[k], k, n);
		vkbd_nodes(NULL, k, n);
	}
	for (uint32_t k = 0; k < cfg->nr_vkbs; k++)
		vkbd_nodes(&cfg->vkbs[k], (uint32_t)cfg->nr_vfbs + k, n);
}

void store_device_nodes(const struct guest *g, size_t i, uint32_t domid,
			const struct guest_facts *facts, struct nodes *n)
{
	const char *abi = facts->is_32bit ? XEN_IO_PROTO_ABI_X86_32 : XEN_IO_PROTO_ABI_X86_64;

	n->back = domid;
	if (i < g->cfg->nr_disks)
		disk_nodes(g->disks[i], g->cfg->type == GUEST_PV ? abi : NULL, n);
	else
		vif_nodes(&g->vifs[i - g->cfg->nr_disks], n);
	n->back = 0;
}

/* The kernel's back ends take a device on as soon as they see it. */
static void devices_nodes(const struct guest *g, const struct guest_facts *i, struct nodes *n)
{
	for (size_t k = 0; k < backend_nr(g->cfg); k++)
		store_device_nodes(g, k, guest_backend(g, k), i, n);
	for (size_t k = 0; k < g->cfg->nr_channels; k++)
		channel_nodes(&g->cfg->channels[k], (uint32_t)k + CHANNEL_FIRST,
			      guest_config_needs_qemu(g->cfg), n);
	screens_nodes(g->cfg, n);
	usb_nodes(g, n);
	pci_nodes(g, n);
}

void store_guest_nodes(const struct guest *g, const struct guest_facts *i, struct nodes *n)
{
	n->domid = g->domid;
	guest_first_nodes(g, n);
	own_nodes(g, i, n);
	devices_nodes(g, i, n);
}

static bool domain_alive(struct host *h, uint32_t domid)
{
	xc_domaininfo_t info;

	return xc_domain_getinfolist(h->xch, domid, 1, &info) == 1 && info.domain == domid &&
	       !(info.flags & XEN_DOMINF_dying);
}

/* Which domains earlydom has added itself. Their names differ (select_guests), so check_name does
 * not read them: reading all of them for each new guest would make the last of many slow. Call both
 * with BUILD_LOCK_STORE held. */
static void mark_ours(struct host *h, uint32_t domid, bool ours)
{
	const uint64_t bit = UINT64_C(1) << (domid % 64);

	if (h->shared && ours)
		h->shared->added[domid / 64] |= bit;
	else if (h->shared)
		h->shared->added[domid / 64] &= ~bit;
}

static bool is_ours(const struct host *h, uint32_t domid)
{
	return h->shared && h->shared->added[domid / 64] >> (domid % 64) & 1;
}

/* Makes the requests that read the names of the n domains in ids, except g and those that earlydom
 * added. Returns 0, or -1 without memory; *out and the *nr requests are the caller's to free. */
static int name_calls(char *const *ids, unsigned n, const struct guest *g, const struct host *h,
		      struct wire_call **out, size_t *nr)
{
	char path[64], *rest;

	*nr = 0;
	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		const unsigned long domid = strtoul(ids[i], &rest, 10);
		struct wire_call *call = &(*out)[*nr];

		if (*rest || domid >= DOMID_FIRST_RESERVED || domid == g->domid ||
		    is_ours(h, (uint32_t)domid))
			continue;
		snprintf(path, sizeof(path), DOMAINS "/%lu/name", domid);
		*call = (struct wire_call){.type = XS_READ, .len = strlen(path) + 1};
		call->body = strdup(path);
		if (!call->body)
			return -1;
		++*nr;
	}
	return 0;
}

/* Nodes that a domain left behind do not count once it is gone. */
static int check_other(const struct guest *g, struct host *h, const struct wire_call *call,
		       struct err *e)
{
	const unsigned long domid = strtoul(call->body + strlen(DOMAINS "/"), NULL, 10);

	if (call->error && call->error != ENOENT)
		return err_set_errno(e, call->error, "cannot read %s in the store", call->body);
	if (call->error || strcmp(call->reply, g->cfg->name) != 0 ||
	    !domain_alive(h, (uint32_t)domid))
		return 0;
	return err_set_passing(e, "domain %lu has the name %s already", domid, g->cfg->name);
}

/* xl finds a guest by its name, so that no other domain may have it. libxenstore reads the list of
 * domains, because it knows how to read one that is longer than an answer of xenstored. */
static int check_name(const struct guest *g, struct host *h, int fd, uint32_t t, struct err *e)
{
	struct wire_call *calls = NULL;
	unsigned n = 0;
	char **ids = xs_directory(h->xsh, XBT_NULL, DOMAINS, &n);
	size_t nr = 0;
	int rc;

	if (!ids)
		return errno == ENOENT ? 0 : store_error(e, "cannot read " DOMAINS " in the store");
	rc = name_calls(ids, n, g, h, &calls, &nr) < 0 ? err_set_passing(e, "out of memory")
						       : wire_talk(fd, t, calls, nr, e);
	for (size_t i = 0; !rc && i < nr; i++)
		rc = check_other(g, h, &calls[i], e);
	wire_free(calls, nr);
	free(calls);
	free(ids);
	return rc;
}

/* A guest's nodes, by how they are written. */
struct writing {
	const struct guest *g;
	struct host *h;
	struct nodes first, own, devices;
};

static void list_all(struct writing *w, const struct guest_facts *i)
{
	w->first.domid = w->own.domid = w->devices.domid = w->g->domid;
	guest_first_nodes(w->g, &w->first);
	own_nodes(w->g, i, &w->own);
	devices_nodes(w->g, i, &w->devices);
	w->first.failed |= w->own.failed || w->devices.failed;
}

static int write_first(int fd, uint32_t t, void *arg, struct err *e)
{
	const struct writing *w = arg;

	if (check_name(w->g, w->h, fd, t, e) < 0)
		return -1;
	return nodes_send(&w->first, fd, t, e);
}

/* Two transactions: one for the check of the name and the name, so that nobody takes it in between,
 * and one for the devices, so that no back end sees half of one. The nodes between them are written
 * without. In a transaction xenstored searches all names that it has touched for each request, and
 * at the end it reads each node again for each domain, which takes several times as long as the
 * writes. */
static int write_all_nodes(struct writing *w, bool *in_store, struct err *e)
{
	const int fd = wire_open(STORE_SOCKET, e);
	int rc;

	if (fd < 0)
		return -1;
	rc = store_transact_on(fd, write_first, w, e);
	*in_store = !rc;
	if (!rc)
		rc = nodes_send(&w->own, fd, 0, e);
	if (!rc && w->devices.n)
		rc = nodes_write_on(&w->devices, fd, e);
	wire_close(fd);
	return rc;
}

int store_look_at(const struct guest *g, struct host *h, struct guest_facts *i, struct err *e)
{
	unsigned width = 0;

	memset(i, 0, sizeof(*i));
	clock_gettime(CLOCK_REALTIME, &i->now);
	if (g->cfg->type != GUEST_PV || !g->cfg->nr_disks)
		return 0;
	if (xc_domain_get_guest_width(h->xch, g->domid, &width) < 0)
		return host_error(h, e, "cannot ask for the width of the domain's words");
	i->is_32bit = width == 4;
	return 0;
}

/* libxl takes the features off before xenstored knows the domain, and sets quotas when it does
 * (libxl_dom.c, libxl__build_post). Unlike libxl, a store that can't is an error. */
static int introduce(const struct guest *g, struct host *h, struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;
	struct quota q;

	if (o->store_features.given &&
	    !xen_store_features(h->xsh, g->domid, (uint32_t)o->store_features.n))
		return store_error(e,
				   "cannot take features of the store from domain %u "
				   "(xenstore_feature_mask)",
				   g->domid);
	if (!xs_introduce_domain(h->xsh, g->domid, (unsigned long)g->store_gfn, g->store_port))
		return store_error(e, "cannot introduce domain %u to xenstored", g->domid);
	for (size_t i = 0; i < o->store_quota.n; i++) {
		if (quota_parse(o->store_quota.v[i], &q, e) < 0)
			return -1;
		if (!xen_store_quota(h->xsh, g->domid, q.name, q.value))
			return store_error(e, "cannot set %s of domain %u to %u (xenstore_quota)",
					   q.name, g->domid, q.value);
	}
	return 0;
}

int store_add_guest(struct guest *g, struct host *h, struct err *e)
{
	struct writing w = {.g = g, .h = h};
	struct guest_facts i;
	int rc;

	if (store_look_at(g, h, &i, e) < 0)
		return -1;
	list_all(&w, &i);
	build_lock(h->shared, BUILD_LOCK_STORE);
	g->store_generation = h->store_generation;
	rc = usb_check_others(g, h->xsh, e);
	if (!rc)
		rc = write_all_nodes(&w, &g->in_store, e);
	if (!rc)
		mark_ours(h, g->domid, true);
	build_unlock(h->shared, BUILD_LOCK_STORE);
	nodes_free(&w.first);
	nodes_free(&w.own);
	nodes_free(&w.devices);
	if (!rc && g->store_port)
		rc = introduce(g, h, e);
	if (rc < 0)
		store_remove_guest(g, h);
	return rc;
}

int store_take_out(struct guest *g, struct host *h, struct err *e)
{
	if (!h->xsh || !g->in_store || g->domid == NO_DOMAIN)
		return 0;
	g->in_store = false;
	build_lock(h->shared, BUILD_LOCK_STORE);
	mark_ours(h, g->domid, false);
	build_unlock(h->shared, BUILD_LOCK_STORE);
	if (remove_guest_nodes(g, h->xsh, STORE_REMOVE_MS, e) == 0 || !e->passing ||
	    !backend_nr(g->cfg))
		return 0;
	g->in_store = true;
	return -1;
}

void store_remove_guest(struct guest *g, struct host *h)
{
	struct err ignored;

	store_take_out(g, h, &ignored);
	if (h->xsh)
		g->in_store = false;
}

#define DOM0_NODES 3

int store_add_dom0(struct err *e)
{
	static const struct {
		const char *path, *value;
	} wanted[DOM0_NODES] = {
		{"/local/domain/0/domid", "0"},
		{"/local/domain/0/name", "Domain-0"},
		{"/local/pool/0/name", "Pool-0"},
	};
	struct wire_call calls[DOM0_NODES] = {{.type = XS_READ}};
	struct nodes n = {0};
	int fd, rc;

	fd = wire_open(STORE_SOCKET, e);
	if (fd < 0)
		return -1;
	for (size_t i = 0; i < DOM0_NODES; i++)
		calls[i] = (struct wire_call){.type = XS_READ,
					      .body = (char *)(uintptr_t)wanted[i].path,
					      .len = strlen(wanted[i].path) + 1};
	rc = wire_talk(fd, 0, calls, DOM0_NODES, e);
	for (size_t i = 0; i < DOM0_NODES; i++) {
		if (!rc && calls[i].error == ENOENT)
			nodes_add(&n, NODE_INHERITS, wanted[i].path, NULL, "%s", wanted[i].value);
		else if (!rc && calls[i].error)
			rc = err_set(e, "cannot read %s in the store: %s", wanted[i].path,
				     strerror(calls[i].error));
		free(calls[i].reply);
	}
	if (!rc && (n.n || n.failed))
		rc = nodes_write_on(&n, fd, e);
	wire_close(fd);
	nodes_free(&n);
	return rc;
}
