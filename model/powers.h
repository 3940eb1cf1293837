/*
 * What the device model is left of root's powers once everything is open: none.
 *
 *   a user and a group of its own   and of no other group
 *   no capability                   now or later: none is left in the bounding set either, and
 *                                   there are no new privileges
 *   an empty root directory         in a mount namespace of its own, where there is nothing and
 *                                   nothing can be made: a read-only file system of its own, in
 *                                   the place of /dev
 *   namespaces of its own           for System V's and POSIX's queues and for the host's name,
 *                                   where the kernel has such; that of the network would take
 *                                   longer to make than all the rest together, and without
 *                                   socket(2) there is no use for either
 *   limits                          no core dump, no process, no new file; memory, and the
 *                                   length of what it writes to a file, have bounds
 *
 * and then system calls (filter.h), and its handles of Xen (server_restrict).
 */
#ifndef EARLYDOM_MODEL_POWERS_H
#define EARLYDOM_MODEL_POWERS_H

#include <sys/types.h>

#include "base/err.h"

/*
 * What the model may have of memory, in bytes; what there is of its program, its stack and its
 * output is less than one MiB.
 */
#define POWERS_MEMORY_MAX (16UL << 20)

/* All that. The process has to be root's. Returns 0, or -1 with e set and some of it done. */
int powers_give_up(uid_t uid, struct err *e);

/*
 * The same for a child that only computes: all files are closed, and the root stays, which it finds
 * no way to without files. It has a bound of processor time, too: POWERS_SECONDS.
 */
#define POWERS_SECONDS 20
int powers_compute_only(uid_t uid, struct err *e);

#endif
