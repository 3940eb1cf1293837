/*
 * The entries of a directory, one after the other, in no order.
 */
#ifndef EARLYDOM_DIRECTORY_H
#define EARLYDOM_DIRECTORY_H

#include "err.h"

/* Returns 0 to go on, or -1 with e set. */
typedef int directory_entry(void *of, const char *name, struct err *e);

/*
 * Calls does(of, NAME, e) for each entry whose name does not begin with a dot, until one says no.
 * Returns 0; or -1 with e set, by that one, or because the directory can't be read.
 */
int directory_each(const char *path, directory_entry *does, void *of, struct err *e);

#endif
