/*
 * All guests are shut down: those first that others come before (`after`), and those that do not
 * wait for each other at the same time.
 */
#ifndef EARLYDOM_STOP_ALL_H
#define EARLYDOM_STOP_ALL_H

#include "unit.h"

struct stop_all {
	uint64_t began;      /* ns */
	uint64_t next;       /* when to look again, ns */
	uint64_t timeout_ns; /* that each guest has from when it is asked on */
	bool force; /* one that does not end in that time, or can't be asked, is destroyed */
};

enum stop_all_state { STOP_ALL_GOES_ON, STOP_ALL_DONE, STOP_ALL_FAILED };

void stop_all_begin(struct stop_all *s, unsigned timeout_s, bool force, uint64_t now);

/*
 * Asks those whose turn it is, and looks whether all have ended. To be called often; it looks ten
 * times a second. STOP_ALL_FAILED with e set once nothing more can come of it: it names the guests
 * that are left, which are those that did not end in time and those that had to wait for them.
 *
 * A guest that was released is none of ours, and one that its descriptor keeps when it has ended
 * has ended.
 */
enum stop_all_state stop_all_look(struct stop_all *s, struct units *all, uint64_t now,
				  struct err *e);

#endif
