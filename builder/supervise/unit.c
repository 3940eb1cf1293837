#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/devmodel/devmodel_files.h"
#include "unit_inside.h"
#include "builder/build/life.h"
#include "builder/devmodel/devmodel.h"

/* How long xenconsoled, or a device model, is given to take the last words of a guest that has ended. */
#define LAST_WORDS_NS (250 * NS_PER_MS)

/* However it ended; a guest that runs has told of that itself. */
static bool start_is_over(enum unit_state state)
{
	return state != UNIT_WAITING && state != UNIT_STARTING && state != UNIT_CONNECTING;
}

void unit_set_state(struct units *all, struct unit *u, enum unit_state state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	u->state = state;
	if (start_is_over(state) && !u->busy)
		phases_end(&u->guest.phases);
	/* Over for good: nothing is going to be built from the images any more. */
	if ((state == UNIT_ENDED || state == UNIT_FAILED || state == UNIT_RELEASED) && !u->busy) {
		guest_drop_images(&u->guest, all->images);
		if (u->guest.domid == NO_DOMAIN || state == UNIT_RELEASED)
			guest_drop_devices(&u->guest, all->disks);
	}
	f = open_memstream(&text, &len);
	if (!f)
		return;
	unit_print_record(u, f);
	if (!fclose(f))
		rundir_record(all->run, unit_name(u), text);
	free(text);
}

int unit_init(struct units *all, struct unit *u, const struct guest_config *cfg, struct err *e)
{
	memset(u, 0, sizeof(*u));
	u->log.fd = u->tail.fd = -1;
	u->recorded = NO_DOMAIN;
	if (guest_init(&u->guest, cfg, e) < 0)
		return -1;
	return bounded_log_open(&u->log, all->run->console, cfg->name, e);
}

void unit_release(struct units *all, struct unit *u)
{
	console_close(&u->console, all->xce);
	console_tail_close(&u->tail);
	bounded_log_close(&u->log);
	devmodel_leave(&u->guest.model);
	guest_drop_images(&u->guest, all->images);
	guest_drop_devices(&u->guest, all->disks);
}

void unit_give(struct units *all, struct unit *u, enum job_kind kind)
{
	/* The domain does not go while its ring is mapped. */
	unit_console_close(all, u);
	u->busy = true;
	u->job.kind = kind;
	u->job.guest = &u->guest;
	worker_give(all->worker, &u->job);
}

void unit_fail(struct units *all, struct unit *u, const char *why)
{
	report_line(all->report, "%s: %s", unit_name(u), why);
	snprintf(u->why, sizeof(u->why), "%s", why);
	unit_set_state(all, u, UNIT_FAILED);
}

void unit_hold(struct units *all, struct unit *u)
{
	struct err e;

	if (guest_hold_images(&u->guest, all->images, &e) < 0) {
		unit_fail(all, u, e.msg);
		return;
	}
	if (devmodel_files_keep(all->models.own_root, u->guest.cfg, &e) < 0) {
		guest_plan_done(&u->guest); /* the build that was planned */
		unit_fail(all, u, e.msg);
		return;
	}
	unit_set_state(all, u, UNIT_WAITING);
}

/* Whether a domain of this guest may ever have to be built again. */
static bool may_restart(const struct guest_config *cfg)
{
	return cfg->on_poweroff == ACTION_RESTART || cfg->on_reboot == ACTION_RESTART ||
	       cfg->on_crash == ACTION_RESTART;
}

void unit_begin_destroy(struct units *all, struct unit *u, enum unit_state after)
{
	u->after = after;
	unit_set_state(all, u, UNIT_STOPPING);
	unit_give(all, u, JOB_DESTROY);
}

static const char *started_word(const struct units *all, const struct unit *u)
{
	if (all->paused)
		return u->restarts ? "rebuilt, paused," : "built, paused,";
	return u->restarts ? "restarted" : "started";
}

void unit_started(struct units *all, struct unit *u)
{
	const struct guest *g = &u->guest;

	report_line(all->report, "%s: %s as domain %u (%s %s, %llu MiB, %u vcpu%s, %llu ms)",
		    unit_name(u), started_word(all, u), g->domid, g->cfg->image,
		    guest_type_name(g->cfg->type), (unsigned long long)g->cfg->memory_kib / 1024,
		    g->cfg->vcpus, g->cfg->vcpus == 1 ? "" : "s",
		    (unsigned long long)(g->build_ns / NS_PER_MS));
	u->why[0] = '\0';
	u->ended_at = 0;
	u->since = clock_ns();
	unit_set_state(all, u, UNIT_RUNNING);
	if (!may_restart(g->cfg))
		guest_drop_images(&u->guest, all->images);
}

static void destroyed(struct units *all, struct unit *u)
{
	if (u->job.rc < 0) {
		unit_fail(all, u, u->job.err.msg);
		return;
	}
	if (u->user_destroy)
		snprintf(u->why, sizeof(u->why), "destroyed on request");
	unit_set_state(all, u, u->after);
}

void unit_job_done(struct units *all, struct unit *u)
{
	u->busy = false;
	if (u->job.kind == JOB_DESTROY) {
		destroyed(all, u);
		return;
	}
	if (u->job.rc < 0) {
		unit_fail(all, u, u->job.err.msg);
		return;
	}
	if (u->user_destroy) { /* asked for while it was being built */
		unit_begin_destroy(all, u, UNIT_ENDED);
		return;
	}
	u->since = clock_ns();
	unit_set_state(all, u, UNIT_CONNECTING);
	unit_proceed(all, u, u->since);
}

static void restart(struct units *all, struct unit *u)
{
	u->restarts++;
	unit_set_state(all, u, UNIT_STARTING);
	unit_give(all, u, JOB_RESTART);
}

/* The domain has ended: what the descriptor says for that, unless somebody asked for the end. */
static void ended(struct units *all, struct unit *u, enum ending how, const char *text)
{
	/* A stop is a power-off, whichever way the guest was brought to it. */
	const bool stopped = u->user_stop && how != ENDED_CRASH;
	enum guest_action action = policy_action(u->guest.cfg, stopped ? ENDED_POWEROFF : how);
	const bool too_often = deaths_add(&u->deaths, clock_ns());
	const uint32_t domid = u->guest.domid;

	if (stopped)
		text = "stopped on request";
	unit_console_drain(all, u);
	snprintf(u->why, sizeof(u->why), "%s", text);
	if (u->user_stop && action == ACTION_RESTART)
		action = ACTION_DESTROY;
	if (action == ACTION_PRESERVE) {
		report_line(all->report, "%s: domain %u %s; preserved", unit_name(u), domid, text);
		unit_set_state(all, u, UNIT_PRESERVED);
	} else if (action == ACTION_DESTROY) {
		report_line(all->report, "%s: domain %u %s; destroyed", unit_name(u), domid, text);
		unit_begin_destroy(all, u, UNIT_ENDED);
	} else if (too_often) {
		snprintf(u->why, sizeof(u->why), "%s, more than %u times within %llu s", text,
			 DEATHS_MAX, (unsigned long long)(DEATHS_WINDOW_NS / NS_PER_S));
		report_line(all->report, "%s: domain %u %s; destroyed, not started again",
			    unit_name(u), domid, u->why);
		unit_begin_destroy(all, u, UNIT_FAILED);
	} else {
		report_line(all->report, "%s: domain %u %s; restarting", unit_name(u), domid, text);
		restart(all, u);
	}
}

/*
 * The domain was destroyed, and not by us: a toolstack has taken the guest in hand, so it is not
 * ours to restart. What is left of it in the store is removed with it, but for a guest that was given
 * away, and its device model is ended.
 */
static void lost(struct units *all, struct unit *u)
{
	report_line(all->report, "%s: domain %u was destroyed by somebody else", unit_name(u),
		    u->guest.domid);
	snprintf(u->why, sizeof(u->why), "destroyed by somebody else");
	if (u->state == UNIT_RELEASED)
		u->guest.in_store = false;
	if (u->guest.in_store || unit_has_model(u)) {
		unit_begin_destroy(all, u, UNIT_ENDED);
		return;
	}
	unit_console_close(all, u);
	u->guest.domid = NO_DOMAIN;
	unit_set_state(all, u, UNIT_ENDED);
}

void unit_look(struct units *all, struct unit *u, const xc_domaininfo_t *info)
{
	enum ending how;

	if (u->busy || u->guest.domid == NO_DOMAIN)
		return;
	if (!info || info->flags & XEN_DOMINF_dying) {
		lost(all, u);
		return;
	}
	/* A FAILED one has a domain when that could not be destroyed: it is tried again on request. */
	if (u->state == UNIT_PRESERVED || u->state == UNIT_FAILED || u->state == UNIT_RELEASED ||
	    !(info->flags & XEN_DOMINF_shutdown))
		return;
	if (!u->ended_at)
		u->ended_at = clock_ns();
	if ((u->tail.fd >= 0 || u->guest.model.console_fd >= 0) &&
	    clock_ns() - u->ended_at < LAST_WORDS_NS)
		return;
	how = ending_of(info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
	ended(all, u, how, ending_text(how));
}

/*
 * Whether the end of its device model is somebody else's doing, or a consequence: a toolstack pauses
 * the domain that it is about to destroy, and ends the device model first. A device model may end when
 * its guest has powered off.
 */
static bool in_other_hands(struct units *all, uint32_t domid)
{
	xc_domaininfo_t info;
	const int n = xc_domain_getinfolist(all->host->xch, domid, 1, &info);

	xenlog_clear(&all->host->log);
	return n != 1 || info.domain != domid ||
	       info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_paused);
}

/* A guest whose device model has ended has lost its hardware. */
static void model_lost(struct units *all, struct unit *u, const struct err *why)
{
	const uint32_t domid = u->guest.domid;
	char text[256];
	struct err e;

	if (in_other_hands(all, domid))
		return;
	/* So that it does not run on where it is preserved, and that everybody sees what it is. */
	if (xc_domain_shutdown(all->host->xch, (int)domid, SHUTDOWN_crash) < 0) {
		host_error(all->host, &e, "cannot stop domain %u", domid);
		report_line(all->report, "%s: %s", unit_name(u), e.msg);
	}
	snprintf(text, sizeof(text), "crashed: its %.230s", why->msg);
	ended(all, u, ENDED_CRASH, text);
}

static void look_at_model(struct units *all, struct unit *u)
{
	enum devmodel_state now;
	struct err e;

	if (u->busy || !unit_has_model(u))
		return;
	/* One that could not be ended with its domain. */
	if (u->guest.domid == NO_DOMAIN) {
		devmodel_gone(&u->guest.model);
		return;
	}
	if (devmodel_look(&u->guest.model, &u->guest, all->host, &now, &e) < 0 && !u->ended_at &&
	    (u->state == UNIT_RUNNING || u->state == UNIT_STOPPING))
		model_lost(all, u, &e);
}

void unit_tick(struct units *all, struct unit *u, uint64_t now)
{
	unit_console_tick(all, u);
	look_at_model(all, u);
	unit_stop_tick(all, u, now);
	unit_proceed(all, u, now);
}

int unit_destroy(struct units *all, struct unit *u, struct err *e)
{
	if (u->state == UNIT_WAITING) {
		guest_plan_done(&u->guest);
		report_line(all->report, "%s: not started, on request", unit_name(u));
		snprintf(u->why, sizeof(u->why), "destroyed on request");
		unit_set_state(all, u, UNIT_ENDED);
		return 0;
	}
	if (!u->busy && u->guest.domid == NO_DOMAIN)
		return err_set(e, "%s is not running", unit_name(u));
	if (u->state == UNIT_RELEASED)
		return err_set(e, "%s was released: it is not earlydom's any more", unit_name(u));
	if (u->busy && u->job.kind == JOB_DESTROY)
		return 0;
	u->user_stop = u->user_destroy = true;
	if (u->busy)
		return 0; /* as soon as it is built: unit_job_done */
	report_line(all->report, "%s: domain %u destroyed on request", unit_name(u),
		    u->guest.domid);
	unit_begin_destroy(all, u, UNIT_ENDED);
	return 0;
}

bool unit_over(const struct unit *u)
{
	return !u->busy && u->guest.domid == NO_DOMAIN &&
	       (u->state == UNIT_ENDED || u->state == UNIT_FAILED);
}

bool unit_undecided(const struct unit *u)
{
	return u->state == UNIT_WAITING || u->state == UNIT_STARTING ||
	       u->state == UNIT_CONNECTING ||
	       (u->state == UNIT_STOPPING && u->busy && u->after == UNIT_FAILED);
}

bool unit_settled(const struct unit *u)
{
	return !u->busy && (u->guest.domid == NO_DOMAIN || u->state == UNIT_PRESERVED ||
			    u->state == UNIT_FAILED || u->state == UNIT_RELEASED);
}
