#include "affinity.h"

#include <stdlib.h>
#include <string.h>

#include "builder/describe/cpus.h"
#include "numa.h"
#include "placement.h"
#include "pool.h"

/* Both maps have `len` bytes, and are kept for all vcpus. */
struct maps {
	struct cpu_topology topology;
	uint32_t *nodes;
	uint8_t *hard, *soft;
	size_t len;
};

static void free_maps(struct maps *m)
{
	free(m->nodes);
	free(m->hard);
	free(m->soft);
}

static int read_topology(struct host *h, struct maps *m, struct err *e)
{
	unsigned nr = h->nr_cpus;
	xc_cputopo_t *cpus = calloc(nr, sizeof(*cpus));

	m->nodes = calloc(nr, sizeof(*m->nodes));
	if (!cpus || !m->nodes) {
		free(cpus);
		return err_set_passing(e, "out of memory");
	}
	if (xc_cputopoinfo(h->xch, &nr, cpus) < 0) {
		free(cpus);
		return host_error(h, e, "cannot ask the hypervisor for its cpus");
	}
	nr = nr < h->nr_cpus ? nr : h->nr_cpus;
	for (unsigned i = 0; i < nr; i++)
		m->nodes[i] =
			cpus[i].node == XEN_INVALID_NODE_ID || cpus[i].core == XEN_INVALID_CORE_ID
				? CPUS_NO_NODE
				: cpus[i].node;
	free(cpus);
	m->topology = (struct cpu_topology){.nr_cpus = nr, .node_of = m->nodes};
	return 0;
}

static int make_maps(struct host *h, struct maps *m, struct err *e)
{
	*m = (struct maps){.len = (h->nr_cpus + 7) / 8};
	m->hard = calloc(1, m->len);
	m->soft = calloc(1, m->len);
	if (!m->hard || !m->soft)
		return err_set_passing(e, "out of memory");
	return read_topology(h, m, e);
}

/*
 * The map of vcpu v by a list, one text for all or one for each. Returns 1 with the map, 0 where
 * the list is shorter: the vcpu runs anywhere, as with xl; or -1 with e set.
 */
static int map_of(const struct maps *m, const struct strings *list, bool per_vcpu, const char *key,
		  unsigned v, uint8_t *map, struct err *e)
{
	if (per_vcpu ? v >= list->n : !list->n)
		return 0;
	if (cpus_resolve(list->v[per_vcpu ? v : 0], &m->topology, map, m->len, e) < 0)
		return err_prefix(e, "%s: ", key);
	return 1;
}

static int pin_vcpu(const struct guest *g, struct host *h, struct maps *m, unsigned v,
		    struct err *e)
{
	const struct guest_config *cfg = g->cfg;
	const int hard = map_of(m, &cfg->cpus, cfg->cpus_per_vcpu, "cpus", v, m->hard, e);
	const int soft = hard < 0
				 ? -1
				 : map_of(m, &cfg->domain.cpus_soft, cfg->domain.cpus_soft_per_vcpu,
					  "cpus_soft", v, m->soft, e);

	if (soft < 0)
		return -1;
	if (!hard && !soft)
		return 0;
	/* It writes what is left of each behind the call. */
	if (xc_vcpu_setaffinity(
		    h->xch, g->domid, (int)v, hard ? m->hard : NULL, soft ? m->soft : NULL,
		    (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0)) < 0)
		return host_error(h, e, "cannot pin vcpu %u (%s)", v, hard ? "cpus" : "cpus_soft");
	return 0;
}

/* Whether xl would look for nodes: it leaves a guest alone that has something said for each vcpu.
 */
static bool is_placed(const struct guest_config *cfg, const struct host *h)
{
	return h->nr_nodes > 1 && h->nr_nodes <= NUMA_NODES_MAX && !cfg->cpus_per_vcpu &&
	       !cfg->domain.cpus_soft.n;
}

/* The cpus that the guest may run on at all. */
static int suitable_cpus(const struct guest_config *cfg, struct host *h, struct maps *m,
			 uint32_t pool, uint8_t **cpus, struct err *e)
{
	bool any = false;

	if (pool_look(h, pool, NULL, cpus, e) < 0)
		return -1;
	if (!cfg->cpus.n)
		return 0;
	if (map_of(m, &cfg->cpus, false, "cpus", 0, m->hard, e) < 0)
		return -1;
	for (size_t i = 0; i < m->len; i++)
		any |= (*cpus)[i] &= m->hard[i];
	return any ? 0 : err_set(e, "cpus: none of them is in the guest's cpu pool, %u", pool);
}

static int place(const struct guest *g, struct host *h, struct maps *m, uint32_t pool,
		 uint64_t need_kib, struct err *e)
{
	struct numa_node nodes[NUMA_NODES_MAX] = {0};
	uint8_t *cpus = NULL;
	uint32_t chosen = 0;
	int rc;

	rc = suitable_cpus(g->cfg, h, m, pool, &cpus, e);
	if (rc == 0)
		rc = placement_look(h, &m->topology, cpus, nodes, e);
	free(cpus);
	if (rc == 0)
		chosen = numa_choose(nodes, h->nr_nodes, need_kib, g->cfg->maxvcpus);
	/* A guest that is larger than what is free on any nodes is spread, as without placement. */
	return rc < 0 || !chosen ? rc : placement_set(g, h, &m->topology, chosen, e);
}

int affinity_set(const struct guest *g, struct host *h, uint32_t pool, uint64_t need_kib,
		 struct err *e)
{
	const bool placed = is_placed(g->cfg, h);
	struct maps m;
	int rc;

	if (!placed && !g->cfg->cpus.n && !g->cfg->domain.cpus_soft.n)
		return 0;
	rc = make_maps(h, &m, e);
	if (rc == 0 && placed)
		rc = place(g, h, &m, pool, need_kib, e);
	for (unsigned v = 0; rc == 0 && v < g->cfg->maxvcpus; v++)
		rc = pin_vcpu(g, h, &m, v, e);
	free_maps(&m);
	return rc;
}
