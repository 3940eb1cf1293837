/*
 * The grammar of a guest descriptor: flat text, as xl's parser (libxlu_cfg) reads it.
 *
 *     file      = { statement ( newline | ';' ) }
 *     statement = key ( '=' | '+=' ) value
 *     value     = integer | string | '[' [ value { ',' value } [ ',' ] ] ']'
 *
 * '#' starts a comment that ends with the line. A statement ends with its line, a list may span
 * lines, and the last newline of a file may be missing. '+=' puts a list behind the list, or a
 * string behind the string, that the key has. An integer is decimal, hexadecimal (0x, lower case)
 * or octal (0); where a string is wanted it is one, of its digits. A string is in single or double
 * quotes and ends on its line; \\ \' \" \a \b \f \n \r \t \v are its escapes. Everything accepted
 * here means the same to xl: so an octal escape of which xl makes nothing is nothing, too, with a
 * note.
 *
 * Accepted although xl refuses it, with a note: DOS line ends, a byte order mark, a comment in a
 * last line without a newline, \xHH in a string.
 *
 * Not accepted, each with its own message: NUL, other carriage returns and control characters
 * outside strings and comments, values without quotes.
 *
 * Pure: bytes in, statements out; no meaning is given to keys here (config.h does that).
 */
#ifndef EARLYDOM_DESCRIPTOR_H
#define EARLYDOM_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "value.h"

struct statement {
	char *key;
	struct loc loc; /* of the key */
	struct value value;
	size_t first_msg, nr_msgs; /* which messages of the diag are about it */
	bool no_equals;            /* VALUE_BAD: there was no '=': the key may be no key at all */
	bool adds; /* by '+=': VALUE_BAD unless it is the first of its key, whose value has it */
};

struct descriptor {
	const char *file; /* borrowed */
	/* The directory that file names are relative to, absolute and borrowed; NULL for that of
	 * file. descriptor_parse leaves it NULL. */
	const char *dir;
	struct statement *statements;
	size_t n;
};

/* A descriptor file longer than this many bytes is an error. */
#define DESCRIPTOR_MAX (64 * 1024)

/*
 * Parses len bytes of text as the descriptor `file`. Every error goes to d and parsing goes on with
 * the next statement, so that all errors are found. Returns the number of errors added. *out holds
 * the statements in either case, those without a usable value as VALUE_BAD, as are those whose
 * value is part of another's; it is freed with descriptor_free.
 */
size_t descriptor_parse(const char *file, const char *text, size_t len, struct descriptor *out,
			struct diag *d);

/*
 * Parses one value from the kernel command line for an override: a list where it begins with '['
 * (its items with or without quotes), else the text as it stands as VALUE_BARE. loc is its place.
 * Returns 0, or -1 with the error in d.
 */
int descriptor_parse_override(const char *text, struct loc loc, struct value *out, struct diag *d);

/*
 * Replaces all statements of that key by one, and takes over value. fd, which may be NULL, is the
 * diag that descriptor_parse filled, with nothing added since; its messages about the replaced
 * values are removed. Returns 0, or -1 for lack of memory: then nothing is changed and value stays
 * the caller's.
 */
int descriptor_set(struct descriptor *c, const char *key, struct loc loc, struct value *value,
		   struct diag *fd);

/*
 * Removes all statements of that key, and from fd the messages about their values (as
 * descriptor_set).
 */
void descriptor_unset(struct descriptor *c, const char *key, struct diag *fd);

/* The first statement of that key, or NULL. */
const struct statement *descriptor_find(const struct descriptor *c, const char *key);

/* The place of the i-th entry of that key, which is given and right: in a list, or a string that
 * stands for one. */
struct loc descriptor_entry_loc(const struct descriptor *c, const char *key, size_t i);

void descriptor_free(struct descriptor *c);

#endif
