/*
 * The stage "store": the guest's nodes in the store, as libxl of the same Xen writes them, and
 * the guest made known to xenstored.
 */
#ifndef EARLYDOM_ADD_GUEST_H
#define EARLYDOM_ADD_GUEST_H

#include <time.h>

#include "builder/guest/guest.h"
#include "nodes.h"
#include "builder/host/host.h"

/* What a guest's nodes say that is not in struct guest. */
struct guest_facts {
	struct timespec now; /* CLOCK_REALTIME: when the guest is said to have started */
	bool is_32bit;       /* a pv guest that runs 32-bit code */
};

/*
 * Lists every node of g, which has a domain and was built: /local/domain/ID, /vm/UUID, /libxl/ID,
 * its console, its devices with both ends; before them the removal of what an earlier domain of
 * that number may have left. Pure, but for the links that a disk's path may be.
 */
void store_guest_nodes(const struct guest *g, const struct guest_facts *i, struct nodes *n);

/* Lists the nodes of the i-th of g's devices (describe/backend_of.h), which the domain serves. */
void store_device_nodes(const struct guest *g, size_t i, uint32_t domid,
			const struct guest_facts *facts, struct nodes *n);

/* Finds out what else is in the nodes. Returns 0, or -1 with e set. */
int store_look_at(const struct guest *g, struct host *h, struct guest_facts *i, struct err *e);

/*
 * Writes the nodes, with the name in one transaction and the devices in another, and introduces the
 * domain with its store page and event channel, if it has one (a pv guest that was started without
 * a store has none and gets only the nodes). Sets g->in_store. Returns 0, or -1 with e set and
 * nothing of g in the store. Refuses a guest whose name another domain has.
 */
int store_add_guest(struct guest *g, struct host *h, struct err *e);

/*
 * Takes every node of g's domain out of the store. The kernel's back ends are told first, as libxl
 * does it, and waited for: at most STORE_REMOVE_MS, after which their nodes go all the same and
 * they let go of the guest's memory and disks when they can. They finish the requests that are
 * under way and take no new ones; pause a guest that still runs before.
 *
 * To be called before the domain is destroyed, or when somebody else has destroyed it: nodes that
 * belong to another domain by now are left alone. Does nothing without a store, or where there is
 * nothing to remove.
 */
#define STORE_REMOVE_MS 2000
void store_remove_guest(struct guest *g, struct host *h);

/*
 * The same before the domain is destroyed. Returns 0, or -1 with e set, passing, when the store was
 * lost before the back ends of a guest with disks or interfaces could be asked: they hold its
 * memory, so that its domain would never be gone. The guest is in the store still; the next try may
 * succeed.
 */
int store_take_out(struct guest *g, struct host *h, struct err *e);

/*
 * Writes dom0's own nodes, which xl wants: its name and number, and the name of the first cpupool.
 * They are those of xen-init-dom0 (tools/helpers/xen-init-dom0.c), which init scripts do not run
 * when they find a xenstored. Does nothing where they are. Returns 0, or -1 with e set.
 */
int store_add_dom0(struct err *e);

#endif
