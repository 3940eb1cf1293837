/*
 * What a guest has to do with a store that may be away: whether it needs it, and waits for it.
 */
#ifndef EARLYDOM_UNIT_STORE_H
#define EARLYDOM_UNIT_STORE_H

#include "unit.h"

/* Whether it can't be built without one: it has disks, interfaces, or a device model that talks by
 * the store. */
bool unit_needs_store(const struct guest_config *cfg);

/*
 * Whether nothing can be begun with it now, neither its build nor the end of its domain: what it
 * needs of the store is away and may come again. A guest with disks or interfaces also waits where
 * dom0's kernel does not hear the store: its domain would not go as long as the kernel's back ends
 * have its memory, and a new one would get no back ends.
 */
bool unit_waits_for_store(const struct units *all, const struct unit *u);

/* Notices that the store has ended in which the guest is, and makes that an event. */
void unit_store_look(struct units *all, struct unit *u, uint64_t now);

/* Whether the guest runs and is in no store. */
bool unit_store_lacks(const struct unit *u);

/* Whether the store may be asked something for it now. */
bool unit_store_asks(const struct unit *u);

#endif
