/*
 * A value of a descriptor, as it was written.
 */
#ifndef EARLYDOM_VALUE_H
#define EARLYDOM_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

enum value_kind {
	VALUE_INT,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_BARE, /* of an override: text without quotes, an integer or a string as the key wants
		       it */
	VALUE_BAD,  /* not a value: the error was reported by the parser */
};

struct value {
	enum value_kind kind;
	struct loc loc; /* of its first character */
	int64_t i;      /* VALUE_INT */
	/*
	 * VALUE_STRING: escapes resolved, no NUL inside (an error). VALUE_INT and VALUE_BARE: as it
	 * was written. Else NULL.
	 */
	char *s;
	struct value *items; /* VALUE_LIST; never VALUE_LIST or VALUE_BAD */
	size_t nr_items;
};

void value_free(struct value *v);

/*
 * Reads an integer as descriptors have them. Returns NULL, or why it is none ("is not an integer",
 * ...).
 */
const char *value_integer(const char *text, int64_t *out);

/* The value of a hexadecimal digit, or -1. */
int value_hex_digit(char c);

#endif
