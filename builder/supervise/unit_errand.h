/*
 * Errands for a unit (errand.h): what all of them have in common, and the small ones.
 *
 * One of its own is away at most (unit.errand). While its guest is lent to that, commands that
 * would change it wait until the errand is back.
 */
#ifndef EARLYDOM_UNIT_ERRAND_H
#define EARLYDOM_UNIT_ERRAND_H

#include "unit.h"

/* Gives u's errand, which is not away: run in a thread, done in the loop. what is for messages. */
void unit_errand_give(struct units *all, struct unit *u, enum unit_errand_kind kind,
		      const char *what, void (*run)(struct errand *e, struct host *h),
		      void (*done)(struct units *all, struct errand *e), uint64_t now);

/* Gives back the devices of a guest that is over: closing a disk may block. */
void unit_drop_devices(struct units *all, struct unit *u);

/* Looks for the files of a guest that runs and has none, so that it can be restarted when they are
 * gone from where they are. */
void unit_seek_images(struct units *all, struct unit *u);

/* Closes images that nobody holds any more: that may block, too. */
void units_close_images(struct units *all);

/*
 * The terminal by which xenconsoled takes input for u's domain, or NULL while it is not known: then
 * it is looked for. What is known is looked up again after a while: a xenconsoled that was started
 * anew has other terminals, and the old ones are others'.
 */
const char *unit_terminal(struct units *all, struct unit *u);

#endif
