/*
 * A guest that was started without a store gets its place in one that has come.
 */
#ifndef EARLYDOM_HAND_OVER_H
#define EARLYDOM_HAND_OVER_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Its nodes, and its end of the store where it can use one (pvh). Returns 0, or -1 with e set. */
int guest_hand_over(struct guest *g, struct host *h, struct err *e);

#endif
