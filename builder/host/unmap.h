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

/* What unmap_pages keeps between calls; one for each host. Zero-initialised: not opened yet. */
struct unmapper {
	struct xencall_handle *call;
	struct unmap_batch *batch;
	bool none; /* dom0 is not a pv domain, or it can't be done: munmap does it alone */
};

/*
 * Clears dom0's page table entries of `pages` pages of a guest that are mapped at `at`, all of them
 * mapped. The range can't be read or written any more, and must still be unmapped with munmap,
 * which also clears what this could not. A few pages are left to munmap from the start: a hypercall
 * does not pay for them.
 */
void unmap_pages(struct unmapper *u, struct xenlog *log, void *at, size_t pages);

/* Closes what unmap_pages opened. */
void unmap_end(struct unmapper *u);

#endif
