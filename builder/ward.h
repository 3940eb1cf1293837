/*
 * A guest under supervision: its state, and what happens to it next.
 *
 * Everything here runs in the supervisor's thread.
 */
#ifndef EARLYDOM_WARD_H
#define EARLYDOM_WARD_H

#include <stdio.h>

#include "conlog.h"
#include "console.h"
#include "echo.h"
#include "policy.h"
#include "report.h"
#include "rundir.h"
#include "worker.h"

enum ward_state {
	WARD_STARTING, /* waits for its build or is being built */
	WARD_RUNNING,
	WARD_STOPPING,  /* asked to shut down, or being destroyed */
	WARD_ENDED,     /* its domain is gone, as told */
	WARD_PRESERVED, /* it ended, and its domain is kept to be looked at */
	WARD_FAILED,    /* could not be built, or ended too often */
};

struct ward;

/* What all guests share. */
struct wards {
	struct host *host; /* the supervisor's own */
	xenevtchn_handle *xce;
	struct worker *worker;
	struct image_cache *images;
	const struct rundir *run;
	struct report *report;
	enum echo_to echo;
	int echo_fd;
	/* Takes each guest's output for those who are attached to it; set by the supervisor. */
	void (*output)(void *arg, const struct ward *w, const char *buf, size_t n);
	void *output_arg;
	struct ward *list;
	size_t n;
};

struct ward {
	struct guest guest; /* the worker's while busy */
	struct job job;
	bool busy;
	enum ward_state state;
	enum ward_state after; /* the state once a JOB_DESTROY is done */

	bool user_stop;      /* stop or destroy was asked for: no restart, whatever the policy */
	bool user_destroy;   /* destroy was asked for while the worker was busy */
	uint64_t stop_since; /* when stop was asked for, ns; 0 when it was not */
	unsigned stop_sent;  /* how many of the requests have been given to the guest */

	struct console console;
	unsigned console_events; /* since the last tick */
	bool console_masked;     /* it floods: quiet until the next tick */
	struct conlog log;
	struct echo_line line;

	struct deaths deaths;
	unsigned restarts;
	char why[512]; /* why it is FAILED, or how it ended */
};

const char *ward_state_name(enum ward_state s);

/* Sets up w for a guest and opens its log. Returns 0, or -1 with e set. */
int ward_init(struct wards *all, struct ward *w, const struct guest_config *cfg, struct err *e);

/* Gives back what w holds; its domain goes on. */
void ward_release(struct wards *all, struct ward *w);

/*
 * Holds the guest's images; a failure is reported and noted. All guests hold theirs before the first one is
 * started: then it is known which of them share a kernel.
 */
void ward_hold(struct wards *all, struct ward *w);

/* Has the guest built, unless it has failed already. */
void ward_start(struct wards *all, struct ward *w);

/* The worker is done with w's job. */
void ward_job_done(struct wards *all, struct ward *w);

/*
 * The state of w's domain as the hypervisor has it now: info NULL when it is not there any more.
 * Acts when it has ended.
 */
void ward_look(struct wards *all, struct ward *w, const xc_domaininfo_t *info);

/* Once a tick: sends what is due of a stop, and lets a flooding console speak again. */
void ward_tick(struct wards *all, struct ward *w, uint64_t now);

/*
 * Takes what the console's ring holds, to the log, the echo and those who are attached. Returns the
 * number of bytes; 0 when the ring is empty.
 */
size_t ward_console(struct wards *all, struct ward *w);

/* Asks the guest to shut down (clean), or destroys it. Returns 0, or -1 with e set: it has no
 * domain. */
int ward_stop(struct wards *all, struct ward *w, uint64_t now, struct err *e);
int ward_destroy(struct wards *all, struct ward *w, struct err *e);

/* True when no job is under way and the guest has come to its end: its domain is gone, kept as told, or
 * can't be had rid of (WARD_FAILED). */
bool ward_settled(const struct ward *w);

/* True when nothing can come of the guest any more: no domain, and none to be built. */
bool ward_over(const struct ward *w);

/* The record of w as key=value lines, or as one line of tab-separated values for `earlydom list`.
 */
void ward_print_record(const struct ward *w, FILE *to);
void ward_print_row(const struct ward *w, FILE *to);

#endif
