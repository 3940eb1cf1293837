/*
 * The threads that build and destroy, so that the supervisor can drain consoles and answer
 * meanwhile, and that all of dom0's vcpus are used.
 *
 * Jobs are begun in the order given, as many at a time as there are threads, and come back as they
 * are done: none waits for another. While a guest's job is under way the guest is its thread's: the
 * supervisor does not look into it until the job comes back.
 *
 * A job hangs as long as what it asks: a disk that does not answer, under the file of a kernel.
 * That is said, and another thread does its thread's work as long as it hangs.
 */
#ifndef EARLYDOM_WORKER_H
#define EARLYDOM_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/report.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"

#define WORKERS_MAX 8

/* A job that has not come to its end by then is late. Unpacking a kernel takes 20 s where the
 * machine is emulated. */
#define JOB_LATE_NS (60 * NS_PER_S)

enum job_kind {
	JOB_START,   /* guest_build: only the devices and the unpause are left */
	JOB_RESTART, /* destroy the domain that ended, then as JOB_START */
	JOB_DESTROY, /* destroy the domain */
};

struct job {
	struct job *next;
	enum job_kind kind;
	struct guest *guest;
	int rc;        /* of guest_build or guest_destroy, once it came back */
	bool old_left; /* the domain that was to go is there still */
	struct err err;

	uint64_t began; /* ns; under the worker's lock */
	bool late;      /* that was said; the supervisor's thread alone changes it */
};

struct worker_thread {
	struct worker *worker;
	struct host *host; /* its own */
	struct job *job;   /* that it has begun; under the worker's lock */
	pthread_t id;
};

struct worker {
	struct report *report; /* the supervisor's, for what is late; set before worker_tick */
	struct worker_thread threads[WORKERS_MAX];
	unsigned n;
	struct host more[WORKERS_MAX]; /* of threads in the place of those that hang */
	unsigned nr_more;
	unsigned usual;            /* jobs that are under way at a time, but for late ones */
	struct build_locks shared; /* by the threads' hosts */
	pthread_mutex_t lock;
	pthread_cond_t wake, ended;
	unsigned live;                /* threads; under the lock, like the rest */
	struct job *todo, **todo_end; /* not begun yet */
	struct job *done, **done_end; /* not taken yet, in the order in which they were done */
	bool stop;
	bool waits;  /* nothing is begun */
	int done_fd; /* eventfd: readable when a job has come back */
};

/* How many threads are worth it for that many guests, on a dom0 with so many vcpus and MiB. */
unsigned worker_number(unsigned vcpus, uint64_t mib, size_t guests);

/*
 * Starts n threads, 1 to WORKERS_MAX. Each works with one of the n hosts, which nobody else may use
 * then. Returns 0, or -1 with e set and no thread started. Where only some could be started it goes
 * on with these: w->n is less than n then, and e is set.
 */
int worker_start(struct worker *w, struct host *hosts, unsigned n, struct err *e);

/*
 * Lets the jobs that were given finish, and ends the threads. A job that is late is not waited for:
 * then it returns false, and *w, the hosts, the guests and all that they use must stay as they are
 * until the process has ended.
 */
bool worker_stop(struct worker *w);

/* Gives a job; it is the caller's memory and must stay until worker_take has returned it. */
void worker_give(struct worker *w, struct job *j);

/* While it waits no job is begun, until it is to stop. At its start it does not. */
void worker_wait(struct worker *w, bool waits);

/* Takes a job back that was given and is not begun. False when it is begun, or was. */
bool worker_withdraw(struct worker *w, struct job *j);

/* The next job that is done, or NULL. Says it of one that was late. */
struct job *worker_take(struct worker *w);

/*
 * Says which jobs are late, and starts a thread in the place of one that hangs, up to WORKERS_MAX;
 * its host is a further one, with the link (store_link.h) of the others. Returns when it is to be
 * called again, ns; UINT64_MAX for no time.
 */
uint64_t worker_tick(struct worker *w, uint64_t now);

#endif
