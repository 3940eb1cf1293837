/*
 * Reading descriptor files from a directory or by name.
 */
#ifndef EARLYDOM_SOURCES_H
#define EARLYDOM_SOURCES_H

#include "base/diag.h"
#include "select.h"

struct sources {
	struct source *v;
	size_t n;
	char **paths; /* found in directories; messages of the diag borrow them */
	size_t nr_paths;
};

/*
 * Reads every NAME.cfg of a directory, sorted by name. Returns the number of errors added to d,
 * whose messages point into *out: it is freed after them, with sources_free.
 */
size_t sources_read_dir(const char *dir, struct sources *out, struct diag *d);

/* The absolute name of the directory of a file whose name is relative, as it is named: no link is
 * resolved. For the caller to free; NULL for lack of memory, or of a working directory. */
char *source_dir(const char *file);

/* Reads one file and adds it. Returns the number of errors added to d. */
size_t sources_read_file(const char *file, struct sources *out, struct diag *d);

void source_free(struct source *s);
void sources_free(struct sources *s);

#endif
