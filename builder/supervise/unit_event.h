/*
 * What may happen to a unit, which unit_table.h has an answer to.
 */
#ifndef EARLYDOM_UNIT_EVENT_H
#define EARLYDOM_UNIT_EVENT_H

/* The columns of the table. */
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
	EVENT_JOB_FAILED, /* nothing is left of the domain; e says why */
	EVENT_JOB_STUCK,  /* the domain is left; e says why */

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

#endif
