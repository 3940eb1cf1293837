/*
 * The bridges of earlydom.bridge=, made before the first guest.
 */
#ifndef EARLYDOM_BRIDGE_H
#define EARLYDOM_BRIDGE_H

#include <stddef.h>

#include "base/err.h"

/* A bridge and the interfaces that go on it (cmdline.h has the text's form). */
struct bridge_spec {
	char *name;
	char **ports;
	size_t nr_ports;
};

/*
 * Makes the bridge, which is up then, without spanning tree and delay, and puts the ports on it,
 * up. One that is there already is taken as it is and gets the ports. Returns 0, or -1 with e set
 * to the first cause; what could be done besides is done.
 *
 * A port that is not there is no failure yet, since the drivers of real cards take their time:
 * *absent is the number of those, and the call may be repeated, as often as it is not 0, to get
 * them on the bridge once they have come. It never waits. A bridge without a port to be has an
 * address of its own, which does not change when guests come and go; else it takes that of a port,
 * as usual. Addresses that dom0 has on a port are left alone.
 */
int bridge_make(const struct bridge_spec *b, size_t *absent, struct err *e);

/* Sets e to the first port that has not come within so many seconds. Returns -1; or 0 when all are
 * there. */
int bridge_late(const struct bridge_spec *b, unsigned seconds, struct err *e);

#endif
