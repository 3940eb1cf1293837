/*
 * The `cpus` key: which physical cpus the vcpus may run on, in xl.cfg(5)'s syntax.
 *
 * "all", "0-3,5,^1", "nodes:0-1", "node:0,^3", or an integer; or a list of these, one per vcpu.
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

/*
 * Checks the syntax, and that there can be a host on which it selects a cpu: not with "^0" alone,
 * for a part counts for what is in front of it. Returns 0, or -1 with e set (which names the column
 * inside the text where there is one).
 */
int cpus_check(const char *text, struct err *e);

/*
 * Resolves text against the host into a bitmap of map_len bytes (bit n of byte n/8 is cpu n, as
 * libxenctrl's xc_cpumap_t). A single cpu or node that the host lacks and an empty result are
 * errors; ranges, and what is excluded, pass over what is not there.
 */
int cpus_resolve(const char *text, const struct cpu_topology *t, uint8_t *map, size_t map_len,
		 struct err *e);

#endif
