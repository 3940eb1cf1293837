/*
 * What xenstored and xenconsoled need of the kernel: the system calls that they make, as the
 * versions of Xen from whose sources they are built here have them, with musl and, in xenstored,
 * mimalloc. A call that is not listed is the end of the daemon, by SIGSYS; dom0's kernel logs its
 * number (audit type=1326).
 *
 * One with shared libraries is the distribution's. What it calls is for its C library to know, and
 * its libraries are mapped as code, so that there is no such list for it: it has one of what it may
 * not call (daemon_filter_shared).
 *
 * Neither needs one of root's capabilities, only that all that it opens is root's: the devices
 * below /dev/xen, xenfs (mode 0600 and the like), /dev/ptmx and the terminals (0666 and 0620), and
 * its own files. The limit of open files, which xenconsoled would raise, is raised before.
 */
#ifndef EARLYDOM_DAEMON_CALLS_H
#define EARLYDOM_DAEMON_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/seccomp.h"

#define DAEMON_LISTS_MAX 4

/* All capabilities that the supervisor has (tests that are not root can take none away). */
#define DAEMON_ALL_CAPABILITIES UINT64_MAX

struct daemon_powers {
	uint64_t capabilities;                              /* CAPABILITY(), no others ever */
	const struct seccomp_list *calls[DAEMON_LISTS_MAX]; /* up to the first NULL */
	uint32_t otherwise; /* what becomes of another call, SECCOMP_END */
	unsigned files;     /* how many it may have open at least; 0: as many as the supervisor */
	bool may_be_shared; /* a program with shared libraries has the other filter */
};

extern const struct daemon_powers daemon_store_powers, daemon_console_powers;

/* In daemon_calls_x86.c, calls that only this kind of processor has: both daemons', xenstored's. */
extern const struct seccomp_list daemon_calls_old, daemon_calls_old_store;

#endif
