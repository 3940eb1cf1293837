/*
 * What a descriptor means: struct guest_config, every value checked.
 *
 * Only the table in config_keys.c knows a key's name, type and range.
 */
#ifndef EARLYDOM_CONFIG_H
#define EARLYDOM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "builder/guest/guest_config.h"
#include "descriptor.h"

/*
 * Reads a parsed descriptor. Every error goes to d: unknown keys (with a suggestion), keys that xl
 * knows and this program does not, keys whose machinery is missing (refused by name after their
 * syntax is checked), duplicates, wrong types, ranges, cross-checks. What the parser reported
 * (VALUE_BAD) is not reported again and not missed. Returns the number of errors added; *out is
 * freed with config_free in either case. That files exist is not checked here.
 */
size_t config_read(const struct descriptor *c, struct guest_config *out, struct diag *d);
void config_free(struct guest_config *g);

/*
 * Reads only a guest's name and profiles, which select it, and reports no errors. The results are
 * for the caller to free. *name is NULL, or *profile_known false, where the value is wrong. Returns
 * 0, or -1 for lack of memory.
 */
int config_identify(const struct descriptor *c, char **name, struct loc *name_loc,
		    struct strings *profile, bool *profile_known);

#endif
