/*
 * What the threads that build share: reservations of memory, and locks for what only one of them
 * may do at a time.
 */
#ifndef EARLYDOM_BUILD_LOCKS_H
#define EARLYDOM_BUILD_LOCKS_H

#include <stdint.h>

#include <xen/xen.h>

#include "reservation.h"

enum build_lock {
	BUILD_LOCK_ACPI,  /* libacpi changes its own static tables while it makes a guest's */
	BUILD_LOCK_STORE, /* xenstored makes one of two transactions that each add a domain start
			     again */
	BUILD_LOCKS
};

struct build_locks {
	struct reservations memory;
	pthread_mutex_t locks[BUILD_LOCKS];
	/* A bit for each domid: set while the store has a guest of that number which earlydom
	 * added. Protected by BUILD_LOCK_STORE. */
	uint64_t added[DOMID_FIRST_RESERVED / 64 + 1];
};

void build_locks_init(struct build_locks *s);
void build_locks_destroy(struct build_locks *s);

/* Both do nothing where s is NULL: only one thread builds then. */
void build_lock(struct build_locks *s, enum build_lock t);
void build_unlock(struct build_locks *s, enum build_lock t);

#endif
