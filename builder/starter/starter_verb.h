/*
 * What the starter does for a request: verbs, which those write who need them.
 */
#ifndef EARLYDOM_STARTER_VERB_H
#define EARLYDOM_STARTER_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "parcel.h"

/* Files that go with a request, at most; and bytes of its parcel. */
#define STARTER_FILES_MAX  320
#define STARTER_PARCEL_MAX (1u << 20)

/* What a verb gets: files are open in the process that does it, and closed by an exec. */
struct starter_request {
	struct parcel_reader in;
	const int *files;
	size_t nr_files;
};

struct starter_verb {
	const char *name;
	/* One of the two. `run` does not return. `help` returns 0, with *file open or -1, or -1
	 * with e set; it is called in a process that ends then, or in the caller's own. */
	void (*run)(struct starter_request *r);
	int (*help)(struct starter_request *r, int *file, struct err *e);
	bool itself; /* `help` is for the starter itself, and does not take long */
};

#endif
