/*
 * Hypercalls that libxenctrl has no function for: in place of libxencall. The fake knows the calls
 * of host/unmap.c and accepts no others. fake_reset forgets everything, and fake_leaks reports what
 * is still held.
 */
#ifndef EARLYDOM_FAKE_CALL_H
#define EARLYDOM_FAKE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_call {
	bool no_handle, no_buffer; /* the library can't be opened, has no memory */
	bool pvh_dom0;             /* dom0 has page tables that the hypervisor does not write */
	int no_features;           /* errno with which it is not told what dom0 is */
	int refused;               /* errno with which a page table entry is refused */
	int failed;                /* errno that the hypercall as a whole fails with */

	unsigned handles, buffers; /* that are there */
	unsigned opened;           /* handles so far, including those that failed to open */
	unsigned calls;            /* multicalls so far */
	uintptr_t from, to;        /* what was cleared: one range, in its order */
	unsigned flushed;          /* calls whose last entry was a flush of all processors */
	bool wrong;                /* a call was malformed */
};
struct fake_call *fake_call(void);

#endif
