/*
 * What an x86 domain has of its own when it is made: what Xen emulates for it, its paging, its
 * clocks, its processors' features, and the parameters of hvm domains. As libxl does it
 * (libxl_x86.c, libxl_create.c, libxl_cpuid.c).
 */
#ifndef EARLYDOM_X86_H
#define EARLYDOM_X86_H

#include <xenctrl.h>

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Whether the guest's page tables are the processor's. */
bool x86_uses_hap(const struct guest_config *cfg, const struct host *h);

/* Whether an IOMMU can walk the same page tables as the processor (libxl_x86.c, whynot_pt_share).
 */
bool x86_shares_pt(const struct guest_config *cfg, const struct host *h);

/*
 * Puts the guest's type, paging and emulation into config, before there is a domain. Returns 0, or
 * -1 with e set: the host can't run such a guest.
 */
int x86_describe_domain(const struct guest_config *cfg, const struct host *h,
			struct xen_domctl_createdomain *config, struct err *e);

/* Sets up the domain, which has its vcpus and its limit of memory. Returns 0, or -1 with e set. */
int x86_set_platform(struct guest *g, struct host *h, struct err *e);

#endif
