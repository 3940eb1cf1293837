/*
 * What is done with a unit when something has happened to it: the acts that the table in
 * unit_table.c names. unit_enter does what a state begins with, whichever event leads to it.
 */
#ifndef EARLYDOM_UNIT_ACTS_H
#define EARLYDOM_UNIT_ACTS_H

#include "unit.h"

/* What may happen to a unit: the columns of the table. */
enum unit_event {
	EVENT_NONE, /* nothing more follows */

	/* What it waits for. */
	EVENT_BUILDABLE, /* the guests that it comes after are up, and its disks are there */
	EVENT_RUNNABLE,  /* its back ends and its device model are ready */
	EVENT_HOPELESS,  /* it can't be started, or not in time; e says why */
	EVENT_UP,        /* it is up, as its descriptor defines that */
	EVENT_DUE,       /* the pause before its next try is over */
	EVENT_LATE, /* it is not, and the time for it is over; e says what is missing, or nothing */

	/* The thread's job is over. */
	EVENT_BUILT,
	EVENT_DESTROYED,
	EVENT_JOB_FAILED,   /* nothing is left of the domain; e says why */
	EVENT_JOB_STUCK,    /* the domain is left; e says why */
	EVENT_END_PUT_OFF,  /* the domain that has ended could not be destroyed now; e says why */
	EVENT_STOP_PUT_OFF, /* the same, and it was asked to stop */

	/* Its start has failed, and what follows from that. */
	EVENT_TRY_AGAIN, /* the cause may pass */
	EVENT_GIVE_UP,   /* it may not, or there were tries enough */

	/* Its domain and what that needs. */
	EVENT_GONE,        /* somebody else has destroyed the domain */
	EVENT_GONE_PARTLY, /* the same, and its nodes or its device model are left */
	EVENT_SHUT_DOWN,   /* the domain has shut down: unit.ending is how, e the words for it */
	EVENT_MODEL_ENDED, /* the device model has ended while the domain runs; e says how */
	EVENT_STORE_GONE,  /* xenstored has ended */

	/* What the descriptor says for that end (on_poweroff, on_reboot, on_crash); e is how it
	   ended. */
	EVENT_RESTART,
	EVENT_DESTROY,
	EVENT_PRESERVE,
	EVENT_TOO_OFTEN, /* restart, and it has ended too often in a short time */

	/* Somebody's commands. One that is refused changes nothing, and e says why. */
	EVENT_ASK_START,
	EVENT_ASK_STOP,
	EVENT_ASK_DESTROY,
	EVENT_ASK_RELEASE,

	UNIT_EVENTS
};

/* Something has happened to a unit. */
struct happening {
	struct units *all;
	struct unit *u;
	uint64_t now;  /* ns */
	struct err *e; /* the cause of an event that has one; takes that of an act that fails */
};

/* One act. Returns the event that follows, EVENT_NONE for none, or -1 for a refusal with e set:
 * then the unit stays what it is. */
typedef int unit_act(const struct happening *h);

unit_act act_none;          /* nothing is to be done */
unit_act act_never;         /* it can't happen: a defect of ours, which is said */
unit_act act_judge_failure; /* whether its start is tried again, of one that could not be built */
unit_act act_judge_undone;  /* the same of one whose failed domain is gone */
unit_act act_judge_gone;    /* the same where it is gone, but with an error */
unit_act act_retry;         /* says why, and when it is tried again */
unit_act act_retry_plan;    /* the same, and that its build is not planned any more */
unit_act act_retry_undone;  /* says when; why was said before */
unit_act act_give_up;       /* says why, and that it is not built */
unit_act act_give_up_plan;  /* the same of one that was planned to be built */
unit_act act_undo;          /* says why, and that its domain is destroyed */
unit_act act_no_retry;      /* it is not tried again when its domain is gone */
unit_act act_try;           /* prepares the next try */
unit_act act_start;         /* the same, by a command: a fresh start */
unit_act act_put_end_off;   /* as if its end had not been seen yet */
unit_act act_say_failed;    /* says why, and keeps it */
unit_act act_run;           /* opens its console and lets the guest run; -1 where that fails */
unit_act act_up;            /* those that come after it may start */
unit_act act_late;          /* the same, and e is said */
unit_act act_connect;       /* notes that it begins to wait for its back ends */
unit_act act_judge;         /* the descriptor's answer to the way in which it has ended */
unit_act act_judge_stopped; /* the same for one that was asked to stop: it is not started again */
unit_act act_crash;         /* stops the domain as crashed, and judges that */
unit_act act_restart;       /* says so, and counts it */
unit_act act_say_destroyed, act_say_preserved, act_say_too_often;
unit_act act_lose;       /* says that somebody else has destroyed the domain */
unit_act act_lose_all;   /* the same, and nothing is left of it */
unit_act act_lose_given; /* the same of one that was given away: its nodes are not ours to remove */
unit_act act_store_gone; /* forgets that it is in the store; a stop that is under way goes on
			    without */
unit_act act_ask_to_stop;                                           /* unit_stop.h */
unit_act act_not_started, act_destroy_requested, act_destroy_built; /* by a command; says so */
unit_act act_not_tried;
unit_act act_release;
unit_act refuse_not_yet, refuse_no_domain, refuse_released, refuse_released_twice;
unit_act refuse_ending, refuse_running, refuse_domain_left;

/*
 * Makes it the unit's state: begins the thread's job of a state that is one, gives back what a
 * guest that is over has held, and writes the record.
 */
void unit_enter(struct units *all, struct unit *u, enum unit_state state);

#endif
