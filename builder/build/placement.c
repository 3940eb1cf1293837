#include "placement.h"

#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define DOMAINS_AT_ONCE 64

/* What is looked at for each domain: maps of cpus, and one of nodes. */
struct looking {
	const struct cpu_topology *topology;
	const uint8_t *cpus; /* that count */
	uint8_t *map, *node_map;
	struct numa_node *nodes;
	unsigned nr_nodes;
};

static bool has(const uint8_t *map, unsigned i)
{
	return map[i / 8] >> i % 8 & 1;
}

static int look_memory(struct host *h, struct numa_node *nodes, struct err *e)
{
	xc_meminfo_t info[NUMA_NODES_MAX];
	unsigned n = h->nr_nodes;

	if (xc_numainfo(h->xch, &n, info, NULL) < 0)
		return host_error(h, e, "cannot ask the hypervisor for its NUMA nodes");
	for (unsigned i = 0; i < n && i < h->nr_nodes; i++)
		if (info[i].memfree != XEN_INVALID_MEM_SZ)
			nodes[i].free_kib = info[i].memfree / 1024;
	return 0;
}

/* Each node that the vcpu may run on counts it once. */
static void count_vcpu(struct looking *l, const uint8_t *pool)
{
	uint32_t counted = 0;

	for (unsigned cpu = 0; cpu < l->topology->nr_cpus; cpu++) {
		const uint32_t node = l->topology->node_of[cpu];

		if (node >= l->nr_nodes || !has(l->map, cpu) || !has(l->cpus, cpu) ||
		    !has(pool, cpu) || !has(l->node_map, node) || counted & 1u << node)
			continue;
		counted |= 1u << node;
		l->nodes[node].vcpus++;
	}
}

/* A domain that ends meanwhile has no vcpus any more. */
static int look_domain(struct host *h, struct looking *l, const xc_domaininfo_t *d, struct err *e)
{
	uint8_t *pool = NULL;

	if (xc_domain_node_getaffinity(h->xch, d->domain, l->node_map) < 0) {
		xenlog_clear(&h->log);
		return 0;
	}
	if (pool_look(h, d->cpupool, NULL, &pool, e) < 0)
		return -1;
	for (unsigned v = 0; v <= d->max_vcpu_id; v++) {
		memset(l->map, 0, (h->nr_cpus + 7) / 8);
		if (xc_vcpu_getaffinity(h->xch, d->domain, (int)v, l->map, NULL,
					XEN_VCPUAFFINITY_HARD) == 0)
			count_vcpu(l, pool);
	}
	xenlog_clear(&h->log);
	free(pool);
	return 0;
}

static int look_domains(struct host *h, struct looking *l, struct err *e)
{
	xc_domaininfo_t d[DOMAINS_AT_ONCE];
	uint32_t first = 0;
	int n;

	while ((n = xc_domain_getinfolist(h->xch, first, DOMAINS_AT_ONCE, d)) > 0) {
		for (int i = 0; i < n; i++)
			if (look_domain(h, l, &d[i], e) < 0)
				return -1;
		first = d[n - 1].domain + 1u;
	}
	return n < 0 ? host_error(h, e, "cannot ask the hypervisor for its domains") : 0;
}

int placement_look(struct host *h, const struct cpu_topology *t, const uint8_t *cpus,
		   struct numa_node *nodes, struct err *e)
{
	struct looking l = {.topology = t, .cpus = cpus, .nodes = nodes, .nr_nodes = h->nr_nodes};
	int rc;

	if (look_memory(h, nodes, e) < 0)
		return -1;
	for (unsigned cpu = 0; cpu < t->nr_cpus; cpu++)
		if (has(cpus, cpu) && t->node_of[cpu] < h->nr_nodes)
			nodes[t->node_of[cpu]].suitable++;
	l.map = calloc(1, (h->nr_cpus + 7) / 8);
	l.node_map = xc_nodemap_alloc(h->xch);
	rc = l.map && l.node_map ? look_domains(h, &l, e) : err_set_passing(e, "out of memory");
	free(l.map);
	free(l.node_map);
	return rc;
}

int placement_set(const struct guest *g, struct host *h, const struct cpu_topology *t,
		  uint32_t nodes, struct err *e)
{
	uint8_t *map = calloc(1, (h->nr_cpus + 7) / 8), *node_map = xc_nodemap_alloc(h->xch);
	int rc = -1;

	if (!map || !node_map) {
		err_set_passing(e, "out of memory");
		goto out;
	}
	for (unsigned v = 0; v < g->cfg->maxvcpus; v++) {
		memset(map, 0, (h->nr_cpus + 7) / 8); /* it comes back as what is left of it */
		for (unsigned cpu = 0; cpu < t->nr_cpus; cpu++)
			if (t->node_of[cpu] < h->nr_nodes && nodes & 1u << t->node_of[cpu])
				map[cpu / 8] |= (uint8_t)(1u << cpu % 8);
		if (xc_vcpu_setaffinity(h->xch, g->domid, (int)v, NULL, map,
					XEN_VCPUAFFINITY_SOFT) < 0) {
			host_error(h, e, "cannot place vcpu %u on NUMA nodes", v);
			goto out;
		}
	}
	for (unsigned i = 0; i < h->nr_nodes; i++)
		if (nodes & 1u << i)
			node_map[i / 8] |= (uint8_t)(1u << i % 8);
	if (xc_domain_node_setaffinity(h->xch, g->domid, node_map) < 0) {
		host_error(h, e, "cannot place the domain's memory on NUMA nodes");
		goto out;
	}
	rc = 0;
out:
	free(map);
	free(node_map);
	return rc;
}
