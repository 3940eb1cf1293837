/*
 * A part of a test in a process of its own, in which anything may be spoiled for good: its rights,
 * its limits, or a system call that otherwise never fails.
 */
#ifndef EARLYDOM_FAKE_CHILD_H
#define EARLYDOM_FAKE_CHILD_H

#include <stddef.h>

#include "base/err.h"

/*
 * Calls it in a child. Returns the message that it has left there ("" when it left none), until the
 * next call. Fails the test when the child does not end by itself.
 */
const char *child_says(void (*act)(struct err *e));

/* From here on that system call (SYS_*) fails with errnum, in this process and its children. */
void child_refuse(int call, int errnum);

/* From here on nothing can be opened. */
void child_no_files(void);

/* Files get no longer than that, in bytes; what is written beyond is short, or fails with EFBIG. */
void child_short_files(size_t max);

#endif
