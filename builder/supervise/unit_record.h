/*
 * What can be seen of a unit from outside.
 */
#ifndef EARLYDOM_UNIT_RECORD_H
#define EARLYDOM_UNIT_RECORD_H

#include <stdio.h>

#include "unit.h"

/* The record of u as key=value lines, or as one line of tab-separated values for `earlydom list`:
 * name, domid, image, type, memory (MiB), vcpus, state, restarts, build time (ms), failed starts
 * since it ran last, seconds until the next one, cause; "-" for none. now is the time, ns. */
void unit_print_record(const struct unit *u, FILE *to);
void unit_print_row(const struct unit *u, uint64_t now, FILE *to);

/* The row of u in the timeline of the boot (timeline.h). */
void unit_print_phases(const struct unit *u, FILE *to);

#endif
