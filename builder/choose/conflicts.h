/*
 * What two guests can't both have: a uuid, a mac, the name of an interface, a disk that one of them
 * writes.
 */
#ifndef EARLYDOM_CONFLICTS_H
#define EARLYDOM_CONFLICTS_H

#include <stdbool.h>

#include "builder/describe/config.h"

/*
 * Compares n guests as their descriptors, of which c[i] is that of guests[i], have them; one whose
 * name is NULL is not looked at. Each conflict is reported in d, with both places, and puts both
 * guests out: which of them was meant to have the thing can't be known. Disks are compared by the
 * text of their targets; that two texts lead to one disk is found at run time (disk.h).
 */
void conflicts_find(const struct guest_config *guests, const struct descriptor *const *c, size_t n,
		    bool *out, struct diag *d);

#endif
