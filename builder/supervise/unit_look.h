/*
 * What is seen of a unit, and made an event of the table (unit_table.h): its thread's job, its
 * domain, its device model.
 */
#ifndef EARLYDOM_UNIT_LOOK_H
#define EARLYDOM_UNIT_LOOK_H

#include <poll.h>

#include "unit.h"

/* The thread is done with u's job. */
void unit_job_done(struct units *all, struct unit *u);

/* Takes all errands that have come back, and does what follows. */
void units_take_errands(struct units *all);

/* The state of u's domain as the hypervisor has it now: info NULL when it is not there any more. */
void unit_look(struct units *all, struct unit *u, const xc_domaininfo_t *info);

/*
 * When unit_tick and unit_look are to be called at the latest, ns, now for soon; UINT64_MAX for
 * never. told: somebody tells of the ends of domains that are in the store.
 */
uint64_t unit_due(const struct unit *u, bool told, uint64_t now, uint64_t looked);

/* What of its device model is polled: the serial port that a classic one serves, what it says, and
 * its process: of one that an earlier supervisor has started nobody else tells the end. fd is -1
 * where there is nothing. */
#define UNIT_FDS 3
void unit_poll(const struct unit *u, struct pollfd fds[UNIT_FDS]);

/* Acts on what poll found. */
void unit_take(struct units *all, struct unit *u, const struct pollfd fds[UNIT_FDS]);

/* Once a tick: looks at the device model, goes on with what it waits for, types what is due of a
 * stop, and lets a flooding console speak again. */
void unit_tick(struct units *all, struct unit *u, uint64_t now);

#endif
