/*
 * A key of descriptors, as the table in config_keys.c has it.
 */
#ifndef EARLYDOM_CONFIG_KEY_H
#define EARLYDOM_CONFIG_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "value.h"

struct key;

/*
 * Reads v into out, which is a field of the key's type, or NULL to check v only.
 * Returns 0, or -1 with the error in d; out is as it was then.
 */
typedef int key_reader(const struct key *k, const struct value *v, void *out, struct diag *d);

/* A word of a key that has some. */
struct word {
	const char *text;
	/* WORD_XL: xl has it, earlydom will not; WORD_REFUSED: a later check says why not */
	enum { WORD_OK, WORD_XL, WORD_REFUSED } is;
};

/* Guests that a key is for: by their type, and hvm guests by their device model. */
enum key_guests {
	KEY_FOR_ALL = 0,
	KEY_FOR_PV = 1,
	KEY_FOR_PVH = 2,
	KEY_FOR_QEMU = 4,
	KEY_FOR_CLASSIC = 8,
	KEY_FOR_HVM = KEY_FOR_QEMU | KEY_FOR_CLASSIC,
};

struct key {
	const char *name;
	key_reader *read;
	size_t field;             /* in struct guest_config */
	size_t loc;               /* field for the value's place, or NO_FIELD */
	unsigned guests;          /* KEY_FOR_*; xl ignores the key in others */
	bool own;                 /* xl has no such key: in other guests it is a mistake */
	bool decides;             /* of which kind the guest is: read before all others */
	int64_t min, max;         /* read_unsigned, read_mib */
	const char *unit;         /* for the message about the range */
	const struct word *words; /* read_word, read_word_text: ends with a NULL text */
	/* The words may be in upper case, too: they are of an enumeration of libxl's, which has
	 * them so (libxl__enum_from_string); xl's own may not. */
	bool any_case;
	/* When it is not NULL: checks a text, or each one of a list. */
	int (*check)(const char *text, struct err *e);
	bool one_or_many; /* lists: a single string will do */
	/* It needs Xen 4.SINCE; built for an older one it is a key of xl_keys.c, where it must be,
	 * too. */
	unsigned since;
};
#define NO_FIELD SIZE_MAX

#endif
