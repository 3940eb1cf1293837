/*
 * What the files of a unit share: for unit*.c alone.
 */
#ifndef EARLYDOM_UNIT_INSIDE_H
#define EARLYDOM_UNIT_INSIDE_H

#include "unit.h"

static inline const char *unit_name(const struct unit *u)
{
	return u->guest.cfg->name;
}

/* Whether u has a device model, or what is left of one. */
static inline bool unit_has_model(const struct unit *u)
{
	return u->guest.cfg->type == GUEST_HVM && u->guest.model.state != DEVMODEL_NONE;
}

/* The new state, and the record of it. Gives back what a guest that is over has held. */
void unit_set_state(struct units *all, struct unit *u, enum unit_state state);

/* The end of trying: why is said, and kept. */
void unit_fail(struct units *all, struct unit *u, const char *why);

/* Gives the worker a job for u, which is the worker's until that is done. */
void unit_give(struct units *all, struct unit *u, enum job_kind kind);
void unit_begin_destroy(struct units *all, struct unit *u, enum unit_state after);

/* Opens and closes where u's console comes from. Returns 0, or -1 with e set. */
int unit_console_open(struct units *all, struct unit *u, struct err *e);
void unit_console_close(struct units *all, struct unit *u);

/* Takes what there is of its output now, but no more than a guest may write meanwhile. */
void unit_console_drain(struct units *all, struct unit *u);

/* Types on hvc0, also where the guest has a serial port. Returns how many of the n bytes it has room for
 * now. */
size_t unit_type_hvc(struct units *all, struct unit *u, const char *buf, size_t n);

/* Lets a console that was silenced for its flood speak again. */
void unit_console_tick(struct units *all, struct unit *u);

/* Its guest runs: says so. */
void unit_started(struct units *all, struct unit *u);

/* Sends what is due of a stop that was asked for. */
void unit_stop_tick(struct units *all, struct unit *u, uint64_t now);

#endif
