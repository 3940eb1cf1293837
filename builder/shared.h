/*
 * What the threads that build have in common: memory that they take, and what one of them at a time
 * may do.
 */
#ifndef EARLYDOM_SHARED_H
#define EARLYDOM_SHARED_H

#include <stdint.h>

#include <xen/xen.h>

#include "promise.h"

enum turn {
	TURN_ACPI,  /* libacpi makes each guest's tables from tables of its own, which it changes */
	TURN_STORE, /* transactions that add a domain collide in xenstored, and are done again */
	TURNS
};

struct shared {
	struct promises memory;
	pthread_mutex_t turns[TURNS];
	/* A bit for each domid: of a guest that is in the store with a name of ours. In TURN_STORE. */
	uint64_t introduced[DOMID_FIRST_RESERVED / 64 + 1];
};

void shared_init(struct shared *s);
void shared_destroy(struct shared *s);

/* s may be NULL: a thread that builds alone. */
void turn_begin(struct shared *s, enum turn t);
void turn_end(struct shared *s, enum turn t);

#endif
