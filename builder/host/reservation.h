/*
 * The hypervisor's free memory, promised to those that are about to take it.
 *
 * That nobody else takes it is the hypervisor's to see to, as soon as there is a domain that claims
 * it (create_domain). Until then, builds that run at once would each find the same memory free, and
 * the fastest would get it. So each is promised what it needs as it begins, until its domain has
 * claimed it. What is promised to those that began before is not free for those that came after:
 * these wait for it to be claimed. And where there is not enough they wait until those before have
 * their memory for good, or have failed and given it back. So they do for a domain's end that began
 * before, which is promised nothing, and gives some back. Nobody waits for those that came after,
 * so that no two wait for each other, and when memory is short the same guests go without as when
 * they are built one after the other.
 */
#ifndef EARLYDOM_RESERVATION_H
#define EARLYDOM_RESERVATION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "xenlog.h"

/* One build's. Zero-initialised is none. */
struct reservation {
	struct reservation *next; /* the one that was made after it */
	bool made;
	uint64_t kib; /* that is still to be claimed */
};

/* All that have been made and not ended, in that order. */
struct reservations {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* one was claimed, or has ended */
	struct reservation *first;
};

void reservations_init(struct reservations *all);
void reservations_destroy(struct reservations *all);

/* Promises kib, whether it is there or not. p must be none, and stays where it is until
 * its end. */
void reservation_make(struct reservations *all, struct reservation *p, uint64_t kib);

/* The hypervisor has it set aside: it is none of what is free any more. A p that is none is
 * allowed. */
void reservation_claimed(struct reservations *all, struct reservation *p);

/* It was kept, or is not needed any more. A p that is none is allowed. */
void reservation_end(struct reservations *all, struct reservation *p);

/*
 * Waits until p can be kept whatever those before it take, or until none of those is left. Sets
 * *free_kib to what the hypervisor has free then. Returns 0, or -1 with e set.
 */
int reservation_wait(struct reservations *all, const struct reservation *p, xc_interface *xch,
		     struct xenlog *log, uint64_t *free_kib, struct err *e);

#endif
