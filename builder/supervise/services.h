/*
 * dom0's services for guests: a store, a process that serves their consoles, bridges.
 *
 * All of it is optional. What can't be had is reported, and the guests that need it fail one by one
 * with that as their cause.
 */
#ifndef EARLYDOM_SERVICES_H
#define EARLYDOM_SERVICES_H

#include "daemons.h"
#include "supervise_options.h"
#include "unit.h"

struct services {
	struct daemon store, console; /* that were started; life -1 for none */
	enum consoles consoles;
	int store_fd;   /* readable when a back end's node has changed; -1 without a store */
	int tails_fd;   /* directory of xenconsoled's logs, or -1 */
	int tails_wake; /* inotify of it, or -1 */
	const struct bridge_spec *bridges;
	size_t nr_bridges;
	size_t absent;       /* ports of theirs that have not come yet */
	uint64_t began;      /* ns */
	uint64_t next_empty; /* when the logs of other guests are emptied next, ns */
	bool tails_grown;    /* some log has grown since then */
};

/*
 * Makes the bridges, starts the daemons that the image has or finds them running, and gives all
 * hosts their handle of the store: h, which is the supervisor's, and those of the n workers.
 * Returns how many things went wrong; each has been reported.
 */
size_t services_open(struct services *a, const struct supervise_options *o, struct host *h,
		     struct host *workers, unsigned n, struct report *r);
void services_close(struct services *a, struct host *h, struct host *workers, unsigned n);

/*
 * Opens a store that has come up later, for hand-over: with a xenconsoled to take the consoles
 * over. The workers must be idle. Returns 0, or -1 with e set.
 */
int services_find_store(struct services *a, struct host *h, struct host *workers, unsigned n,
			struct err *e);

/* Takes the news that store_fd and tails_wake announced. True if there were any. */
bool services_store_changed(struct host *h);
bool services_tails_changed(struct services *a);

/* Puts ports that have come on their bridges, empties the logs of guests that are none
 * of ours, says when a daemon has ended. Returns whether xenstored has, since the last call. */
bool services_tick(struct services *a, const struct units *all, uint64_t now);

/* When that is to be called at the latest, ns, now for soon; UINT64_MAX for never. It is, too, when
 * a daemon's life is readable. */
uint64_t services_due(const struct services *a, uint64_t now);

#endif
