/*
 * Many pages of a guest, unmapped by few hypercalls.
 *
 * When a range is unmapped, Linux in a pv dom0 clears each of its page table entries by a write of
 * its own, which the hypervisor has to catch and carry out. For a kernel and a ramdisk that takes
 * longer than copying them does. The hypervisor clears the same entries in a tenth of the time when
 * it is asked for many at once, and Linux passes over what is clear (zap_pte_range in mm/memory.c).
 *
 * Linux keeps no account of these entries: a range of privcmd's is VM_PFNMAP, its pages are not
 * dom0's (drivers/xen/privcmd.c).
 */
#ifndef EARLYDOM_UNMAP_H
#define EARLYDOM_UNMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "xenlog.h"

/* What it takes; zero-initialised is nothing yet. One for each host. */
struct unmapper {
	struct xencall_handle *call;
	struct unmap_batch *batch;
	bool none; /* dom0 is not a pv domain, or there is no memory: munmap does it alone */
};

/*
 * Clears dom0's page table entries of `pages` pages of a guest that are mapped at `at`, all of them
 * mapped. Nothing can be read or written there any more; the range is still the mapping's, and has
 * to be unmapped as before. What can't be cleared is left to that, as are a few pages, which are
 * not worth it.
 */
void unmap_pages(struct unmapper *u, struct xenlog *log, void *at, size_t pages);

/* Gives back what it took. */
void unmap_end(struct unmapper *u);

#endif
