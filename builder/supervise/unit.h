/*
 * A guest under supervision: its state, as data. What happens to it, and what follows from that, is
 * in unit_table.h.
 *
 * Everything of a unit is done in the supervisor's thread.
 */
#ifndef EARLYDOM_UNIT_H
#define EARLYDOM_UNIT_H

#include <stdio.h>

#include "base/bounded_log.h"
#include "base/rate.h"
#include "console.h"
#include "console_tail.h"
#include "echo.h"
#include "policy.h"
#include "base/report.h"
#include "builder/host/rundir.h"
#include "builder/keeper/ledger.h"
#include "builder/store/store_link.h"
#include "worker.h"
#include "errand.h"
#include "builder/image/image_files.h"
#include "builder/device/disk.h"
#include "builder/devmodel/devmodel.h"

enum unit_state {
	UNIT_WAITING,    /* for guests that it comes after, or for a disk that is not there yet */
	UNIT_STARTING,   /* a thread builds it, or is about to */
	UNIT_CANCELLED,  /* the same, and it is destroyed as soon as it is built */
	UNIT_CONNECTING, /* built; waits for the back ends of its devices, and its device model */
	UNIT_RUNNING,
	UNIT_RETRYING,  /* its start has failed, and is tried again after a pause; it has no domain
			 */
	UNIT_STOPPING,  /* asked to shut down; runs on until it does */
	UNIT_ENDING,    /* a thread destroys what there is of it; then it has ended */
	UNIT_FAILING,   /* the same; then it has failed */
	UNIT_ENDED,     /* its domain is gone, as told */
	UNIT_PRESERVED, /* it ended, and its domain is kept to be looked at */
	UNIT_FAILED,    /* could not be built, or ended too often */
	UNIT_STUCK,     /* failed, and its domain could not be destroyed */
	UNIT_RELEASED,  /* it runs on, and is not earlydom's any more */
	UNIT_STATES
};

/* Who drains the guests' console rings. */
enum consoles {
	CONSOLES_OURS,      /* earlydom itself */
	CONSOLES_LOGGED,    /* xenconsoled, and earlydom reads its logs */
	CONSOLES_ELSEWHERE, /* a xenconsoled that earlydom has not started: it keeps no logs for us
			     */
};

struct unit;

/* What is asked of a unit that is not the errand's own business (unit_errand.h). */
enum unit_errand_kind {
	/* Its guest is lent to the thread. */
	UNIT_ERRAND_IMAGES,   /* the files that it is built from are looked for */
	UNIT_ERRAND_HOLD,     /* its devices are */
	UNIT_ERRAND_CONNECT,  /* its back ends and its device model are looked at */
	UNIT_ERRAND_BACKENDS, /* devices that another domain has served are */
	/* It is not: the errand has what it needs. */
	UNIT_ERRAND_UP, /* whether it is up */
};

struct unit_errand {
	struct errand errand;
	enum unit_errand_kind kind;
	struct units *all;
	struct unit *u;
	uint64_t now;      /* when it was asked, ns */
	uint64_t waited;   /* since it began to wait, ns */
	bool again;        /* something has happened since then: it is to be asked again */
	bool absent;       /* the answers: a device that may still come, */
	bool yes;          /* ready, up */
	char node[512];    /* what is asked of the store; "": the devices of this: */
	struct guest copy; /* vifs are the errand's */
};

/* Domains that serve its devices, of which one has ended (unit_backends.h). */
enum backends_step { BACKENDS_TAKE_OFF, BACKENDS_PUT_BACK, BACKENDS_LOOK };

struct unit_backends {
	uint64_t lost;    /* when that was seen, ns; 0: all are served */
	uint64_t next;    /* when it is gone on with, ns */
	bool late;        /* that it is away for long was said */
	bool look;        /* something has happened while the guest was lent */
	const char *name; /* of the one that it is about, the descriptor's; NULL: not known */
	uint32_t domid;   /* of that one, until it is taken off */
	size_t turn;      /* the device that is looked at next */
	enum backends_step step; /* of the errand */
};

/* The request to shut down, in the store. */
struct unit_request {
	struct errand errand;
	struct unit *u;
	uint32_t domid;
	char node[64];
	bool refused; /* by the store; what follows is not done yet */
	int before;   /* the state that it was in, enum unit_state */
};

/* The files of a guest that runs, which an earlier supervisor has not left. */
struct unit_seek {
	struct errand errand;
	struct units *all;
	struct unit *u;
	struct guest guest; /* its files are the errand's */
};

/* Another medium for a cdrom drive; its guest is lent to the errand. */
struct unit_media {
	struct errand errand;
	struct units *all;
	struct unit *u;
	bool under_way;
	size_t index; /* of the drive among the guest's disks */
	char *target; /* the errand's */
	int rc;       /* what came of the newest one */
	struct err err;
};

/* The terminal by which xenconsoled takes input for a domain. */
struct unit_terminal {
	struct errand errand;
	struct unit *u;
	uint32_t asked, domid; /* of the errand; of path, or NO_DOMAIN */
	uint64_t since;        /* when it was asked for, ns */
	char path[64], found[64];
};

/* Files that nobody holds any more. */
struct image_closing {
	struct errand errand;
	struct image_cache *images;
};

/* All guests get their place in a store (unit_hand_over.h), one after the other. */
struct hand_over {
	struct errand errand;
	bool under_way;
	struct units *all;
	struct unit *u; /* the errand's; its guest is lent to that */
	bool ours;      /* earlydom itself drains its console */
	size_t next;    /* the unit that is looked at next */
	int rc;
	struct err err; /* the first cause */
};

/* What all guests share. */
struct units {
	struct host *host;             /* the supervisor's own */
	const struct starter *starter; /* borrowed; NULL: what it would do is done here */
	xenevtchn_handle *xce;
	struct worker *worker;
	struct errands *errands;
	struct image_cache *images;
	struct disk_table *disks;
	struct pci_table *pcis;
	struct devmodels models;
	const struct rundir *run;
	enum consoles consoles;
	int tails_fd; /* directory of xenconsoled's logs, for CONSOLES_LOGGED */
	enum store_state store;
	unsigned store_generation; /* of xenstored, as host.h counts */
	bool store_deaf;  /* dom0's kernel does not hear the store: it knew one that has ended */
	bool store_again; /* the store was away: guests that it does not know are handed over */
	struct report *report;
	bool paused;          /* guests are built, and not let run */
	uint64_t began, over; /* when the supervisor began; when every guest had been tried, or 0 */
	enum echo_to echo;
	struct console_out *echo_out;
	/* Takes each guest's output for those who are attached to it; set by the supervisor. */
	void (*output)(void *arg, const struct unit *u, const char *buf, size_t n);
	void *output_arg;
	/* Looks for a store that was not there at the start, in an errand's thread; set by the
	 * supervisor. Returns 0, or -1 with e set. */
	int (*find_store)(void *arg, struct err *e);
	void *find_store_arg;
	/* Begins to replace the program by the one of that file, which is the supervisor's then;
	 * set by the supervisor. Returns 0, or -1 with e set. */
	int (*upgrade)(void *arg, int program, struct err *e);
	void *upgrade_arg;
	bool upgrading;        /* that is under way */
	const char *why_began; /* why this supervisor began (BEGIN_*), borrowed; or NULL */
	struct ledger *ledger; /* where the units are written down; NULL for nowhere */
	bool leaving;          /* the supervisor is about to end: nothing more is begun */
	bool root_moves; /* the root is about to be another one: no file is looked for until then */
	struct hand_over hand_over;
	struct image_closing closing;
	uint64_t longest_turn; /* of the loop, without what it waited for events, ns */
	struct unit *list;     /* stays where it is: it has room for the others, too */
	size_t n, room;
	const struct guest_config *others; /* guests that can be started, and are not units yet */
	size_t nr_others;
};

struct unit {
	struct guest guest; /* a thread's while unit_busy */
	struct job job;
	struct unit_errand errand;
	struct unit_request request;
	struct unit_terminal terminal;
	struct unit_seek seek;
	struct unit_media media;
	struct unit_backends backends;
	bool handing_over; /* its guest is lent for that */
	int asked;         /* a command that waits for the errand, enum unit_event; 0 for none */
	enum unit_state state;

	uint64_t since;    /* when it began to wait, to connect or to run, ns */
	uint64_t retry;    /* when its disks are looked for again, ns */
	unsigned looks;    /* that were begun for them */
	bool awaits_store; /* before it can be built, or run */
	bool up;           /* what comes after it may start: it is up, or is waited for no longer */

	bool tried;        /* its first start has come to an end, well or not */
	bool ran;          /* it has run at least once */
	bool again;        /* UNIT_FAILING: its start is tried again when its domain is gone */
	unsigned tries;    /* starts that have failed since it ran last */
	uint64_t retry_at; /* UNIT_RETRYING: when it is tried again, ns */

	bool stop_by_store;    /* the request is in the store, not typed on the console */
	uint64_t stop_since;   /* when stop was asked for, ns; 0 when it was not */
	uint64_t stop_refused; /* the stop of all guests by which it could not be asked: when that
				  began, ns */
	unsigned stop_sent;    /* how many of the requests have been given to the guest */
	bool stop_again;       /* adopted: nobody knows whether the request is in the store */

	/* Where its output comes from: its ring, or the log of xenconsoled, which drains the ring.
	 */
	struct console console;
	struct console_tail tail;
	struct console
		rest;     /* the ring of one that has ended, of which xenconsoled reads the rest */
	bool console_due; /* it was adopted, and its console is to be opened */
	bool held;        /* it has been said that its end waits for the store */
	bool heard;       /* its last words have been read */
	uint64_t console_since;  /* ns */
	unsigned console_events; /* since then */
	bool console_masked;     /* it floods: quiet until the next tick */
	struct rate console_rate;
	uint64_t console_later; /* it has printed what it may: its ring is looked at again then,
				   ns; 0: at its next event */
	bool model_said;        /* its device model has said something, or ended */
	struct bounded_log log;
	struct echo_line line;

	uint32_t recorded; /* the domain that libxl's record is of (xl_records.h), or NO_DOMAIN */
	unsigned media_changes,
		media_recorded; /* changes of media, and how many of them libxl's record has */
	uint64_t
		ended_at; /* when its domain was first seen to have ended, ns; 0 while it has not */
	uint64_t end_again; /* its end could not be handled, and is not before that, ns */
	enum ending ending; /* how it ended, once it has */
	struct deaths deaths;
	unsigned restarts;
	char why[512]; /* why it has failed, or how it ended */
	unsigned refusals;
	char refusal[512]; /* why the newest request was not taken, after it seemed to be */
};

/* What is shown to people: several states have one name. */
const char *unit_state_name(enum unit_state s);

/* Sets up u for a guest and opens its log; one that can't be opened is said, and the guest goes
 * without. Returns 0, or -1 with e set. */
int unit_init(struct units *all, struct unit *u, const struct guest_config *cfg, struct err *e);

/* Gives back what u holds; its domain goes on. */
void unit_release(struct units *all, struct unit *u);

/* A thread builds or destroys it. */
bool unit_has_job(const struct unit *u);

/* An errand is away that its guest is lent to. */
bool unit_lent(const struct unit *u);

/* A thread has its guest for longer than errands or jobs take. */
bool unit_hangs(const struct unit *u);

/* Either: its guest is that thread's, but for what is neither changed by an errand nor by a job. */
bool unit_busy(const struct unit *u);

/* It failed, whatever there is left of it. */
bool unit_failed(const struct unit *u);

/* It failed, or its last start did and another one is to come or under way. */
bool unit_failed_so_far(const struct unit *u);

/* True when no thread works at it and it has come to its end: its domain is gone, kept as told,
 * given away, or can't be destroyed. */
bool unit_settled(const struct unit *u);

/* True when nothing can come of the guest any more: no domain, and none to be built. */
bool unit_over(const struct unit *u);

/* True until its first start has come to an end: it waits, is built, or its failed try is undone.
 */
bool unit_undecided(const struct unit *u);

/* Seconds until a retrying unit is tried again, rounded up. */
unsigned unit_pause_s(const struct unit *u, uint64_t now);

/* Whether it has a device model, or what is left of one. */
bool unit_has_model(const struct unit *u);

const char *unit_name(const struct unit *u);

/* The newest request was not taken, after it seemed to be: those who wait for it are told why. */
void unit_refuse(struct unit *u, const char *why);

/* The unit of that name, or NULL. */
struct unit *units_find(struct units *all, const char *name);

#endif
