/*
 * Which guests a guest comes after: those of the key `after`, and those that serve its devices.
 */
#ifndef EARLYDOM_UNIT_BEFORE_H
#define EARLYDOM_UNIT_BEFORE_H

#include "unit.h"

/* How many they are; and the name of the i-th, NULL: it is no guest's. */
size_t unit_nr_before(const struct guest_config *cfg);
const char *unit_before(const struct guest_config *cfg, size_t i);

/* Whether a guest of that configuration comes after u. */
bool unit_comes_after(const struct guest_config *cfg, const struct unit *u);

/* Whether some guest gets its devices from u. */
bool unit_serves(const struct units *all, const struct unit *u);

#endif
