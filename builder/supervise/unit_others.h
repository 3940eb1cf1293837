/*
 * The guests that were there at the boot and not selected: they become units when somebody starts
 * them.
 */
#ifndef EARLYDOM_UNIT_OTHERS_H
#define EARLYDOM_UNIT_OTHERS_H

#include "unit.h"

/*
 * Starts the guest of that name, at the time now, ns: one that is over, or is tried again after a
 * pause, or that was not selected, which gets its place in all->list then. It may not have anything
 * that a guest which is not over has (conflicts.h). One that is being started already is left
 * alone. Returns its unit, or NULL with e set.
 */
struct unit *units_start(struct units *all, const char *name, uint64_t now, struct err *e);

/* Whether there is a guest of that name which nobody has started. */
bool units_have_other(const struct units *all, const char *name);

/* Makes a unit of one that was not selected, which has ended then. Returns NULL with e set. */
struct unit *units_add_other(struct units *all, const char *name, struct err *e);

#endif
