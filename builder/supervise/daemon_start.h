/*
 * The start of one of Xen's daemons (daemons.h), up to its first instruction: in the own root, with
 * no file, signal or limit of the supervisor's, and with no more of root's powers and of the
 * kernel's calls than it needs, then and later: it reads what guests write.
 */
#ifndef EARLYDOM_DAEMON_START_H
#define EARLYDOM_DAEMON_START_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "builder/host/own_root.h"
#include "builder/starter/starter.h"
#include "daemon_calls.h"

struct daemon_start {
	const char *name;
	const char *program;             /* its path, in own_root where there is one */
	const char *const *argv;         /* NULL-terminated; argv[0] too */
	const struct own_root *own_root; /* or NULL: where the supervisor is (tests) */
	const struct daemon_powers *powers;
	/* Which starts it, with its usual powers; NULL: this process, with those of `powers`. */
	const struct starter *starter;
};

extern const struct starter_verb daemon_verb;

/* The filter of its calls. Returns false where the lists are too long. */
bool daemon_filter(const struct daemon_powers *p, struct seccomp_filter *out);

/*
 * The filter of a program with shared libraries, which denies (base/machine_calls.h), and leaves it
 * no sockets but local ones. Returns false where the lists are too long. Allocates nothing; safe
 * between fork and exec.
 */
bool daemon_filter_shared(struct seccomp_filter *out);

/*
 * Starts it. Returns the process, and in *life a file that is at its end when that process and all
 * of its children have ended; what they write to stderr comes before that. It does not block. Where
 * it cannot run, or cannot do so with these powers and no others, that is the one line that comes:
 * "cannot run ...". Returns -1 with e set where there is no process.
 */
pid_t daemon_start(const struct daemon_start *s, int *life, struct err *e);

#endif
