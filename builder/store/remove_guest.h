/*
 * Removes a guest from the store: asks its back ends to let go, waits for them, removes its nodes.
 */
#ifndef EARLYDOM_REMOVE_GUEST_H
#define EARLYDOM_REMOVE_GUEST_H

#include <xenstore.h>

#include "base/err.h"
#include "builder/guest/guest.h"

/*
 * Waits at most so many milliseconds. Does nothing when /local/domain/ID is not g's (any more).
 * Nodes that a failing store does not remove stay. Returns 0, or -1 with e set when the back ends
 * could not be asked.
 */
int remove_guest_nodes(const struct guest *g, struct xs_handle *xsh, unsigned ms, struct err *e);

#endif
