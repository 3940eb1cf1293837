/*
 * The start of one of Xen's daemons (daemons.h), up to its first instruction: in the own root, with
 * no file, signal or limit of the supervisor's, and with no more of root's powers and of the
 * kernel's calls than it needs, then and later: it reads what guests write.
 */
#ifndef EARLYDOM_DAEMON_START_H
#define EARLYDOM_DAEMON_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/seccomp.h"
#include "builder/host/own_root.h"

#define DAEMON_LISTS_MAX 4

/* All capabilities that the supervisor has (tests that are not root can take none away). */
#define DAEMON_ALL_CAPABILITIES UINT64_MAX

struct daemon_powers {
	uint64_t capabilities;                              /* CAPABILITY(), no others ever */
	const struct seccomp_list *calls[DAEMON_LISTS_MAX]; /* up to the first NULL */
	uint32_t otherwise; /* what becomes of another call, SECCOMP_END */
	unsigned files;     /* how many it may have open at least; 0: as many as the supervisor */
};

struct daemon_start {
	const char *name;
	const char *program;             /* its path, in own_root where there is one */
	const char *const *argv;         /* NULL-terminated; argv[0] too */
	const struct own_root *own_root; /* or NULL: where the supervisor is (tests) */
	const struct daemon_powers *powers;
};

/* The filter of its calls. Returns false where the lists are too long. */
bool daemon_filter(const struct daemon_powers *p, struct seccomp_filter *out);

/*
 * Starts it. Returns the process, and in *life a file that is at its end when that process and all
 * of its children have ended; what they write to stderr comes before that. It does not block. Where
 * it cannot run, or cannot do so with these powers and no others, that is the one line that comes:
 * "cannot run ...". Returns -1 with e set where there is no process.
 */
pid_t daemon_start(const struct daemon_start *s, int *life, struct err *e);

#endif
