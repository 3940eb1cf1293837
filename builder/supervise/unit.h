/*
 * A guest under supervision: its state, and what happens to it next.
 *
 * Everything here runs in the supervisor's thread.
 */
#ifndef EARLYDOM_UNIT_H
#define EARLYDOM_UNIT_H

#include <stdio.h>

#include "base/bounded_log.h"
#include "console.h"
#include "console_tail.h"
#include "echo.h"
#include "policy.h"
#include "base/report.h"
#include "builder/host/rundir.h"
#include "worker.h"
#include "builder/image/image_files.h"
#include "builder/device/disk.h"
#include "builder/devmodel/devmodel.h"

enum unit_state {
	UNIT_WAITING,    /* for guests that it comes after, or for a disk that is not there yet */
	UNIT_STARTING,   /* waits for its build or is being built */
	UNIT_CONNECTING, /* built; waits for the back ends of its devices */
	UNIT_RUNNING,
	UNIT_STOPPING,  /* asked to shut down, or being destroyed */
	UNIT_ENDED,     /* its domain is gone, as told */
	UNIT_PRESERVED, /* it ended, and its domain is kept to be looked at */
	UNIT_FAILED,    /* could not be built, or ended too often */
	UNIT_RELEASED,  /* it runs on, and is not earlydom's any more */
};

/* Who drains the guests' console rings. */
enum consoles {
	CONSOLES_OURS,      /* earlydom itself */
	CONSOLES_LOGGED,    /* xenconsoled, and earlydom reads its logs */
	CONSOLES_ELSEWHERE, /* a xenconsoled that earlydom has not started: it keeps no logs for us */
};

struct unit;

/* What all guests share. */
struct units {
	struct host *host; /* the supervisor's own */
	xenevtchn_handle *xce;
	struct worker *worker;
	struct image_cache *images;
	struct disk_table *disks;
	struct devmodels models;
	const struct rundir *run;
	enum consoles consoles;
	int tails_fd; /* directory of xenconsoled's logs, for CONSOLES_LOGGED */
	struct report *report;
	bool paused;          /* guests are built, and not let run */
	uint64_t began, over; /* when the supervisor began; when every guest had been tried, or 0 */
	enum echo_to echo;
	int echo_fd;
	/* Takes each guest's output for those who are attached to it; set by the supervisor. */
	void (*output)(void *arg, const struct unit *u, const char *buf, size_t n);
	void *output_arg;
	/* Opens a store that was not there at the start; set by the supervisor. Returns 0, or -1 with e
	 * set. */
	int (*find_store)(void *arg, struct err *e);
	void *find_store_arg;
	struct unit *list;
	size_t n;
};

struct unit {
	struct guest guest; /* the worker's while busy */
	struct job job;
	bool busy;
	enum unit_state state;
	enum unit_state after; /* the state once a JOB_DESTROY is done */

	uint64_t since; /* when it began to wait or to connect, ns */

	uint64_t retry;    /* when its disks are looked for again, ns */
	bool up;           /* what comes after it may start: it is up, or is waited for no longer */
	bool user_stop;    /* stop or destroy was asked for: no restart, whatever the policy */
	bool user_destroy; /* destroy was asked for while the worker was busy */
	bool stop_by_store;  /* the request is in the store, not typed on the console */
	uint64_t stop_since; /* when stop was asked for, ns; 0 when it was not */
	unsigned stop_sent;  /* how many of the requests have been given to the guest */

	/* Where its output comes from: its ring, or the log of xenconsoled, which drains the ring. */
	struct console console;
	struct console_tail tail;
	unsigned console_events; /* since the last tick */
	bool console_masked;     /* it floods: quiet until the next tick */
	struct bounded_log log;
	struct echo_line line;

	uint32_t recorded; /* the domain that libxl's record is of (xl_records.h), or NO_DOMAIN */
	uint64_t
		ended_at; /* when its domain was first seen to have ended, ns; 0 while it has not */
	struct deaths deaths;
	unsigned restarts;
	char why[512]; /* why it is FAILED, or how it ended */
};

const char *unit_state_name(enum unit_state s);

/* Sets up u for a guest and opens its log. Returns 0, or -1 with e set. */
int unit_init(struct units *all, struct unit *u, const struct guest_config *cfg, struct err *e);

/* Gives back what u holds; its domain goes on. */
void unit_release(struct units *all, struct unit *u);

/*
 * Holds the guest's images; a failure is reported and noted. All guests hold theirs before the
 * first one is started: then it is known which of them share a kernel.
 */
void unit_hold(struct units *all, struct unit *u);

/*
 * Goes on with what a guest waits for, if that has come: its build, once the guests that it comes
 * after are up and its disks are there; its run, once its back ends are ready. To be called when all
 * guests hold their images, and whenever time has passed or the store has changed.
 */
void unit_proceed(struct units *all, struct unit *u, uint64_t now);

/* The worker is done with u's job. */
void unit_job_done(struct units *all, struct unit *u);

/*
 * The state of u's domain as the hypervisor has it now: info NULL when it is not there any more.
 * Acts when it has ended.
 */
void unit_look(struct units *all, struct unit *u, const xc_domaininfo_t *info);

/* Once a tick: goes on with what it waits for, sends what is due of a stop, and lets a flooding
 * console speak again. */
void unit_tick(struct units *all, struct unit *u, uint64_t now);

/*
 * Takes what the console's ring holds, to the log, the echo and those who are attached. Returns the
 * number of bytes; 0 when the ring is empty.
 */
size_t unit_console(struct units *all, struct unit *u);

/* Types on the guest's console. Returns how many of the n bytes it has room for now. */
size_t unit_type(struct units *all, struct unit *u, const char *buf, size_t n);

/* Asks the guest to shut down (clean), or destroys it. Returns 0, or -1 with e set: it has no
 * domain. */
int unit_stop(struct units *all, struct unit *u, uint64_t now, struct err *e);
int unit_destroy(struct units *all, struct unit *u, struct err *e);

/*
 * Gives up the responsibility for the guest: it runs on, is not watched and not started again, and
 * everything held for it is given back. Returns 0, or -1 with e set: it has no domain, or earlydom
 * drains its console, without which it would stop.
 */
int unit_let_go(struct units *all, struct unit *u, struct err *e);

/*
 * Gives all guests that were started without a store their place in one that has come since, and
 * their consoles to xenconsoled. Says what it did of each. Returns 0, or -1 with e set to the first
 * cause; the others are handed over all the same.
 */
int units_hand_over(struct units *all, struct err *e);

/* True when no job is under way and the guest has come to its end: its domain is gone, kept as told, or
 * can't be had rid of (UNIT_FAILED). */
bool unit_settled(const struct unit *u);

/* True when nothing can come of the guest any more: no domain, and none to be built. */
bool unit_over(const struct unit *u);

/* True until it is known whether the guest comes up: it waits, is built, or its failed try is undone. */
bool unit_undecided(const struct unit *u);

/* The record of u as key=value lines, or as one line of tab-separated values for `earlydom list`.
 */
void unit_print_record(const struct unit *u, FILE *to);
void unit_print_row(const struct unit *u, FILE *to);

/* The row of u in the timeline of the boot (timeline.h). */
void unit_print_phases(const struct unit *u, FILE *to);

#endif
