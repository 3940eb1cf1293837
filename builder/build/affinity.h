/*
 * Where a guest's vcpus may run (`cpus`) and should run (`cpus_soft`), and on which NUMA nodes it
 * has its memory.
 *
 * As with xl, a guest that says nothing of it is placed on as few nodes as hold it, where the host
 * has several: its vcpus run there rather than elsewhere, and its memory is taken from there
 * (libxl__build_pre and numa_place_domain of libxl_dom.c).
 */
#ifndef EARLYDOM_AFFINITY_H
#define EARLYDOM_AFFINITY_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Sets it for the domain, which has its vcpus, no memory yet, and is in that pool; need_kib is the
 * memory that it takes in all. Returns 0, or -1 with e set. */
int affinity_set(const struct guest *g, struct host *h, uint32_t pool, uint64_t need_kib,
		 struct err *e);

#endif
