/*
 * The bridges of earlydom.bridge=, made before the first guest.
 */
#ifndef EARLYDOM_BRIDGE_H
#define EARLYDOM_BRIDGE_H

#include <stddef.h>

#include "base/err.h"
#include "builder/starter/starter.h"

/* A bridge and the interfaces that go on it (cmdline.h has the text's form). */
struct bridge_spec {
	char *name;
	char **ports;
	size_t nr_ports;
};

/*
 * Makes the bridge, up and without spanning tree and forward delay, and puts the ports on it, up.
 * An existing bridge keeps its settings, is taken up, and gets the ports. Returns 0, or -1 with e
 * set to the first cause; the rest is done all the same.
 *
 * A port that is not there is not an error yet, since the drivers of real cards take their time.
 * *absent is the number of such ports. While it is not 0, call again to add those that have come
 * since. The call itself never waits. Where the kernel's module has to be loaded, the starter does
 * it, or without one (NULL) this process.
 *
 * A bridge that is to have no port gets an address of its own, which does not change when guests
 * come and go. Any other takes that of a port, as usual. Addresses that dom0 has on a port are not
 * changed.
 */
int bridge_make(const struct starter *s, const struct bridge_spec *b, size_t *absent,
		struct err *e);

/* Sets e to the first port that has not come within so many seconds. Returns -1; or 0 when all are
 * there. */
int bridge_late(const struct bridge_spec *b, unsigned seconds, struct err *e);

#endif
