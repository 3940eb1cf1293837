/*
 * The keeper: a process that starts the supervisor, has what must not be lost, and starts it again
 * when it ends, or does not turn any more.
 *
 * It needs no file of the root that it runs in: the programs are open files. When the supervisor
 * leaves that root, which is about to be emptied, the keeper does, too: those that it starts later
 * begin where the supervisor was. It ends when the
 * supervisor ends as it was told to. When the keeper itself is killed, the supervisor starts
 * another one, and gives it everything.
 *
 * What it is given (kept.h): "program" is the supervisor's program, "heart" the memory of heart.h,
 * "own-root" the directory that is the root later, "supervisor" the pidfd of a supervisor that runs
 * already; all else it only hands on.
 */
#ifndef EARLYDOM_KEEPER_H
#define EARLYDOM_KEEPER_H

#include "base/err.h"
#include "builder/starter/starter.h"
#include "kept.h"

#define KEPT_PROGRAM     "program"
#define KEPT_PROGRAM_NEW "program-new"
#define KEPT_HEART       "heart"
#define KEPT_ROOT        "own-root"
#define KEPT_SUPERVISOR  "supervisor"
#define KEPT_KEEPER      "keeper" /* the keeper's pidfd, for the supervisor */

/* A supervisor that has not rested for so long is ended, and one that is stopped. */
#ifndef KEEPER_HUNG_MS
#define KEEPER_HUNG_MS 10000
#endif
/* How long a new version may take until it says KEPT_UP. */
#ifndef KEEPER_UP_MS
#define KEEPER_UP_MS 10000
#endif

/* The process, to its end. channel is where its starter has sent everything. Returns its exit
 * status. */
int keeper_run(int channel);

/*
 * Becomes the keeper that starts the first supervisor, in a process that was forked for it:
 * `program keeper`, which gets the list k. Returns only with e set.
 */
int keeper_become(struct kept *k, struct err *e);

/*
 * Starts a keeper for this process, the supervisor, and makes k->channel the socket to it. Called
 * at the end of another one. The starter forks it, or without one (NULL) this process. Never blocks
 * but for the fork. Returns 0, or -1 with e set.
 */
int keeper_start(struct kept *k, const struct starter *s, struct err *e);

extern const struct starter_verb keeper_verb;

#endif
