/*
 * A guest's departure from the store: its back ends asked to let go, waited for, and its nodes
 * removed.
 */
#ifndef EARLYDOM_REMOVE_GUEST_H
#define EARLYDOM_REMOVE_GUEST_H

#include <xenstore.h>

#include "builder/guest/guest.h"

/*
 * Waits at most so many milliseconds. Does nothing when /local/domain/ID is not g's (any more).
 * A store that fails meanwhile leaves what it leaves: nobody could remove it.
 */
void remove_guest_nodes(const struct guest *g, struct xs_handle *xsh, unsigned ms);

#endif
