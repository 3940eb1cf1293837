/*
 * The keys of xl that this program does not have: what has no effect in them, and why the rest is
 * refused. Sources: docs/man/xl.cfg.5.pod.in and tools/xl/xl_parse.c of Xen 4.17, and the keys that
 * xl.cfg(5) of later versions added, up to 4.22.
 */
#ifndef EARLYDOM_XL_KEYS_H
#define EARLYDOM_XL_KEYS_H

#include <stdbool.h>

#include "value.h"

struct xl_key {
	const char *name;
	unsigned guests; /* KEY_FOR_*, as in config_key.h: in others xl ignores it */
	/*
	 * Values with which it changes nothing, with '|' between them, "[]" the empty list, "*" for
	 * all; NULL for none.
	 */
	const char *neutral;
	/* Why it is refused, and what to do instead; or, where all is neutral, why that is so. */
	const char *why;
};

/* The key of that name, or NULL. */
const struct xl_key *xl_key(const char *name);

/* The key that k, such as spiceport, is a part of, or NULL: where that is refused, k is of no
 * interest. */
const struct xl_key *xl_key_whole(const struct xl_key *k);

/* Whether it was a key of xend's or xm's, which people's files still have and xl ignores. */
bool xend_key(const char *name);

/* Whether the value changes nothing. */
bool xl_key_neutral(const struct xl_key *k, const struct value *v);

#endif
