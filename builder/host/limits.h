/*
 * What the supervisor takes for itself, so that a dom0 in want of memory neither ends nor stops it.
 */
#ifndef EARLYDOM_LIMITS_H
#define EARLYDOM_LIMITS_H

#include "base/err.h"

/* Files that it may have open: some twenty for each of 256 guests; less where the hard limit is. */
#define LIMITS_FILES 65536

/*
 * The kernel's killer for want of memory passes over this process; it may have LIMITS_FILES open;
 * and what it has in memory now, the program, its heap and some of its stack, stays there: with the
 * root file system out of reach, a page that has to be read again would be waited for.
 *
 * To be called at the start, before there are threads and large mappings. Those that come later are
 * not locked: a kernel is unpacked into 512 MiB of reserved addresses, and a file that was read
 * gives its pages back. Returns 0, or -1 with e set to the first that could not be had; the others
 * are had all the same.
 */
int limits_raise(struct err *e);

#endif
