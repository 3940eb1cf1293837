/*
 * What the device strings of xl share (disk, vif, pci): comma-separated parameters, KEY=VALUE or
 * bare.
 */
#ifndef EARLYDOM_SPEC_H
#define EARLYDOM_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* One parameter. The texts are in the string that is parsed and are not NUL-terminated. */
struct spec_param {
	const char *text; /* all of it, without blanks in front and the comma behind */
	size_t len;
	const char *value; /* behind the first '=', or NULL where it has none */
	size_t value_len;
};

/*
 * Takes the next parameter and steps over it. False at the end of the string; a comma at the very
 * end does not begin another parameter.
 */
bool spec_next(const char **at, struct spec_param *out);

/* True for a parameter KEY=VALUE with this key. */
bool spec_is_key(const struct spec_param *p, const char *key);

/* True for a parameter without '=' that is this word. */
bool spec_is_flag(const struct spec_param *p, const char *word);

/* True when the len bytes of text are word. */
bool spec_equal(const char *text, size_t len, const char *word);

/* The same for a word of libxl's enumerations, which may be in upper case, too. */
bool spec_is_word(const char *text, size_t len, const char *word);

/*
 * Stores a copy of the value in *out, which must be NULL: a parameter can't be given twice. Returns
 * 0, or -1 with e set.
 */
int spec_string(const char *key, const char *text, size_t len, char **out, struct err *e);

/* Reads a decimal number without sign or leading zeros. Returns 0, or -1 with e set. */
int spec_number(const char *key, const char *text, size_t len, uint64_t max, uint64_t *out,
		struct err *e);

/*
 * True when the len bytes of text can name a network interface (dev_valid_name() in Linux's
 * net/core/dev.c): 1 to IFNAME_MAX bytes, no blanks, '/' or ':', and not "." or "..". '%' is
 * refused too, because the kernel replaces it by a number.
 */
#define IFNAME_MAX 15
bool spec_is_ifname(const char *text, size_t len);

/* Sets e: the parameter is none of the n words, with a suggestion. Returns -1. */
int spec_unknown(const struct spec_param *p, const char *const *words, size_t n, struct err *e);

/* A parameter that is `what`, and longer than this many characters, is cut in messages. */
#define SPEC_SHOWN    40
#define SPEC_LEN(len) ((int)((len) > SPEC_SHOWN ? SPEC_SHOWN : (len)))

#endif
