/*
 * What a guest waits for: before its build for the guests that it comes after and for its disks,
 * after it for the back ends of its devices and for its device model. And when it is up, for which
 * others wait.
 */
#ifndef EARLYDOM_UNIT_WAIT_H
#define EARLYDOM_UNIT_WAIT_H

#include "unit.h"

/*
 * Holds the guest's images; a failure is reported and noted. All guests hold theirs before the
 * first one is started: then it is known which of them share a kernel.
 */
void unit_hold(struct units *all, struct unit *u);

/*
 * Goes on with what a guest waits for, if that has come. To be called when all guests hold their
 * images, and whenever time has passed or the store has changed.
 */
void unit_proceed(struct units *all, struct unit *u, uint64_t now);

#endif
