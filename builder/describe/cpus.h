/*
 * The `cpus` key: which physical cpus the vcpus may run on, in xl.cfg(5)'s syntax.
 *
 * "all", "0-3,5,^1", "nodes:0-1", "node:0,^3"; or a list of such strings, one per vcpu;
 * or a list of integers, one per vcpu.
 */
#ifndef EARLYDOM_CPUS_H
#define EARLYDOM_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CPUS_MAX 4096 /* numbers of physical cpus and nodes that are accepted */

/* Where each physical cpu is: node_of[cpu], nr_cpus entries; CPUS_NO_NODE for a cpu that is
 * offline. */
struct cpu_topology {
	unsigned nr_cpus;
	const uint32_t *node_of;
};
#define CPUS_NO_NODE UINT32_MAX

/* Checks the syntax only. Returns 0, or -1 with e set (names the column inside the text). */
int cpus_check(const char *text, struct err *e);

/*
 * Resolves text against the host into a bitmap of map_len bytes (bit n of byte n/8 is cpu n, as
 * libxenctrl's xc_cpumap_t). Numbers past the host's cpus, nodes that it lacks, and an empty result
 * are errors.
 */
int cpus_resolve(const char *text, const struct cpu_topology *t, uint8_t *map, size_t map_len,
		 struct err *e);

#endif
