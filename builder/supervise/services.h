/*
 * dom0's services for guests: a store, a process that serves their consoles, bridges.
 *
 * All of it is optional. What can't be had is reported, and the guests that need it fail one by one
 * with that as their cause. It may take its time, may hang, and may end while guests run: so a
 * thread of its own attends to it. That one alone waits for daemons. The supervisor's loop takes
 * what it has found out; nothing here makes the loop wait, but services_open's and services_close's
 * own thread.
 */
#ifndef EARLYDOM_SERVICES_H
#define EARLYDOM_SERVICES_H

#include <pthread.h>

#include "builder/store/store_link.h"
#include "builder/store/store_watch.h"
#include "daemons.h"
#include "supervise_options.h"
#include "unit.h"

/*
 * A file that is to outlive the supervisor, under this name: given to the next one's services_open
 * it says that the daemon is ours and when it ends, or that the store which dom0's kernel knew has
 * ended.
 */
struct services_file {
	const char *name; /* "xenstored", "xenconsoled", "store-lost" */
	int fd;
};
#define SERVICES_FILES 3
extern const char *const services_names[SERVICES_FILES];

struct services_line;

struct services {
	/* The loop's. */
	int news; /* readable when services_take has something to take */
	enum consoles consoles;
	int tails_fd;        /* directory of xenconsoled's logs, or -1 */
	int tails_wake;      /* inotify of it, or -1 */
	bool decided;        /* whether there is a store has been found out once */
	bool tails_written;  /* logs have grown since those of other guests were emptied */
	uint64_t next_empty; /* when that may be done next, ns */
	uint64_t next_hand_over, hand_over_pause; /* ns */

	struct store_link link; /* every thread's */

	/* Both threads', under link.lock. */
	struct services_line *lines, **lines_end; /* to be reported */
	struct {
		enum consoles consoles;
		int tails_fd, tails_wake;
		bool decided, files_changed;
		bool lost;  /* a store has ended that dom0's kernel knew */
		bool again; /* guests may have been started while it did not serve */
		size_t bad;
	} seen;
	bool wanted;             /* somebody waits for an answer of the store */
	bool search;             /* a store is to be looked for now */
	pthread_cond_t searched; /* search is false again */

	/* The attending thread's. */
	pthread_t id;
	bool running;
	int poke, stop; /* eventfds: there is something to do; it is to end */
	enum store_wish wish;
	const struct own_root *own_root;
	const struct bridge_spec *bridges;
	size_t nr_bridges;
	const struct starter *starter; /* borrowed; or NULL */
	size_t absent;                 /* ports of theirs that have not come yet */
	uint64_t began;                /* ns */
	struct daemons_where at;
	struct daemon store, console; /* under link.lock, too, where they change */
	struct store_watch watch;
	int lost;            /* a file that says so when a store has ended, or -1 */
	int dir_wake;        /* inotify of the socket's directory while the store is gone, or -1 */
	bool ours;           /* the xenconsoled is */
	bool console_wanted; /* there was one: it is to be started again */
	bool console_said;   /* that this does not work has been said */
	uint64_t next_console, console_pause;  /* ns */
	uint64_t next_search, search_often_to; /* ns */
	uint64_t next_ask, silent_since;       /* ns; 0: it has answered */
};

/* Nothing is open. */
void services_init(struct services *a);

/*
 * Starts the thread, which makes the bridges, finds the daemons or starts those that the image has,
 * and looks after them from then on. files are the n that an earlier supervisor has left; they are
 * the services' own now. o is to stay until services_close. Returns 0, or -1 with e set.
 */
int services_open(struct services *a, const struct supervise_options *o,
		  const struct services_file *files, size_t n, struct err *e);

/* Ends the thread; the daemons go on. The hosts that have the link must have closed their handles.
 */
void services_close(struct services *a);

/* Gives a host, of whatever thread, its way to the store: from now on store_handle (store_link.h)
 * is the handle of the one that there is. */
void services_lend(struct services *a, struct host *h);

/*
 * Takes what the thread has found out: reports it, puts it into all (store, consoles), and hands
 * running guests over to a store that has come in the place of another. Returns how many things
 * went wrong at the start. To be called when `news` is readable, which also says that a back end's
 * node has changed: guests that wait are to be looked at.
 */
size_t services_take(struct services *a, struct units *all);

/* The same, when xenconsoled's logs have grown (tails_wake). True if they have. */
bool services_tails_changed(struct services *a);

/* Now and then, at the time now (ns): empties the logs of guests that are none of ours, and asks
 * the thread to look whether the store answers when somebody waits for it. */
void services_tick(struct services *a, struct units *all, uint64_t now);

/* When that is to be called at the latest, ns; UINT64_MAX for never. */
uint64_t services_due(const struct services *a, const struct units *all);

/*
 * Opens a store that has come up later, for hand-over: with a xenconsoled to take the consoles
 * over. Waits for the thread to do it, up to SERVICES_FIND_MS. Returns 0, or -1 with e set; then
 * services_take has it.
 */
#define SERVICES_FIND_MS 10000
int services_find_store(struct services *a, struct err *e);

/* What is to be kept for another supervisor, which remains the services' own. Returns the number.
 * services_files_changed tells whether there is something new since it was last asked. */
size_t services_files(struct services *a, struct services_file files[SERVICES_FILES]);
bool services_files_changed(struct services *a);

#endif
