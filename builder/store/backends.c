#include "backends.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "add_guest.h"
#include "builder/describe/backend_of.h"
#include "builder/describe/backend_spec.h"
#include "device_nodes.h"
#include "store.h"

bool backend_runs(struct host *h, uint32_t domid)
{
	xc_domaininfo_t info;
	const int n = xc_domain_getinfolist(h->xch, domid, 1, &info);

	xenlog_clear(&h->log);
	if (n < 0)
		return true;
	return n == 1 && info.domain == domid &&
	       !(info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown));
}

static bool has_name(struct host *h, const char *id, const char *name)
{
	char path[64], *value;
	bool same;

	snprintf(path, sizeof(path), "/local/domain/%.20s/name", id);
	value = xs_read(h->xsh, XBT_NULL, path, NULL);
	same = value && !strcmp(value, name);
	free(value);
	return same;
}

/* Nodes that a domain has left behind do not count: it has to run. Returns 0, or 1 for none, or -1
 * with e set. */
static int find_name(struct host *h, const char *name, uint32_t *domid, struct err *e)
{
	unsigned n = 0;
	char **ids = xs_directory(h->xsh, XBT_NULL, "/local/domain", &n);
	int rc = 1;

	if (!ids)
		return errno == ENOENT ? 1
				       : store_error(e, "cannot read /local/domain in the store");
	for (unsigned i = 0; i < n && rc == 1; i++) {
		*domid = (uint32_t)strtoul(ids[i], NULL, 10);
		if (*domid && has_name(h, ids[i], name) && backend_runs(h, *domid))
			rc = 0;
	}
	free(ids);
	return rc;
}

static int find(struct host *h, const char *domain, uint32_t *domid, struct err *e)
{
	if (!h->xsh)
		return err_set_passing(e, "there is no store for its devices");
	if (backend_is_number(domain, domid))
		return backend_runs(h, *domid) ? 0 : 1;
	return find_name(h, domain, domid, e);
}

int backends_find(struct guest *g, struct host *h, struct err *e)
{
	for (size_t i = 0; g->backends && i < backend_nr(g->cfg); i++) {
		const char *domain = backend_of(g->cfg, i);
		int rc;

		if (!domain)
			continue;
		rc = find(h, domain, &g->backends[i], e);
		if (rc > 0)
			return err_set_passing(
				e, "%s: its back end %s is not there: no such domain runs",
				device_place(g, i).what, domain);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static bool is_dead(struct guest *g, struct host *h, size_t i)
{
	const uint32_t domid = g->backends[i];

	return domid && domid != NO_DOMAIN && !backend_runs(h, domid);
}

int backends_take_off(struct guest *g, struct host *h, struct err *e)
{
	struct nodes n = {.domid = g->domid};
	const size_t nr = g->backends ? backend_nr(g->cfg) : 0;
	bool dead[nr + 1];
	int rc;

	for (size_t i = 0; i < nr; i++) {
		const struct device_place p = device_place(g, i);

		dead[i] = is_dead(g, h, i);
		if (!dead[i] && g->backends[i] != NO_DOMAIN)
			continue;
		nodes_remove(&n, "/local/domain/%u/device/%s/%u", g->domid, p.kind, p.devid);
		nodes_remove(&n, "/libxl/%u/device/%s/%u", g->domid, p.kind, p.devid);
		if (dead[i])
			nodes_remove(&n, "/local/domain/%u/backend/%s/%u/%u", g->backends[i],
				     p.back_kind, g->domid, p.devid);
	}
	rc = n.n || n.failed ? nodes_write(&n, e) : 0;
	for (size_t i = 0; !rc && i < nr; i++)
		if (dead[i])
			g->backends[i] = NO_DOMAIN;
	nodes_free(&n);
	return rc;
}

/* Whether the domain serves the i-th, which is off. */
static bool is_off(const struct guest *g, size_t i, const char *domain)
{
	const char *by = backend_of(g->cfg, i);

	return g->backends[i] == NO_DOMAIN && by && !strcmp(by, domain);
}

int backends_put_back(struct guest *g, struct host *h, const char *domain, struct err *e)
{
	struct nodes n = {.domid = g->domid};
	const size_t nr = g->backends ? backend_nr(g->cfg) : 0;
	struct guest_facts facts;
	uint32_t domid;
	int rc;

	rc = find(h, domain, &domid, e);
	if (rc || store_look_at(g, h, &facts, e) < 0)
		return rc ? rc : -1;
	for (size_t i = 0; i < nr; i++)
		if (is_off(g, i, domain))
			store_device_nodes(g, i, domid, &facts, &n);
	rc = nodes_write(&n, e);
	for (size_t i = 0; !rc && i < nr; i++)
		if (is_off(g, i, domain))
			g->backends[i] = domid;
	nodes_free(&n);
	return rc;
}
