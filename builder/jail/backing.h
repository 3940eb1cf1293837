/*
 * Backing files: what a qcow2 or qcow image has not of its own it reads from another file, whose
 * name is in its header (docs/interop/qcow2.txt in QEMU's source; block/qcow.c for the older
 * format). QEMU opens that by itself, and that file may have one again.
 */
#ifndef EARLYDOM_BACKING_H
#define EARLYDOM_BACKING_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What QEMU takes at most (block/qcow2.c). */
#define BACKING_NAME_MAX 1023

/* So much of a file is looked at: a cluster, of QEMU's usual size, in which the name has to be. */
#define BACKING_HEAD 65536

struct backing {
	char name[BACKING_NAME_MAX + 1]; /* "" where there is none */
	bool may_have_one; /* that file: it is not said to be raw, or another format */
};

/*
 * Reads the header in the first len bytes of an image. A file that is none has no backing file.
 * Returns 0, or -1 with e set: it is damaged, or its data are in another file again. Pure.
 */
int backing_parse(const uint8_t *head, size_t len, struct backing *out, struct err *e);

/*
 * The path of a backing file, as QEMU makes it of its name and the path of the image that names it.
 * Returns 0, or -1 with e set: it is no path, but another kind of name ("json:", "nbd:"), or it is
 * too long.
 */
int backing_path(const char *image, const char *name, char out[PATH_MAX], struct err *e);

#endif
