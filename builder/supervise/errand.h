/*
 * Errands: short work of the supervisor's loop that may block (a request to the store, a look at a
 * disk, netlink, a file of the real root), done by threads beside it.
 *
 * A thread hangs as long as what it asks: a disk that does not answer, a root that is frozen, a
 * xenstored that was stopped. That costs what was asked for and nothing else. It is said, others'
 * errands go on with other threads, and the errand is taken up whenever it comes back. While an
 * errand is away, what it uses is its thread's: the loop does not touch that.
 *
 * All functions are the loop's to call, but for an errand's own.
 */
#ifndef EARLYDOM_ERRAND_H
#define EARLYDOM_ERRAND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/report.h"
#include "builder/host/host.h"
#include "builder/store/store_link.h"

/* One that is not back by then is said. */
#define ERRAND_LATE_NS (10 * NS_PER_S)

/* Threads: so many are started as they are wanted; further ones, up to ERRANDS_MAX, when an errand
 * was not begun for ERRAND_WAIT_NS. */
#define ERRANDS_USUAL  2
#define ERRANDS_MAX    32
#define ERRAND_WAIT_NS (100 * NS_PER_MS)

/* How long the end of all waits for errands that are not late. */
#define ERRANDS_END_MS 1000

struct units; /* unit.h */

struct errand {
	/* The giver's. run is called in a thread, with a host of the thread's own; it sets rc, and
	 * err where rc is -1. done is called in the loop, by whoever takes it. */
	void (*run)(struct errand *e, struct host *h);
	void (*done)(struct units *all, struct errand *e);
	void (*discard)(struct errand *e); /* frees one that nobody takes any more; or NULL */
	const char *who;                   /* whom it is for: a guest's name */
	const char *what;                  /* for messages: "the look at its devices" */
	bool by_path; /* it opens files: the root stays the same while it is away */
	bool alone;   /* it goes without a host: there may be none */
	int rc;       /* once it is back, like err: -1 also when it could not be run */
	struct err err;

	/* errand.c's; zero before the first use. */
	struct errand *next;       /* waits to be begun, or to be taken */
	struct errand *other_away; /* of all that are away */
	uint64_t given;            /* ns */
	bool away;
	bool late; /* that was said */
};

struct errand_thread {
	struct errands *errands;
	struct host host; /* opened by the thread, when it needs it */
	pthread_t id;
};

struct errands {
	struct report *report;
	bool verbose;
	struct store_link
		*link;       /* by which the threads have a store; set before the first errand */
	atomic_bool store;   /* without a link: there is one */
	struct errand *away; /* given, and not taken */

	struct errand_thread threads[ERRANDS_MAX];
	unsigned n;
	pthread_mutex_t lock;
	pthread_cond_t wake, ended;
	struct errand *todo, **todo_end; /* not begun; under the lock, like the rest */
	struct errand *back, **back_end; /* not taken */
	unsigned waiting;                /* that are not begun */
	unsigned idle, live;             /* threads */
	bool stop;
	int done_fd; /* eventfd: readable when an errand has come back */
};

/* No thread is started yet. verbose is for the threads' hosts (host.h). Returns 0, or -1 with e
 * set. */
int errands_open(struct errands *a, struct report *r, bool verbose, struct err *e);

/*
 * Lets errands that are away come back, and ends the threads. Errands that are late are not waited
 * for, nor others for longer than ERRANDS_END_MS: then it returns false, and *a, the errands and
 * all that they use must stay as they are until the process has ended.
 */
bool errands_close(struct errands *a);

/* Whether the threads are to have a store from now on. */
void errands_store(struct errands *a, bool store);

/* Gives an errand that is not away; it is the caller's memory and must stay until errand_take has
 * returned it. */
void errand_give(struct errands *a, struct errand *e);

/* The next errand that has come back, or NULL. Says it of one that was late. */
struct errand *errand_take(struct errands *a);

/* Whether one that opens files is away, and not late. */
bool errands_by_path(const struct errands *a);

/*
 * Says which errands are late, and starts a thread where one is missing. Returns when it is to be
 * called again, ns; UINT64_MAX for no time.
 */
uint64_t errands_tick(struct errands *a, uint64_t now);

#endif
