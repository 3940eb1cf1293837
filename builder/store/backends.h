/*
 * Devices that other domains than dom0 serve (backend= in a descriptor): which domain that is now,
 * and what is done when that domain is no more.
 *
 * A front end can't change its back end: in Linux it reads which one it has when its device is
 * found, and connects with it once (drivers/xen/xenbus/xenbus_probe.c, netback_changed in
 * xen-netfront.c). So its nodes are removed, by which the guest's kernel lets go of the device, as
 * with one that is unplugged, and written anew for the domain that comes instead. Between the two
 * there has to be time for the guest's kernel to see that the device is gone: one whose nodes are
 * there again by then it takes for the old one.
 */
#ifndef EARLYDOM_BACKENDS_H
#define EARLYDOM_BACKENDS_H

#include "base/err.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"

/*
 * Finds the domain of each of g's devices, for g->backends. Returns 0, or -1 with e set, passing
 * where there is no such domain now: `vif 0: its back end net is not there: ...`.
 */
int backends_find(struct guest *g, struct host *h, struct err *e);

/* Whether the domain runs: it has not shut down, and is not about to go. Says yes where the
 * hypervisor does not tell. */
bool backend_runs(struct host *h, uint32_t domid);

/*
 * Takes those devices off whose domain runs no more: their nodes go, and g->backends has NO_DOMAIN
 * for them; and those that have it already, in case that somebody has half put them back. Returns
 * 0, or -1 with e set and nothing done.
 */
int backends_take_off(struct guest *g, struct host *h, struct err *e);

/*
 * Puts those back that were taken off and that this domain serves, by the descriptor's text.
 * Returns 0, or 1 when it is not there, or -1 with e set.
 */
int backends_put_back(struct guest *g, struct host *h, const char *domain, struct err *e);

#endif
