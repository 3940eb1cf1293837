/*
 * The starter: a process that does for the supervisor what takes root's powers, or a process.
 *
 * The supervisor reads what guests and strangers write, and gives up its powers for that
 * (builder/supervise/supervisor_powers.h). What still needs them is done by children of the
 * starter, each for one request; the starter itself does nothing but take requests and fork. It is
 * forked from the supervisor before that has threads and mappings of guests, so that a fork of it
 * costs little, and has neither the supervisor's connections nor its files.
 *
 * A request is a verb, a parcel and open files. Verbs are of two kinds:
 *
 *     run    the child becomes something of the supervisor's: a device model, a daemon, a decoder.
 *            It is a child of the supervisor's own, which waits for its end.
 *     help   the child does something and answers; nobody has to wait for its end.
 *
 * Without a starter (NULL: tests, commands on a host) the caller forks for `run`, and calls `help`
 * itself. Each thread may call at any time: a request that hangs holds up no other.
 *
 * A starter that ends does so with the supervisor, or before it: then every call fails, and the
 * supervisor has to begin anew.
 */
#ifndef EARLYDOM_STARTER_H
#define EARLYDOM_STARTER_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "parcel.h"
#include "starter_verb.h"

struct starter {
	int fd; /* requests go there; hangs up when the starter ends */
	const struct starter_verb *const *verbs;
	size_t nr_verbs;
};

/*
 * Forks the starter, which knows these verbs; of this process's files it has the standard ones
 * alone. To be called before there are threads, and while there is nothing in memory that it must
 * not have. Returns 0, or -1 with e set. In the starter it does not return.
 */
int starter_begin(struct starter *s, const struct starter_verb *const *verbs, size_t nr_verbs,
		  struct err *e);
void starter_close(struct starter *s);

/*
 * Has a process run the verb. Returns it, and in *pidfd, where that is not NULL, a file of it, or
 * -1 with e set.
 */
pid_t starter_run(const struct starter *s, const struct starter_verb *v, const struct parcel *p,
		  const int *files, size_t nr_files, int *pidfd, struct err *e);

/* Has it done, and waits for the answer. *file, where it is not NULL, is what came with it, or -1.
 * Returns as `help` does. */
int starter_help(const struct starter *s, const struct starter_verb *v, const struct parcel *p,
		 const int *files, size_t nr_files, int *file, struct err *e);

#endif
