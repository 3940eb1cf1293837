/*
 * What is done with a unit when something has happened to it: the acts that the table in
 * unit_table.c names. unit_enter does what a state begins with, whichever event leads to it.
 */
#ifndef EARLYDOM_UNIT_ACTS_H
#define EARLYDOM_UNIT_ACTS_H

#include "unit.h"
#include "unit_event.h"

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

/* Writes the record in RUNDIR, as unit_enter does, where something else of it has changed. */
void unit_write_record(const struct units *all, const struct unit *u);

#endif
