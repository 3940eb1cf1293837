/*
 * What the threads that build have in common: memory that they take, and what one of them at a time
 * may do.
 */
#ifndef EARLYDOM_BUILD_LOCKS_H
#define EARLYDOM_BUILD_LOCKS_H

#include <stdint.h>

#include <xen/xen.h>

#include "reservation.h"

enum build_lock {
	BUILD_LOCK_ACPI,  /* libacpi makes each guest's tables from tables of its own, which it
			     changes */
	BUILD_LOCK_STORE, /* transactions that add a domain collide in xenstored, and are done again
			   */
	BUILD_LOCKS
};

struct build_locks {
	struct reservations memory;
	pthread_mutex_t turns[BUILD_LOCKS];
	/* A bit for each domid: of a guest that is in the store with a name of ours. In
	 * BUILD_LOCK_STORE. */
	uint64_t introduced[DOMID_FIRST_RESERVED / 64 + 1];
};

void build_locks_init(struct build_locks *s);
void build_locks_destroy(struct build_locks *s);

/* s may be NULL: a thread that builds alone. */
void build_lock(struct build_locks *s, enum build_lock t);
void build_unlock(struct build_locks *s, enum build_lock t);

#endif
