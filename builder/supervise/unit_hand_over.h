/*
 * Guests that were started without a store get their place in one that has come since.
 */
#ifndef EARLYDOM_UNIT_HAND_OVER_H
#define EARLYDOM_UNIT_HAND_OVER_H

#include "unit.h"

/*
 * Begins with all of them, one after the other: their nodes, and their consoles to xenconsoled.
 * Says what it did of each. It is over when all->hand_over.under_way is false; then
 * all->hand_over.rc is 0, or -1 with err set to the first cause; the others are handed over all the
 * same.
 */
void units_hand_over(struct units *all);

#endif
