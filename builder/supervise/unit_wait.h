/*
 * What a guest waits for: before its build for the guests that it comes after and for its disks,
 * after it for the back ends of its devices and for its device model. And when it is up, for which
 * others wait.
 */
#ifndef EARLYDOM_UNIT_WAIT_H
#define EARLYDOM_UNIT_WAIT_H

#include "unit.h"

/* For one that has no domain any more, and no build planned: all that it waited for begins anew.
 * What it holds stays, but devices of which it does not know all. */
void unit_begin_anew(struct units *all, struct unit *u);

/* Goes on with what a guest waits for, if that has come. To be called whenever time has passed or
 * the store has changed. */
void unit_proceed(struct units *all, struct unit *u, uint64_t now);

/* The same for all guests that wait to be built: something has happened to another one. */
void units_proceed_waiting(struct units *all, uint64_t now);

/* When unit_proceed is to be called again at the latest, ns, now for soon; UINT64_MAX for never. */
uint64_t unit_waits_until(const struct unit *u, uint64_t now);

#endif
