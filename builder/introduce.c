#include "introduce.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/protocols.h>

#include "depart.h"
#include "device_nodes.h"
#include "guest_nodes.h"
#include "hvm.h"
#include "store.h"

void introduce_nodes(const struct guest *g, const struct introduction *i, struct nodes *n)
{
	const char *abi = i->is_32bit ? XEN_IO_PROTO_ABI_X86_32 : XEN_IO_PROTO_ABI_X86_64;
	size_t k;

	n->domid = g->domid;
	guest_nodes_gone(g, n);
	guest_nodes(g, &i->now, n);
	for (k = 0; k < g->cfg->nr_disks; k++)
		disk_nodes(g->disks[k], g->cfg->type == GUEST_PV ? abi : NULL, n);
	console_nodes(g, n);
	for (k = 0; k < g->cfg->nr_vifs; k++)
		vif_nodes(&g->vifs[k], n);
	/* libxl gives one to every such guest, whether it has a screen or not. */
	if (hvm_has_firmware(g->cfg))
		vkbd_nodes(n);
}

static bool domain_alive(struct host *h, uint32_t domid)
{
	xc_domaininfo_t info;

	return xc_domain_getinfolist(h->xch, domid, 1, &info) == 1 && info.domain == domid &&
	       !(info.flags & XEN_DOMINF_dying);
}

/* xl finds a guest by its name. What a domain left that is no more does not count. */
static int check_name(const struct guest *g, struct host *h, xs_transaction_t t, struct err *e)
{
	char path[64], **domids, *name, *end;
	unsigned long domid;
	unsigned i, n;
	int rc = 0;

	domids = xs_directory(h->xsh, t, "/local/domain", &n);
	if (!domids)
		return errno == ENOENT ? 0
				       : err_set(e, "cannot read /local/domain in the store: %s",
						 strerror(errno));
	for (i = 0; i < n && !rc; i++) {
		domid = strtoul(domids[i], &end, 10);
		if (*end || domid >= DOMID_FIRST_RESERVED || domid == g->domid)
			continue;
		snprintf(path, sizeof(path), "/local/domain/%lu/name", domid);
		name = xs_read(h->xsh, t, path, NULL);
		if (!name && errno != ENOENT)
			rc = err_set(e, "cannot read %s in the store: %s", path, strerror(errno));
		if (name && !strcmp(name, g->cfg->name) && domain_alive(h, (uint32_t)domid))
			rc = err_set(e, "domain %lu has the name %s already", domid, g->cfg->name);
		free(name);
	}
	free(domids);
	return rc;
}

struct writing {
	const struct guest *g;
	struct host *h;
	struct nodes nodes;
};

static int write_nodes(struct xs_handle *xsh, xs_transaction_t t, void *arg, struct err *e)
{
	const struct writing *w = arg;

	if (check_name(w->g, w->h, t, e) < 0)
		return -1;
	return nodes_apply(&w->nodes, xsh, t, e);
}

static int look_at(const struct guest *g, struct host *h, struct introduction *i, struct err *e)
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

int introduce_guest(struct guest *g, struct host *h, struct err *e)
{
	struct writing w = {.g = g, .h = h};
	struct introduction i;
	int rc;

	if (look_at(g, h, &i, e) < 0)
		return -1;
	introduce_nodes(g, &i, &w.nodes);
	rc = store_transact(h->xsh, write_nodes, &w, e);
	nodes_free(&w.nodes);
	if (rc < 0)
		return -1;
	g->in_store = true;
	if (!g->store_port)
		return 0;
	if (xs_introduce_domain(h->xsh, g->domid, (unsigned long)g->store_gfn, g->store_port))
		return 0;
	err_set(e, "cannot introduce domain %u to xenstored: %s", g->domid, strerror(errno));
	introduce_undo(g, h);
	return -1;
}

void introduce_undo(struct guest *g, struct host *h)
{
	if (!h->xsh || !g->in_store || g->domid == NO_DOMAIN)
		return;
	g->in_store = false;
	depart(g, h->xsh, INTRODUCE_UNDO_MS);
}

int introduce_dom0(struct xs_handle *xsh, struct err *e)
{
	static const struct {
		const char *path, *value;
	} wanted[] = {
		{"/local/domain/0/domid", "0"},
		{"/local/domain/0/name", "Domain-0"},
		{"/local/pool/0/name", "Pool-0"},
	};
	struct nodes n = {0};
	int rc = -1;
	size_t i;
	char *is;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		is = xs_read(xsh, XBT_NULL, wanted[i].path, NULL);
		if (!is && errno != ENOENT) {
			err_set(e, "cannot read %s in the store: %s", wanted[i].path,
				strerror(errno));
			goto out;
		}
		if (!is)
			nodes_add(&n, NODE_INHERITS, wanted[i].path, NULL, "%s", wanted[i].value);
		free(is);
	}
	rc = n.n || n.failed ? nodes_write(&n, xsh, e) : 0;
out:
	nodes_free(&n);
	return rc;
}
