/*
 * Whether the supervisor still turns, seen by its keeper in memory that both share: so that nobody
 * has to wake up a supervisor that has nothing to do.
 */
#ifndef EARLYDOM_HEART_H
#define EARLYDOM_HEART_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"

struct heart {
	_Atomic uint64_t busy_since; /* ns (clock.h); 0 while the supervisor waits in poll */
};

/* A new one, in a file of memory. Returns the file, or -1 with e set. */
int heart_make(struct err *e);

/* Maps it. Returns NULL with e set. */
struct heart *heart_map(int fd, struct err *e);

/* The supervisor begins to wait; it has something to do. A NULL heart is allowed. */
void heart_rests(struct heart *h);
void heart_beats(struct heart *h, uint64_t now);

#endif
