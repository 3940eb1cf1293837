#include "unit_look.h"

#include "base/clock.h"
#include "builder/build/life.h"
#include "builder/devmodel/devmodel.h"
#include "unit_console.h"
#include "unit_stop.h"
#include "unit_store.h"
#include "unit_table.h"
#include "unit_wait.h"

/* How often a domain is looked at of whose end nobody tells; and for how long more often, when it
 * was asked to stop. */
#define LOOK_NS     NS_PER_S
#define STOPPING_NS (60 * NS_PER_S)

/* Its old domain could not be destroyed, for a cause that may pass: the store was lost before its
 * back ends could be asked to let go (store_take_out). What was left half-way has not shut down. */
static bool end_is_put_off(struct units *all, const struct unit *u)
{
	return (u->state == UNIT_STARTING || u->state == UNIT_ENDING) && u->job.rc < 0 &&
	       u->job.old_left && u->job.err.passing && guest_has_shut_down(&u->guest, all->host);
}

static enum unit_event job_event(struct units *all, const struct unit *u)
{
	if (end_is_put_off(all, u))
		return u->state == UNIT_ENDING && u->stop_since ? EVENT_STOP_PUT_OFF
								: EVENT_END_PUT_OFF;
	if (u->job.rc < 0)
		return u->guest.domid == NO_DOMAIN ? EVENT_JOB_FAILED : EVENT_JOB_STUCK;
	/* A start that was cancelled while its old domain was destroyed has nothing left to undo.
	 */
	return u->job.kind == JOB_DESTROY && u->state != UNIT_CANCELLED ? EVENT_DESTROYED
									: EVENT_BUILT;
}

/* Its old domain is gone, and what it is built from is to be looked for first (unit_acts.c). */
static bool starts_anew(const struct unit *u)
{
	return u->state == UNIT_STARTING && u->job.kind == JOB_DESTROY &&
	       u->guest.domid == NO_DOMAIN;
}

void unit_job_done(struct units *all, struct unit *u)
{
	const uint64_t now = clock_ns();

	if (starts_anew(u))
		unit_begin_anew(all, u);
	else
		unit_event(all, u, job_event(all, u), now, &u->job.err);
	unit_proceed(all, u, now);
}

/* The store has not taken the request to shut it down: it is what it was before. */
static void request_refused(struct units *all, struct unit *u)
{
	struct unit_request *r = &u->request;

	r->refused = false;
	if (u->state != UNIT_STOPPING || u->guest.domid != r->domid)
		return;
	report_line(all->report, "%s", r->errand.err.msg);
	unit_refuse(u, r->errand.err.msg);
	u->stop_since = 0;
	unit_enter(all, u, (enum unit_state)r->before);
}

void units_take_errands(struct units *all)
{
	struct errand *e;

	while ((e = errand_take(all->errands)))
		e->done(all, e);
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].request.refused)
			request_refused(all, &all->list[i]);
}

static void domain_gone(struct units *all, struct unit *u, uint64_t now)
{
	/* The nodes of one that was given away are the toolstack's. */
	const bool nodes = u->guest.in_store && u->state != UNIT_RELEASED;
	struct err none = {.msg = ""};

	unit_event(all, u, nodes || unit_has_model(u) ? EVENT_GONE_PARTLY : EVENT_GONE, now, &none);
}

static bool may_end(const struct unit *u)
{
	return u->state == UNIT_CONNECTING || u->state == UNIT_RUNNING || u->state == UNIT_STOPPING;
}

void unit_look(struct units *all, struct unit *u, const xc_domaininfo_t *info)
{
	const uint64_t now = clock_ns();
	struct err words;

	if (unit_busy(u) || u->guest.domid == NO_DOMAIN)
		return;
	if (!info || info->flags & XEN_DOMINF_dying) {
		domain_gone(all, u, now);
		return;
	}
	if (!(info->flags & XEN_DOMINF_shutdown))
		return;
	if (!u->ended_at)
		u->ended_at = now;
	if (now < u->end_again)
		return;
	if (!unit_console_finished(all, u, now))
		return;
	if (may_end(u) && unit_waits_for_store(all, u)) {
		/* That it is looked for is not worth a word. */
		if (all->store == STORE_SOUGHT)
			return;
		if (!u->held)
			report_line(all->report,
				    "%s: domain %u has ended; it stays until the store %s",
				    unit_name(u), u->guest.domid,
				    all->store == STORE_SERVES ? "is one that dom0's kernel hears"
							       : "is there");
		u->held = true;
		return;
	}
	u->ending = ending_of(info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
	err_set(&words, "%s", ending_text(u->ending));
	unit_event(all, u, EVENT_SHUT_DOWN, now, &words);
}

/*
 * Whether the end of its device model is somebody else's doing, or a consequence: a toolstack
 * pauses the domain that it is about to destroy, and ends the device model first. A device model
 * may end when its guest has powered off.
 */
static bool in_other_hands(struct units *all, uint32_t domid)
{
	xc_domaininfo_t info;
	const int n = xc_domain_getinfolist(all->host->xch, domid, 1, &info);

	xenlog_clear(&all->host->log);
	return n != 1 || info.domain != domid ||
	       info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_paused);
}

static void look_at_model(struct units *all, struct unit *u, uint64_t now)
{
	enum devmodel_state state;
	struct err e, words;

	/* While it connects, its device model is what it waits for (unit_wait.c). */
	if (unit_busy(u) || u->state == UNIT_CONNECTING || !unit_has_model(u))
		return;
	/* One that could not be ended with its domain. */
	if (u->guest.domid == NO_DOMAIN) {
		devmodel_gone(&u->guest.model);
		return;
	}
	if (devmodel_look(&u->guest.model, &u->guest, all->host, &state, &e) == 0 || u->ended_at ||
	    in_other_hands(all, u->guest.domid))
		return;
	err_set(&words, "crashed: its %.230s", e.msg);
	unit_event(all, u, EVENT_MODEL_ENDED, now, &words);
}

/* When its domain is to be looked at. */
static uint64_t look_due(const struct unit *u, bool told, uint64_t now, uint64_t looked)
{
	if (unit_busy(u) || u->guest.domid == NO_DOMAIN)
		return UINT64_MAX;
	if (u->held) /* for as long as the store is away; its domain may be destroyed meanwhile */
		return looked + LOOK_NS;
	/* Its last words are waited for; or its device model's end, which was somebody else's
	 * doing, may come to be its own. */
	if (may_end(u) && (u->ended_at || (unit_has_model(u) && u->state != UNIT_CONNECTING &&
					   u->guest.model.state == DEVMODEL_ENDED)))
		return now < u->end_again ? u->end_again : now;
	if (told && u->guest.in_store)
		return UINT64_MAX;
	/* Somebody waits for the end of one that was asked to stop. */
	if (u->state == UNIT_STOPPING && now - u->stop_since < STOPPING_NS)
		return now;
	return looked + LOOK_NS;
}

uint64_t unit_due(const struct unit *u, bool told, uint64_t now, uint64_t looked)
{
	uint64_t due = u->console_masked || u->model_said ? now : UINT64_MAX;

	due = clock_earlier(due, look_due(u, told, now, looked));
	due = clock_earlier(due, unit_stop_due(u));
	return clock_earlier(due, unit_waits_until(u, now));
}

void unit_poll(const struct unit *u, struct pollfd fds[UNIT_FDS])
{
	const struct devmodel *m = &u->guest.model;
	const bool ours = !unit_busy(u);
	const bool look = ours && u->state != UNIT_CONNECTING && !u->model_said;
	const bool ends = look && m->pid && m->state != DEVMODEL_ENDED;

	fds[0] = (struct pollfd){.fd = ours ? m->console_fd : -1, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = look ? m->said_fd : -1, .events = POLLIN};
	fds[2] = (struct pollfd){.fd = ends ? m->process_fd : -1, .events = POLLIN};
}

void unit_take(struct units *all, struct unit *u, const struct pollfd fds[UNIT_FDS])
{
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		unit_console(all, u);
	/* Taken in the next tick: one that says much is slowed down. */
	if (fds[1].revents || fds[2].revents)
		u->model_said = true;
}

void unit_tick(struct units *all, struct unit *u, uint64_t now)
{
	u->model_said = false;
	unit_console_tick(all, u);
	look_at_model(all, u, now);
	unit_stop_tick(all, u, now);
	unit_proceed(all, u, now);
}
