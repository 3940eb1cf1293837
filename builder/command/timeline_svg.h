/*
 * The timeline of a boot as a picture (SVG).
 */
#ifndef EARLYDOM_TIMELINE_SVG_H
#define EARLYDOM_TIMELINE_SVG_H

#include "builder/supervise/timeline.h"

void timeline_svg(const struct timeline *t, FILE *to);

#endif
