#include "stop_all.h"

#include "base/clock.h"
#include "unit_before.h"
#include "unit_table.h"

#define LOOK_NS (100 * NS_PER_MS)

void stop_all_begin(struct stop_all *s, unsigned timeout_s, bool force, uint64_t now)
{
	*s = (struct stop_all){.began = now, .timeout_ns = timeout_s * NS_PER_S, .force = force};
}

/* Nothing of it is to be ended. */
static bool has_ended(const struct unit *u)
{
	return unit_over(u) || u->state == UNIT_PRESERVED || u->state == UNIT_RELEASED;
}

/* Whether a guest that is still there comes after u: that one goes first. */
static bool is_needed(const struct units *all, const struct unit *u)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct unit *other = &all->list[i];
		if (!has_ended(other) && unit_comes_after(other->guest.cfg, u))
			return true;
	}
	return false;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool is_late(const struct stop_all *s, const struct unit *u, uint64_t now)
{
	return now - later(u->stop_since, s->began) >= s->timeout_ns;
}

/* Begins to end one that runs. False when that can't be. */
static bool ask(const struct stop_all *s, struct units *all, struct unit *u, uint64_t now)
{
	struct err e;

	if (unit_event(all, u, EVENT_ASK_STOP, now, &e) == 0)
		return true;
	if (!s->force) {
		/* It stays with its own words; the end of the whole names it. */
		report_line(all->report, "%s: not stopped: %s", unit_name(u), e.msg);
		return false;
	}
	return unit_event(all, u, EVENT_ASK_DESTROY, now, &e) == 0;
}

/* Goes on with one that has not ended. Returns whether something may come of it. */
static bool go_on(const struct stop_all *s, struct units *all, struct unit *u, uint64_t now)
{
	struct err e;

	switch (u->state) {
	case UNIT_WAITING:
	case UNIT_STARTING:
	case UNIT_CONNECTING:
	case UNIT_RETRYING:
	case UNIT_FAILING: /* it must not be tried again */
		return unit_event(all, u, EVENT_ASK_STOP, now, &e) == 0;
	case UNIT_STUCK:
		return s->force && !is_late(s, u, now) &&
		       unit_event(all, u, EVENT_ASK_DESTROY, now, &e) == 0;
	case UNIT_RUNNING:
		if (is_needed(all, u) || u->stop_refused == s->began)
			return false;
		u->stop_refused = ask(s, all, u, now) ? 0 : s->began;
		return u->stop_refused == 0;
	case UNIT_STOPPING:
		if (!is_late(s, u, now))
			return true;
		return s->force && unit_event(all, u, EVENT_ASK_DESTROY, now, &e) == 0;
	default:
		return true; /* a thread ends it */
	}
}

static void name_left(const struct units *all, struct err *e)
{
	char names[300] = "";
	size_t len = 0;

	for (size_t i = 0; i < all->n && len < sizeof(names); i++)
		if (!has_ended(&all->list[i]))
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
						len ? ", " : "", unit_name(&all->list[i]));
	err_set(e, "not ended: %s", names);
}

enum stop_all_state stop_all_look(struct stop_all *s, struct units *all, uint64_t now,
				  struct err *e)
{
	bool all_ended = true, may_come = false;

	if (now < s->next)
		return STOP_ALL_GOES_ON;
	s->next = now + LOOK_NS;
	for (size_t i = 0; i < all->n; i++) {
		struct unit *u = &all->list[i];

		if (has_ended(u))
			continue;
		may_come |= go_on(s, all, u, now);
		all_ended &= has_ended(u);
	}
	if (all_ended)
		return STOP_ALL_DONE;
	if (may_come)
		return STOP_ALL_GOES_ON;
	name_left(all, e);
	return STOP_ALL_FAILED;
}
