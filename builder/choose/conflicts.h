/*
 * What two guests can't both have: a uuid, a mac, the name of an interface, a disk that one of them
 * writes, a USB or PCI device of the host.
 */
#ifndef EARLYDOM_CONFLICTS_H
#define EARLYDOM_CONFLICTS_H

#include <stdbool.h>

#include "base/err.h"
#include "builder/describe/config.h"

/*
 * Compares n guests. c[i] is the descriptor of guests[i]; a guest whose name is NULL is skipped.
 * Reports each conflict in d with both places, and sets out[] for both guests, since nobody can
 * know which of them was meant to have the thing. Disks are compared by the text of their targets;
 * two texts that lead to one disk are noticed at run time (disk.h), and so are two words for one
 * PCI device.
 */
void conflicts_find(const struct guest_config *guests, const struct descriptor *const *c, size_t n,
		    bool *out, struct diag *d);

/*
 * Whether a can't be started while there is b: they share one of these. Returns 0, or -1 with e
 * set, which names b.
 */
int conflicts_check(const struct guest_config *a, const struct guest_config *b, struct err *e);

#endif
