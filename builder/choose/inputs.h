/*
 * What the guests were chosen from, kept for a supervisor that begins when neither the initramfs
 * nor its kernel command line's meaning is there any more: the kernel command line and every
 * descriptor, as they were read, and what `earlydom boot` was told.
 *
 * As a file: lines "word number\n", a text of as many bytes behind those of them that have one. A
 * descriptor whose name is not absolute has its directory there, too.
 */
#ifndef EARLYDOM_INPUTS_H
#define EARLYDOM_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "sources.h"

#define INPUTS_FILE "inputs"

/* The longest that is read, in bytes: 1,000 descriptors of the longest kind. */
#define INPUTS_MAX (64u << 20)

struct inputs {
	char *cmdline; /* the kernel's, without its newline */
	struct sources sources;
	bool verbose, paused; /* boot's options */
};

/* As a text, which the caller frees; *len bytes. Returns NULL with e set. */
char *inputs_write(const struct inputs *in, size_t *len, struct err *e);

/* Reads such a text, each length of which is checked. Returns 0, or -1 with e set and nothing to
 * free. */
int inputs_read(const char *text, size_t len, struct inputs *in, struct err *e);

/* The same from an open file, from its beginning. */
int inputs_read_file(int fd, struct inputs *in, struct err *e);
void inputs_free(struct inputs *in);

#endif
