#include "unit_acts.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "builder/build/life.h"
#include "unit_before.h"
#include "unit_console.h"
#include "unit_errand.h"
#include "unit_record.h"
#include "unit_save.h"
#include "unit_stop.h"

static void set_why(struct unit *u, const char *why)
{
	snprintf(u->why, sizeof(u->why), "%s", why);
}

/* True when the try to start u is over, whether it runs or failed. */
static bool start_is_over(const struct unit *u)
{
	return u->state != UNIT_WAITING && u->state != UNIT_STARTING &&
	       u->state != UNIT_CANCELLED && u->state != UNIT_CONNECTING;
}

/* Over for good: nothing is going to be built from the images any more. The disks of a domain that
 * is still there stay held. */
static void give_back(struct units *all, struct unit *u)
{
	if (!unit_over(u) && u->state != UNIT_STUCK && u->state != UNIT_RELEASED)
		return;
	guest_drop_images(&u->guest, all->images);
	if (u->guest.domid == NO_DOMAIN || u->state == UNIT_RELEASED)
		unit_drop_devices(all, u);
}

void unit_write_record(const struct units *all, const struct unit *u)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return;
	unit_print_record(u, f);
	if (fclose(f) == 0)
		rundir_record(all->run, unit_name(u), text);
	free(text);
}

/* From here on the guest is the thread's. */
static void begin_job(struct units *all, struct unit *u, enum job_kind kind)
{
	/* The domain does not go while its ring is mapped. */
	unit_console_close(all, u);
	u->job.kind = kind;
	u->job.guest = &u->guest;
	worker_give(all->worker, &u->job);
}

/* What an adopted guest could not be given again is looked for anew, once its old domain is gone.
 */
static enum job_kind start_job(const struct guest *g)
{
	if (g->domid == NO_DOMAIN)
		return JOB_START;
	return guest_holds_all(g) ? JOB_RESTART : JOB_DESTROY;
}

void unit_enter(struct units *all, struct unit *u, enum unit_state state)
{
	u->state = state;
	if (!unit_undecided(u))
		u->tried = true;
	if (start_is_over(u))
		phases_end(&u->guest.phases);
	give_back(all, u);
	unit_write_record(all, u);
	/* The guest of one that is cancelled is a thread's. */
	if (state == UNIT_CANCELLED)
		unit_save_state(all, u);
	else
		unit_save(all, u);
	if (state == UNIT_STARTING)
		begin_job(all, u, start_job(&u->guest));
	else if (state == UNIT_ENDING || state == UNIT_FAILING)
		begin_job(all, u, JOB_DESTROY);
}

int act_none(const struct happening *h)
{
	(void)h;
	return EVENT_NONE;
}

int act_never(const struct happening *h)
{
	report_line(h->all->report,
		    "%s: something happened that can't while it is %s; please report this",
		    unit_name(h->u), unit_state_name(h->u->state));
	return EVENT_NONE;
}

int act_say_failed(const struct happening *h)
{
	report_line(h->all->report, "%s: %s", unit_name(h->u), h->e->msg);
	set_why(h->u, h->e->msg);
	return EVENT_NONE;
}

/* Whether a start that failed with that cause is tried again. */
static bool tries_again(const struct unit *u, const struct err *e)
{
	return e->passing && policy_retries(u->guest.cfg, u->ran, u->tries);
}

/* How long after an end could not be handled it is tried again. */
#ifndef END_AGAIN_MS
#define END_AGAIN_MS 2000
#endif

/* Its end is handled again: where that has to wait for the store, it does by then. */
int act_put_end_off(const struct happening *h)
{
	struct unit *u = h->u;

	report_line(h->all->report, "%s: %s; tried again", unit_name(u), h->e->msg);
	u->end_again = h->now + END_AGAIN_MS * NS_PER_MS;
	/* It is counted then. */
	u->restarts -= u->state == UNIT_STARTING && u->restarts > 0;
	u->deaths.n -= u->deaths.n > 0;
	return EVENT_NONE;
}

int act_judge_failure(const struct happening *h)
{
	return tries_again(h->u, h->e) ? EVENT_TRY_AGAIN : EVENT_GIVE_UP;
}

int act_judge_undone(const struct happening *h)
{
	return h->u->again ? EVENT_TRY_AGAIN : EVENT_GIVE_UP;
}

int act_judge_gone(const struct happening *h)
{
	h->u->again &= h->e->passing;
	act_say_failed(h);
	return act_judge_undone(h);
}

/* Counts the failed try. Returns the seconds until the next one. */
static unsigned begin_pause(const struct happening *h)
{
	const unsigned pause_s = policy_pause_s(++h->u->tries);

	h->u->retry_at = h->now + pause_s * NS_PER_S;
	return pause_s;
}

int act_retry(const struct happening *h)
{
	const unsigned pause_s = begin_pause(h);

	set_why(h->u, h->e->msg);
	report_line(h->all->report, "%s: %s; tried again in %u s", unit_name(h->u), h->e->msg,
		    pause_s);
	return EVENT_NONE;
}

int act_retry_plan(const struct happening *h)
{
	guest_plan_done(&h->u->guest);
	return act_retry(h);
}

int act_retry_undone(const struct happening *h)
{
	report_line(h->all->report, "%s: tried again in %u s", unit_name(h->u), begin_pause(h));
	return EVENT_NONE;
}

int act_give_up(const struct happening *h)
{
	struct unit *u = h->u;

	if (!u->tries)
		return act_say_failed(h);
	report_line(h->all->report, "%s: %s; not tried again, after %u tries", unit_name(u),
		    h->e->msg, u->tries + 1);
	set_why(u, h->e->msg);
	return EVENT_NONE;
}

int act_give_up_plan(const struct happening *h)
{
	guest_plan_done(&h->u->guest);
	return act_give_up(h);
}

int act_no_retry(const struct happening *h)
{
	h->u->again = false;
	return EVENT_NONE;
}

int act_try(const struct happening *h)
{
	struct unit *u = h->u;

	/* What it waits for is waited for anew, but for its predecessors: they have been tried. */
	u->since = h->now;
	u->retry = 0;
	if (guest_lost_devices(&u->guest))
		unit_drop_devices(h->all, u);
	guest_plan_restart(&u->guest);
	return EVENT_NONE;
}

int act_start(const struct happening *h)
{
	struct unit *u = h->u;

	u->tries = 0;
	u->deaths = (struct deaths){.n = 0};
	u->up = false;
	u->stop_since = 0;
	u->why[0] = '\0';
	return act_try(h);
}

int act_undo(const struct happening *h)
{
	h->u->again = tries_again(h->u, h->e);
	report_line(h->all->report, "%s: %s; domain destroyed", unit_name(h->u), h->e->msg);
	set_why(h->u, h->e->msg);
	return EVENT_NONE;
}

static const char *started_word(const struct units *all, const struct unit *u)
{
	if (all->paused)
		return u->restarts ? "rebuilt, paused," : "built, paused,";
	return u->restarts ? "restarted" : "started";
}

int act_run(const struct happening *h)
{
	struct guest *g = &h->u->guest;
	char tries[48] = "";

	/* A guest whose ring nobody drains stops when it is full: it can't be called started. */
	if (unit_console_open(h->all, h->u, h->e) < 0 ||
	    guest_run(g, h->all->host, h->all->paused, h->e) < 0)
		return -1;
	if (h->u->tries)
		snprintf(tries, sizeof(tries), ", after %u failed tr%s", h->u->tries,
			 h->u->tries == 1 ? "y" : "ies");
	/* Once; and first: what comes behind "started" is what becomes of the guest. */
	if (*g->kernel_note && !h->u->restarts)
		report_line(h->all->report, "%s: note: kernel %s %s", unit_name(h->u),
			    g->cfg->kernel, g->kernel_note);
	report_line(h->all->report, "%s: %s as domain %u (%s %s, %llu MiB, %u vcpu%s, %llu ms)%s",
		    unit_name(h->u), started_word(h->all, h->u), g->domid, g->cfg->image,
		    guest_type_name(g->cfg->type), (unsigned long long)g->cfg->memory_kib / 1024,
		    g->cfg->vcpus, g->cfg->vcpus == 1 ? "" : "s",
		    (unsigned long long)(g->build_ns / NS_PER_MS), tries);
	if (g->note[0])
		report_line(h->all->report, "%s: %s", unit_name(h->u), g->note);
	h->u->tries = 0;
	h->u->ran = true;
	h->u->why[0] = '\0';
	h->u->ended_at = 0;
	h->u->backends.lost = 0;
	h->u->since = clock_ns();
	if (!policy_may_restart(g->cfg))
		guest_drop_images(g, h->all->images);
	return EVENT_NONE;
}

int act_up(const struct happening *h)
{
	h->u->up = true;
	if (!unit_lent(h->u)) /* who has lent it saves it when it is back */
		unit_save(h->all, h->u);
	return EVENT_NONE;
}

int act_late(const struct happening *h)
{
	if (h->e->msg[0])
		report_line(h->all->report, "%s: %s", unit_name(h->u), h->e->msg);
	return act_up(h);
}

int act_connect(const struct happening *h)
{
	h->u->since = h->now;
	return EVENT_NONE;
}

/* The event of what the descriptor says for an end; e->msg is the words for it. */
static int answer(struct unit *u, enum guest_action action, bool too_often, struct err *e)
{
	switch (action) {
	case ACTION_PRESERVE:
		return EVENT_PRESERVE;
	case ACTION_DESTROY:
		return EVENT_DESTROY;
	default:
		break;
	}
	if (!too_often)
		return EVENT_RESTART;
	snprintf(u->why, sizeof(u->why), "%s", e->msg);
	err_set(e, "%.300s, more than %u times within %llu s", u->why, DEATHS_MAX,
		(unsigned long long)(DEATHS_WINDOW_NS / NS_PER_S));
	return EVENT_TOO_OFTEN;
}

int act_judge(const struct happening *h)
{
	const bool too_often = deaths_add(&h->u->deaths, clock_ns());

	unit_console_drain(h->all, h->u);
	return answer(h->u, policy_action(h->u->guest.cfg, h->u->ending), too_often, h->e);
}

int act_judge_stopped(const struct happening *h)
{
	/* A stop is a power-off, whichever way the guest was brought to it. */
	const bool stopped = h->u->ending < ENDED_CRASH;
	const enum guest_action action =
		policy_action(h->u->guest.cfg, stopped ? ENDED_POWEROFF : h->u->ending);

	deaths_add(&h->u->deaths, clock_ns());
	unit_console_drain(h->all, h->u);
	if (stopped)
		err_set(h->e, "stopped on request");
	return answer(h->u, action == ACTION_RESTART ? ACTION_DESTROY : action, false, h->e);
}

int act_crash(const struct happening *h)
{
	const uint32_t domid = h->u->guest.domid;
	struct err cause;

	/* So that it does not run on where it is preserved, and that everybody sees what it is. */
	if (xc_domain_shutdown(h->all->host->xch, (int)domid, SHUTDOWN_crash) < 0) {
		host_error(h->all->host, &cause, "cannot stop domain %u", domid);
		report_line(h->all->report, "%s: %s", unit_name(h->u), cause.msg);
	}
	h->u->ending = ENDED_CRASH;
	return EVENT_SHUT_DOWN;
}

/* It has ended, as e says, and this is what follows. */
static int say_end(struct units *all, struct unit *u, const struct err *e, const char *what_follows)
{
	report_line(all->report, "%s: domain %u %s; %s", unit_name(u), u->guest.domid, e->msg,
		    what_follows);
	set_why(u, e->msg);
	return EVENT_NONE;
}

int act_restart(const struct happening *h)
{
	h->u->restarts++;
	/* What it serves is put back once it does so again. */
	if (unit_serves(h->all, h->u))
		h->u->up = false;
	return say_end(h->all, h->u, h->e, "restarting");
}

int act_say_destroyed(const struct happening *h)
{
	return say_end(h->all, h->u, h->e, "destroyed");
}

int act_say_preserved(const struct happening *h)
{
	return say_end(h->all, h->u, h->e, "preserved");
}

int act_say_too_often(const struct happening *h)
{
	h->u->again = false;
	return say_end(h->all, h->u, h->e, "destroyed, not started again");
}

int act_lose(const struct happening *h)
{
	report_line(h->all->report, "%s: domain %u was destroyed by somebody else", unit_name(h->u),
		    h->u->guest.domid);
	set_why(h->u, "destroyed by somebody else");
	return EVENT_NONE;
}

int act_lose_all(const struct happening *h)
{
	act_lose(h);
	unit_console_close(h->all, h->u);
	h->u->guest.domid = NO_DOMAIN;
	h->u->guest.in_store = false;
	return EVENT_NONE;
}

int act_lose_given(const struct happening *h)
{
	h->u->guest.in_store = false;
	return act_lose(h);
}

int act_store_gone(const struct happening *h)
{
	h->u->guest.in_store = false;
	h->u->guest.store_lost = true;
	if (h->u->stop_by_store) {
		h->u->stop_by_store = false;
		h->u->stop_since = h->now;
		h->u->stop_sent = 0;
	}
	return EVENT_NONE;
}

int act_ask_to_stop(const struct happening *h)
{
	return unit_ask_to_stop(h->all, h->u, h->now, h->e) < 0 ? -1 : EVENT_NONE;
}

int act_not_started(const struct happening *h)
{
	guest_plan_done(&h->u->guest);
	report_line(h->all->report, "%s: not started, on request", unit_name(h->u));
	set_why(h->u, "destroyed on request");
	return EVENT_NONE;
}

int act_not_tried(const struct happening *h)
{
	report_line(h->all->report, "%s: not tried again, on request", unit_name(h->u));
	return act_destroy_built(h);
}

int act_destroy_built(const struct happening *h)
{
	set_why(h->u, "destroyed on request");
	return EVENT_NONE;
}

int act_destroy_requested(const struct happening *h)
{
	report_line(h->all->report, "%s: domain %u destroyed on request", unit_name(h->u),
		    h->u->guest.domid);
	return act_destroy_built(h);
}

int act_release(const struct happening *h)
{
	if (h->u->console.ring)
		return err_set(h->e,
			       "%s would stop when its console is full, which only earlydom "
			       "drains: `earlydom handover` gives it to xenconsoled first",
			       unit_name(h->u));
	unit_console_drain(h->all, h->u);
	unit_console_close(h->all, h->u);
	console_tail_close(&h->u->tail);
	report_line(h->all->report, "%s: domain %u released", unit_name(h->u), h->u->guest.domid);
	set_why(h->u, "released on request");
	return EVENT_NONE;
}

int refuse_ending(const struct happening *h)
{
	return err_set(h->e, "%s is %s; try again when it has ended", unit_name(h->u),
		       unit_state_name(h->u->state));
}

int refuse_not_yet(const struct happening *h)
{
	return err_set(h->e, "%s is %s; try again when it is running", unit_name(h->u),
		       unit_state_name(h->u->state));
}

int refuse_no_domain(const struct happening *h)
{
	return err_set(h->e, "%s is not running", unit_name(h->u));
}

int refuse_running(const struct happening *h)
{
	return err_set(h->e, "%s is running already", unit_name(h->u));
}

int refuse_domain_left(const struct happening *h)
{
	return err_set(h->e, "%s has a domain, %u, which is %s; `earlydom destroy %s` first",
		       unit_name(h->u), h->u->guest.domid, unit_state_name(h->u->state),
		       unit_name(h->u));
}

int refuse_released(const struct happening *h)
{
	return err_set(h->e, "%s was released: it is not earlydom's any more", unit_name(h->u));
}

int refuse_released_twice(const struct happening *h)
{
	return err_set(h->e, "%s was released already", unit_name(h->u));
}
