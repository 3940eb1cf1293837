/*
 * The hypervisor's free memory, promised to those that are about to take it.
 *
 * Builds that run at once would each find the same memory free, and the last of them fail in the
 * middle. So each is promised what it needs as it begins, and keeps the promise until it has got its
 * memory, or has failed and given it back. What is promised to those that began before is not free
 * for those that came after: these wait for it, as some of it may be left. So they do for a domain's
 * end that began before, which is promised nothing, and gives some back. Nobody waits for those
 * that came after, so that no two wait for each other, and when memory is short the same guests go
 * without as when they are built one after the other.
 */
#ifndef EARLYDOM_PROMISE_H
#define EARLYDOM_PROMISE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct host;

/* One build's. Zero-initialised is none. */
struct promise {
	struct promise *next; /* the one that was made after it */
	bool made;
	uint64_t kib;
};

/* All that have been made and not ended, in that order. */
struct promises {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct promise *first;
};

void promises_init(struct promises *all);
void promises_destroy(struct promises *all);

/* Promises kib, whether it is there or not. p must be none, and stays where it is until
 * its end. */
void promise_make(struct promises *all, struct promise *p, uint64_t kib);

/* It was kept, or is not needed any more. A p that is none is allowed. */
void promise_end(struct promises *all, struct promise *p);

/*
 * Waits until p can be kept whatever those before it take, or until none of those is left. Sets
 * *free_kib to what the hypervisor has free then. Returns 0, or -1 with e set.
 */
int promise_wait(struct promises *all, const struct promise *p, struct host *h, uint64_t *free_kib,
		 struct err *e);

#endif
