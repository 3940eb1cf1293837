/*
 * What follows on what, for a guest under supervision: a table of its states and of what may
 * happen, and in each cell what is done then and the next state.
 */
#ifndef EARLYDOM_UNIT_TABLE_H
#define EARLYDOM_UNIT_TABLE_H

#include "unit.h"
#include "unit_acts.h"

struct unit_cell {
	unit_act *act;
	const char *name;     /* of the act */
	enum unit_state next; /* UNIT_STATES: the state stays */
};

/* For those who want to look at the table. */
const struct unit_cell *unit_cell(enum unit_state state, enum unit_event event);
const char *unit_event_name(enum unit_event event);

/*
 * Something has happened to u at the time now, ns: does what the table says, and whatever follows
 * from that. e is the cause of an event that has one (unit_acts.h). Returns 0, or -1 with e set
 * where the act has failed or refuses a command: then u is what it was. A command for a guest that
 * is lent to an errand may wait for that.
 */
int unit_event(struct units *all, struct unit *u, enum unit_event event, uint64_t now,
	       struct err *e);

/* The command that has waited, because u's guest was lent to an errand, which is back, or because
 * the supervisor that took it was killed. Returns whether there was one. */
bool unit_event_waited(struct units *all, struct unit *u);

#endif
