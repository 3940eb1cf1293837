/*
 * Root's powers, one by one (capabilities(7)), of the thread that calls: each thread of a process
 * has its own. By the kernel's own calls, so that it is safe between fork and exec.
 */
#ifndef EARLYDOM_CAPABILITIES_H
#define EARLYDOM_CAPABILITIES_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/* A capability, CAP_*, as a bit of a set. */
#define CAPABILITY(cap) (UINT64_C(1) << (cap))

/* Takes all but those from what this thread, and any program that it becomes, may ever have. Needs
 * CAP_SETPCAP where there is something to take. Returns false with errno set. */
bool capabilities_bound(uint64_t keep);

/* The capabilities of this thread: permitted and effective; inheritable are those of `inherit`.
 * Ambient ones that are not inheritable go with that. Returns false with errno set. */
bool capabilities_set(uint64_t keep, uint64_t inherit);

/* Both: nothing but these, now or later. */
bool capabilities_keep_only(uint64_t keep);

#endif
