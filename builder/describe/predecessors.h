/*
 * Which guests a guest comes after: those of the key `after`, and those that serve its devices.
 */
#ifndef EARLYDOM_PREDECESSORS_H
#define EARLYDOM_PREDECESSORS_H

#include <stddef.h>

#include "builder/guest/guest_config.h"

/* How many they are; and the name of the i-th, those of `after` first. NULL: dom0, or a number. */
size_t predecessors_nr(const struct guest_config *cfg);
const char *predecessor(const struct guest_config *cfg, size_t i);

#endif
