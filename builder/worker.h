/*
 * The thread that builds and destroys, so that the supervisor can drain consoles and answer
 * meanwhile.
 *
 * One job at a time, in the order given. While a guest's job is under way the guest is the
 * worker's: the supervisor does not look into it until the job comes back.
 */
#ifndef EARLYDOM_WORKER_H
#define EARLYDOM_WORKER_H

#include <pthread.h>
#include <stdbool.h>

#include "guest.h"

enum job_kind {
	JOB_START, /* build, up to where it only has to be let run */
	JOB_RESTART, /* destroy the domain that ended, then build, up to where it only has to be let run anew */
	JOB_DESTROY, /* destroy the domain */
};

struct job {
	struct job *next;
	enum job_kind kind;
	struct guest *guest;
	int rc; /* of guest_build or guest_destroy, once it came back */
	struct err err;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *todo, **todo_end; /* under the lock, like the rest */
	struct job *done, **done_end;
	bool stop;
	int done_fd;       /* eventfd: readable when a job has come back */
	struct host *host; /* the worker's own */
};

/* Starts the thread, which works with host and nobody else may then. Returns 0, or -1 with e set.
 */
int worker_start(struct worker *w, struct host *host, struct err *e);

/* Lets the jobs that were given finish, and ends the thread. */
void worker_stop(struct worker *w);

/* Gives a job; it is the caller's memory and must stay until worker_take has returned it. */
void worker_give(struct worker *w, struct job *j);

/* The next job that has come back, or NULL. */
struct job *worker_take(struct worker *w);

#endif
