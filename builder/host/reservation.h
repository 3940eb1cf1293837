/*
 * The hypervisor's free memory, reserved for builds that are about to claim it.
 *
 * A domain claims its memory from the hypervisor as soon as it exists (create_domain); from then on
 * nobody else gets it. Before that, builds that run at once would each find the same memory free,
 * and the fastest would take it. So each build reserves what it needs when it begins, and the
 * reservation counts until its domain has claimed the memory.
 *
 * For a later build, memory that an earlier one has reserved is not free: it waits until the
 * earlier build has claimed it. If what is left then is not enough, it also waits until the earlier
 * builds are over: a failed one gives its memory back. The destruction of a domain is in the same
 * queue: it reserves nothing, but gives memory back. Nobody waits for a later one, so no two wait
 * for each other. When memory is short, the same guests go without as when they are built one after
 * the other.
 */
#ifndef EARLYDOM_RESERVATION_H
#define EARLYDOM_RESERVATION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "xenlog.h"

/* One build's reservation. Zero-initialised: unused. */
struct reservation {
	struct reservation *next; /* the one that was made next */
	bool made;
	uint64_t kib; /* not claimed yet */
};

/* All reservations that have not ended, in the order in which they were made. */
struct reservations {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* one was claimed, or has ended */
	struct reservation *first;
};

void reservations_init(struct reservations *all);
void reservations_destroy(struct reservations *all);

/* Reserves kib, whether so much is free or not. p must be unused, and must not move in memory until
 * reservation_end. */
void reservation_make(struct reservations *all, struct reservation *p, uint64_t kib);

/* The domain has claimed so many KiB: the hypervisor no longer counts them as free. The rest stays
 * reserved. Does nothing for an unused p. */
void reservation_claimed(struct reservations *all, struct reservation *p, uint64_t kib);

/* Ends the reservation: the build is over, whether it succeeded or not. Does nothing for an unused
 * p. */
void reservation_end(struct reservations *all, struct reservation *p);

/*
 * Waits until there is enough for p beside all earlier reservations, or until none of these is
 * left. Sets *free_kib to what the hypervisor has free then. Returns 0, or -1 with e set.
 */
int reservation_wait(struct reservations *all, const struct reservation *p, xc_interface *xch,
		     struct xenlog *log, uint64_t *free_kib, struct err *e);

#endif
