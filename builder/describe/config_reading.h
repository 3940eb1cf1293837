/*
 * For config*.c alone: a descriptor while it is read, and the checks of what its keys mean
 * together.
 */
#ifndef EARLYDOM_CONFIG_READING_H
#define EARLYDOM_CONFIG_READING_H

#include "builder/guest/guest_config.h"
#include "config_keys.h"
#include "descriptor.h"

struct reading {
	struct guest_config *g;
	const struct statement *given[CONFIG_KEYS_MAX]; /* of each key; its value may be wrong */
	bool good[CONFIG_KEYS_MAX];                     /* its value was right, and counts */
	bool type_known; /* image and type are right, and go together */
	struct diag *d;
};

/* The statement of a key where there is one with a right value, else NULL. */
const struct statement *config_good(const struct reading *r, const char *name);
bool config_given(const struct reading *r, const char *name);

/* A place as part of a message about the place `from`. Returns buf. */
#define PLACE_MAX 128
const char *config_place(struct loc loc, struct loc from, char buf[PLACE_MAX]);

/* Reports a lack of memory. */
void config_no_memory(struct reading *r);

#endif
