/*
 * The back ends of a guest's devices, looked at until they serve it.
 *
 * What a back end has come to is its node `state` (enum xenbus_state, xen/io/xenbus.h). In Linux a
 * back end waits (InitWait) as soon as its driver has seen the device's nodes; the block back end
 * opens the disk after that, and says Closing when it can't: a disk is ready once it is open.
 */
#ifndef EARLYDOM_DEVICES_H
#define EARLYDOM_DEVICES_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

enum devices_state {
	DEVICES_WAITING, /* some back end is not there yet */
	DEVICES_READY,   /* all wait for the guest (XenbusStateInitWait or beyond), vifs are plugged
			  */
	DEVICES_CONNECTED, /* all are connected with the guest's front ends */
};

/*
 * Looks once, without waiting, and plugs what vifs have appeared (telling the back end by its node
 * hotplug-status, and the guest its mtu). A guest without devices is connected. One whose front end
 * has closed a device itself counts as ready. Returns 0, or -1 with e set when a back end has given
 * up: `disk xvda: ...` with the kernel's own words from its error node.
 */
int devices_look(struct guest *g, struct host *h, enum devices_state *now, struct err *e);

/* Sets e to what has not come within so many seconds, and what that may mean. Returns -1. */
int devices_late(struct guest *g, struct host *h, unsigned seconds, struct err *e);

#endif
