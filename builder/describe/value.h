/*
 * A value of a descriptor, as it was written.
 */
#ifndef EARLYDOM_VALUE_H
#define EARLYDOM_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

enum value_kind {
	VALUE_INT,    /* digits without quotes that are an integer */
	VALUE_STRING, /* in quotes; or digits without them that are no integer, such as 08 */
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
	 * was written, which is what xl takes it for where it wants a string. Else NULL.
	 */
	char *s;
	struct value *items; /* VALUE_LIST; never VALUE_BAD */
	size_t nr_items;
	bool added; /* a '+=' had a part in it, which xl refuses for an integer */
};

/* A list may be in a list, as many deep. */
#define VALUE_DEPTH_MAX 16

void value_free(struct value *v);

/* Whether they mean the same to xl, to which digits are a string as well. */
bool value_equal(const struct value *a, const struct value *b);

/*
 * Reads an integer as xl does (strtol with base 0): decimal, hexadecimal (0x) or octal (0), blanks
 * and a sign in front. Returns NULL, or why it is none ("is not an integer", ...).
 */
const char *value_integer(const char *text, int64_t *out);

/* The value of a hexadecimal digit, or -1. */
int value_hex_digit(char c);

#endif
