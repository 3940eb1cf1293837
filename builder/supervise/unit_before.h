/*
 * Which guests come after a unit (describe/predecessors.h), and get their devices from it.
 */
#ifndef EARLYDOM_UNIT_BEFORE_H
#define EARLYDOM_UNIT_BEFORE_H

#include "unit.h"

/* Whether a guest of that configuration comes after u. */
bool unit_comes_after(const struct guest_config *cfg, const struct unit *u);

/* Whether some guest gets its devices from u. */
bool unit_serves(const struct units *all, const struct unit *u);

#endif
