/*
 * Which NUMA nodes a guest goes to. Pure.
 */
#ifndef EARLYDOM_NUMA_H
#define EARLYDOM_NUMA_H

#include <stdint.h>

/* libxl places on hosts with up to so many (libxl__get_numa_candidate of libxl_numa.c): it tries
 * all sets of nodes. */
#define NUMA_NODES_MAX 16

struct numa_node {
	uint64_t free_kib;
	unsigned suitable; /* cpus of it that the guest may run on */
	unsigned vcpus;    /* of all domains, that may run on one of these */
};

/*
 * The best nodes for a guest: as few as have its memory and a cpu for each of its vcpus; among
 * those, on which the fewest vcpus run; among those, with the most free memory; and the lowest
 * numbers. Returns their bits, or 0: no set of nodes will do.
 */
uint32_t numa_choose(const struct numa_node *nodes, unsigned nr_nodes, uint64_t need_kib,
		     unsigned vcpus);

#endif
