/*
 * The arguments of a program, made one by one.
 */
#ifndef EARLYDOM_ARGV_H
#define EARLYDOM_ARGV_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct argv {
	char **v; /* n of them and a NULL, as execve(2) takes them; NULL when there is none */
	size_t n, room;
	bool failed; /* out of memory: said by argv_check */
};

/* Adds one argument: a format and its arguments. */
void argv_add(struct argv *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Returns 0, or -1 with e set when memory was short at some argument. */
int argv_check(const struct argv *a, struct err *e);
void argv_free(struct argv *a);

#endif
