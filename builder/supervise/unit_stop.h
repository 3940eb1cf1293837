/*
 * A guest is asked to shut down.
 */
#ifndef EARLYDOM_UNIT_STOP_H
#define EARLYDOM_UNIT_STOP_H

#include "unit.h"

/*
 * Begins to ask a guest that has a domain: by the store, or by SysRq on its console, whose keys
 * unit_stop_tick types. now is the time, ns. Returns 0, or -1 with e set: it can't be asked.
 */
int unit_ask_to_stop(struct units *all, struct unit *u, uint64_t now, struct err *e);

/* For one that was adopted while it stops, at the time now, ns: nobody knows whether an unanswered
 * request has come to the store, and the keys are typed anew, with the time between them. */
void unit_stop_adopt(struct unit *u, uint64_t now);

/* Once a tick: types what is due, or asks the store again. */
void unit_stop_tick(struct units *all, struct unit *u, uint64_t now);

/* When that is to be called at the latest, ns; UINT64_MAX for never. */
uint64_t unit_stop_due(const struct unit *u);

#endif
