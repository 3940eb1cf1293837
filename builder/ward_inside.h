/*
 * What the files of a ward share: for ward*.c alone.
 */
#ifndef EARLYDOM_WARD_INSIDE_H
#define EARLYDOM_WARD_INSIDE_H

#include "ward.h"

static inline const char *ward_name(const struct ward *w)
{
	return w->guest.cfg->name;
}

/* Whether w has a device model, or what is left of one. */
static inline bool ward_has_model(const struct ward *w)
{
	return w->guest.cfg->type == GUEST_HVM && w->guest.model.state != MODEL_NONE;
}

/* The new state, and the record of it. Gives back what a guest that is over has held. */
void ward_set_state(struct wards *all, struct ward *w, enum ward_state state);

/* The end of trying: why is said, and kept. */
void ward_fail(struct wards *all, struct ward *w, const char *why);

/* Gives the worker a job for w, which is the worker's until that is done. */
void ward_give(struct wards *all, struct ward *w, enum job_kind kind);
void ward_begin_destroy(struct wards *all, struct ward *w, enum ward_state after);

/* Opens and closes where w's console comes from. Returns 0, or -1 with e set. */
int ward_console_open(struct wards *all, struct ward *w, struct err *e);
void ward_console_close(struct wards *all, struct ward *w);

/* Takes what there is of its output now, but no more than a guest may write meanwhile. */
void ward_console_drain(struct wards *all, struct ward *w);

/* Types on hvc0, also where the guest has a serial port. Returns how many of the n bytes it has room for
 * now. */
size_t ward_type_hvc(struct wards *all, struct ward *w, const char *buf, size_t n);

/* Lets a console that was silenced for its flood speak again. */
void ward_console_tick(struct wards *all, struct ward *w);

/* Its guest runs: says so. */
void ward_started(struct wards *all, struct ward *w);

/* Sends what is due of a stop that was asked for. */
void ward_stop_tick(struct wards *all, struct ward *w, uint64_t now);

#endif
