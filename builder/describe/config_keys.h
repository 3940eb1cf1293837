/*
 * The table of keys: the one place that knows a key's name, type and range. What keys mean
 * together, and defaults, are in config.c.
 */
#ifndef EARLYDOM_CONFIG_KEYS_H
#define EARLYDOM_CONFIG_KEYS_H

#include "builder/guest/guest_config.h"
#include "config_key.h"

extern const struct key config_keys[];
extern const size_t config_nr_keys; /* at most CONFIG_KEYS_MAX */

/* The key of that name, or NULL; also where the release of Xen that this is built for lacks what it
 * needs. */
const struct key *config_key(const char *name);

/* Whether the descriptor has the key, and whether with a list. */
bool config_has(const struct guest_config *g, const char *key);
bool config_has_list(const struct guest_config *g, const char *key);

/* True for a key that a descriptor may have, if only without effect (used to check overrides before
 * there is a descriptor). */
bool config_key_known(const char *key);

/* Reports a key that config_key_known does not know, with a suggestion. */
void config_key_unknown(const char *key, struct loc loc, struct diag *d);

#endif
