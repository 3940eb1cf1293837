/*
 * The timeline of a boot: which guest was in which phase of its start, and when. Pure: rows that
 * the supervisor has given in, text out.
 */
#ifndef EARLYDOM_TIMELINE_H
#define EARLYDOM_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "builder/guest/guest_config.h"
#include "builder/guest/phases.h"

struct timeline_guest {
	char name[CONFIG_NAME_MAX + 1], state[16], image[16], type[8];
	struct phases phases;
};

/* Times in ns since dom0's kernel started; 0 for what has not come. */
struct timeline {
	uint64_t began, over; /* the supervisor's start; every guest had been tried */
	struct timeline_guest *guests;
	size_t n;
	uint64_t longest_turn; /* of the supervisor's loop (unit.h), ns */
};

/* The rows that go from the supervisor to `earlydom report`: the boot's first, then one a guest. */
void timeline_write_boot(uint64_t began, uint64_t over, uint64_t longest_turn, FILE *to);
void timeline_write_guest(const struct timeline_guest *g, FILE *to);

/* Adds one row, without its newline, to a timeline that began zeroed. Returns false for a malformed
 * row, or without memory. */
bool timeline_add(struct timeline *t, const char *row);
void timeline_free(struct timeline *t);

/* As a table, with milliseconds; as JSON, with microseconds; as a picture: timeline_svg.h. */
void timeline_text(const struct timeline *t, FILE *to);
void timeline_json(const struct timeline *t, FILE *to);

#endif
