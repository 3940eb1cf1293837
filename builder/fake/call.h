/*
 * Hypercalls that libxenctrl has no function for: in place of libxencall. It knows what unmap.c
 * asks for, and takes nothing else. fake_reset forgets everything, and fake_leaks tells of what is
 * held.
 */
#ifndef EARLYDOM_FAKE_CALL_H
#define EARLYDOM_FAKE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_call {
	bool no_handle, no_buffer; /* the library can't be opened, has no memory */
	int refused;               /* errno that a page table entry is left alone with */
	int failed;                /* errno that the hypercall as a whole fails with */

	unsigned handles, buffers; /* that are there */
	unsigned opened;           /* handles so far, those that could not be had included */
	unsigned calls;            /* multicalls so far */
	uintptr_t from, to;        /* what was cleared: one range, in its order */
	unsigned flushed;          /* calls whose last entry was a flush of all processors */
	bool wrong;                /* one was not as it has to be */
};
struct fake_call *fake_call(void);

#endif
