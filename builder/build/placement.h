/*
 * NUMA placement beside the hypervisor: what its nodes have, and a domain on some of them.
 */
#ifndef EARLYDOM_PLACEMENT_H
#define EARLYDOM_PLACEMENT_H

#include "builder/describe/cpus.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "numa.h"

/*
 * Fills in h->nr_nodes nodes, at most NUMA_NODES_MAX: free memory, those of the cpus (a map as
 * xc_cpumap_t) that are in each, and the vcpus of all domains that may run on one of these. Returns
 * 0, or -1 with e set.
 */
int placement_look(struct host *h, const struct cpu_topology *t, const uint8_t *cpus,
		   struct numa_node *nodes, struct err *e);

/* Lets the vcpus of the domain run on the cpus of the nodes rather than elsewhere, and its memory
 * be taken from there. Returns 0, or -1 with e set. */
int placement_set(const struct guest *g, struct host *h, const struct cpu_topology *t,
		  uint32_t nodes, struct err *e);

#endif
