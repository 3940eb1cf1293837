/*
 * The stage "create": an empty domain with its limits, as the descriptor says.
 */
#ifndef EARLYDOM_CREATE_H
#define EARLYDOM_CREATE_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Memory beyond its memory that a domain may hold, in KiB; the same as libxl's
 * LIBXL_MAXMEM_CONSTANT (libxl_internal.h). */
#define MAXMEM_SLACK_KIB 1024

/*
 * Creates the domain of g: vcpus, affinity, scheduling, memory limit, cpuid policy, console and
 * store event channels, and the hypervisor's word that its memory is there; sets g->domid as soon
 * as there is a domain. Returns 0, or -1 with e set; then the domain, if any, is the caller's to
 * destroy.
 */
int create_domain(struct guest *g, struct host *h, struct err *e);

/* Memory that a guest needs in all, in KiB: its own and what the hypervisor takes for running it.
 */
uint64_t create_need_kib(const struct guest_config *cfg, const struct host *h);

#endif
