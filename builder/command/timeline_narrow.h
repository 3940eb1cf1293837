/*
 * A timeline as a table for a terminal: in whole milliseconds, each column as wide as what is in
 * it, phases by their first letters.
 */
#ifndef EARLYDOM_TIMELINE_NARROW_H
#define EARLYDOM_TIMELINE_NARROW_H

#include <stdio.h>

#include "builder/supervise/timeline.h"

/* What timeline_text needs for guests with short names. */
#define TIMELINE_TEXT_COLUMNS 142

void timeline_narrow(const struct timeline *t, FILE *to);

#endif
