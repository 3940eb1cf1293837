/*
 * The hypervisor's domains, found by their uuid (xen_domain_handle_t): whatever the store knows, or
 * an earlier supervisor knew, this is what there is.
 */
#ifndef EARLYDOM_DOMAINS_H
#define EARLYDOM_DOMAINS_H

#include <stdint.h>

#include "host.h"

/*
 * Finds the first domain from number `from` on that has the uuid. Returns 1 with *info filled in; 0
 * when there is none; or -1 with e set.
 */
int domain_of_uuid(struct host *h, const uint8_t uuid[16], uint32_t from, xc_domaininfo_t *info,
		   struct err *e);

#endif
