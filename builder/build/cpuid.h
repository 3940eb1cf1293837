/*
 * What a guest's processors show of themselves (CPUID, and the MSRs of its kind), as libxl has the
 * libraries set it (libxl__cpuid_legacy of libxl_cpuid.c).
 */
#ifndef EARLYDOM_CPUID_H
#define EARLYDOM_CPUID_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Sets the policy of a domain that has its vcpus and has not run. Returns 0, or -1 with e set. */
int cpuid_set_policy(const struct guest *g, struct host *h, struct err *e);

#endif
