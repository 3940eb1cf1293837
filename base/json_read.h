/*
 * JSON that somebody else has written (RFC 8259), looked at where it lies: nothing is copied but
 * the texts that are asked for.
 */
#ifndef EARLYDOM_JSON_READ_H
#define EARLYDOM_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Levels of brackets; more are refused. */
#define JSON_DEPTH_MAX 64

/* A value in a text that json_parse has found right. */
struct json_value {
	const char *at;
	size_t len;
};

/*
 * Checks that the len bytes are one value, with nothing but blanks around it. Returns false where
 * they are not, and then nothing else may be asked of *out.
 */
bool json_parse(const char *text, size_t len, struct json_value *out);

/* The value of an object's first member of that name; false where v is no object or has none. */
bool json_member(const struct json_value *v, const char *name, struct json_value *out);

/* Element i of an array, from 0; false where v is no array or is shorter. */
bool json_element(const struct json_value *v, size_t i, struct json_value *out);

/* A number without sign, point and exponent, of at most max. False where v is none. */
bool json_number_of(const struct json_value *v, uint64_t max, uint64_t *out);

bool json_is_true(const struct json_value *v);

/*
 * The text of a string, NUL-terminated. False where v is no string, where it does not fit, and
 * where it has a NUL in it; *buf is "" then. Half a surrogate pair comes out as U+FFFD.
 */
bool json_string(const struct json_value *v, char *buf, size_t size);

#endif
