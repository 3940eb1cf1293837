/*
 * A list of texts. Whoever has it gives it back (strings_free of describe/config_value.h).
 */
#ifndef EARLYDOM_STRINGS_H
#define EARLYDOM_STRINGS_H

#include <stddef.h>

struct strings {
	char **v;
	size_t n;
};

#endif
