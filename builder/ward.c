#include "ward.h"

#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>

#include "clock.h"
#include "model_files.h"
#include "ward_inside.h"

/* How long xenconsoled, or a device model, is given to take the last words of a guest that has ended. */
#define LAST_WORDS_NS (250 * NS_PER_MS)

/* However it ended; a guest that runs has told of that itself. */
static bool start_is_over(enum ward_state state)
{
	return state != WARD_WAITING && state != WARD_STARTING && state != WARD_CONNECTING;
}

void ward_set_state(struct wards *all, struct ward *w, enum ward_state state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	w->state = state;
	if (start_is_over(state) && !w->busy)
		phases_end(&w->guest.phases);
	/* Over for good: nothing is going to be built from the images any more. */
	if ((state == WARD_ENDED || state == WARD_FAILED || state == WARD_RELEASED) && !w->busy) {
		guest_drop_images(&w->guest, all->images);
		if (w->guest.domid == NO_DOMAIN || state == WARD_RELEASED)
			guest_drop_devices(&w->guest, all->disks);
	}
	f = open_memstream(&text, &len);
	if (!f)
		return;
	ward_print_record(w, f);
	if (!fclose(f))
		rundir_record(all->run, ward_name(w), text);
	free(text);
}

int ward_init(struct wards *all, struct ward *w, const struct guest_config *cfg, struct err *e)
{
	memset(w, 0, sizeof(*w));
	w->log.fd = w->tail.fd = -1;
	w->recorded = NO_DOMAIN;
	if (guest_init(&w->guest, cfg, e) < 0)
		return -1;
	return conlog_open(&w->log, all->run->console, cfg->name, e);
}

void ward_release(struct wards *all, struct ward *w)
{
	console_close(&w->console, all->xce);
	contail_close(&w->tail);
	conlog_close(&w->log);
	model_leave(&w->guest.model);
	guest_drop_images(&w->guest, all->images);
	guest_drop_devices(&w->guest, all->disks);
}

void ward_give(struct wards *all, struct ward *w, enum job_kind kind)
{
	/* The domain does not go while its ring is mapped. */
	ward_console_close(all, w);
	w->busy = true;
	w->job.kind = kind;
	w->job.guest = &w->guest;
	worker_give(all->worker, &w->job);
}

void ward_fail(struct wards *all, struct ward *w, const char *why)
{
	report_line(all->report, "%s: %s", ward_name(w), why);
	snprintf(w->why, sizeof(w->why), "%s", why);
	ward_set_state(all, w, WARD_FAILED);
}

void ward_hold(struct wards *all, struct ward *w)
{
	struct err e;

	if (guest_hold_images(&w->guest, all->images, &e) < 0) {
		ward_fail(all, w, e.msg);
		return;
	}
	if (model_files_keep(all->models.refuge, w->guest.cfg, &e) < 0) {
		guest_plan_done(&w->guest); /* the build that was planned */
		ward_fail(all, w, e.msg);
		return;
	}
	ward_set_state(all, w, WARD_WAITING);
}

/* Whether a domain of this guest may ever have to be built again. */
static bool may_restart(const struct guest_config *cfg)
{
	return cfg->on_poweroff == ACTION_RESTART || cfg->on_reboot == ACTION_RESTART ||
	       cfg->on_crash == ACTION_RESTART;
}

void ward_begin_destroy(struct wards *all, struct ward *w, enum ward_state after)
{
	w->after = after;
	ward_set_state(all, w, WARD_STOPPING);
	ward_give(all, w, JOB_DESTROY);
}

static const char *started_word(const struct wards *all, const struct ward *w)
{
	if (all->paused)
		return w->restarts ? "rebuilt, paused," : "built, paused,";
	return w->restarts ? "restarted" : "started";
}

void ward_started(struct wards *all, struct ward *w)
{
	const struct guest *g = &w->guest;

	report_line(all->report, "%s: %s as domain %u (%s %s, %llu MiB, %u vcpu%s, %llu ms)",
		    ward_name(w), started_word(all, w), g->domid, g->cfg->image,
		    guest_type_name(g->cfg->type), (unsigned long long)g->cfg->memory_kib / 1024,
		    g->cfg->vcpus, g->cfg->vcpus == 1 ? "" : "s",
		    (unsigned long long)(g->build_ns / NS_PER_MS));
	w->why[0] = '\0';
	w->ended_at = 0;
	w->since = clock_ns();
	ward_set_state(all, w, WARD_RUNNING);
	if (!may_restart(g->cfg))
		guest_drop_images(&w->guest, all->images);
}

static void destroyed(struct wards *all, struct ward *w)
{
	if (w->job.rc < 0) {
		ward_fail(all, w, w->job.err.msg);
		return;
	}
	if (w->user_destroy)
		snprintf(w->why, sizeof(w->why), "destroyed on request");
	ward_set_state(all, w, w->after);
}

void ward_job_done(struct wards *all, struct ward *w)
{
	w->busy = false;
	if (w->job.kind == JOB_DESTROY) {
		destroyed(all, w);
		return;
	}
	if (w->job.rc < 0) {
		ward_fail(all, w, w->job.err.msg);
		return;
	}
	if (w->user_destroy) { /* asked for while it was being built */
		ward_begin_destroy(all, w, WARD_ENDED);
		return;
	}
	w->since = clock_ns();
	ward_set_state(all, w, WARD_CONNECTING);
	ward_proceed(all, w, w->since);
}

static void restart(struct wards *all, struct ward *w)
{
	w->restarts++;
	ward_set_state(all, w, WARD_STARTING);
	ward_give(all, w, JOB_RESTART);
}

/* The domain has ended: what the descriptor says for that, unless somebody asked for the end. */
static void ended(struct wards *all, struct ward *w, enum ending how, const char *text)
{
	/* A stop is a power-off, whichever way the guest was brought to it. */
	const bool stopped = w->user_stop && how != ENDED_CRASH;
	enum guest_action action = policy_action(w->guest.cfg, stopped ? ENDED_POWEROFF : how);
	const bool too_often = deaths_add(&w->deaths, clock_ns());
	const uint32_t domid = w->guest.domid;

	if (stopped)
		text = "stopped on request";
	ward_console_drain(all, w);
	snprintf(w->why, sizeof(w->why), "%s", text);
	if (w->user_stop && action == ACTION_RESTART)
		action = ACTION_DESTROY;
	if (action == ACTION_PRESERVE) {
		report_line(all->report, "%s: domain %u %s; preserved", ward_name(w), domid, text);
		ward_set_state(all, w, WARD_PRESERVED);
	} else if (action == ACTION_DESTROY) {
		report_line(all->report, "%s: domain %u %s; destroyed", ward_name(w), domid, text);
		ward_begin_destroy(all, w, WARD_ENDED);
	} else if (too_often) {
		snprintf(w->why, sizeof(w->why), "%s, more than %u times within %llu s", text,
			 DEATHS_MAX, (unsigned long long)(DEATHS_WINDOW_NS / NS_PER_S));
		report_line(all->report, "%s: domain %u %s; destroyed, not started again",
			    ward_name(w), domid, w->why);
		ward_begin_destroy(all, w, WARD_FAILED);
	} else {
		report_line(all->report, "%s: domain %u %s; restarting", ward_name(w), domid, text);
		restart(all, w);
	}
}

/*
 * The domain was destroyed, and not by us: a toolstack has taken the guest in hand, so it is not
 * ours to restart. What is left of it in the store is removed with it, but for a guest that was given
 * away, and its device model is ended.
 */
static void lost(struct wards *all, struct ward *w)
{
	report_line(all->report, "%s: domain %u was destroyed by somebody else", ward_name(w),
		    w->guest.domid);
	snprintf(w->why, sizeof(w->why), "destroyed by somebody else");
	if (w->state == WARD_RELEASED)
		w->guest.in_store = false;
	if (w->guest.in_store || ward_has_model(w)) {
		ward_begin_destroy(all, w, WARD_ENDED);
		return;
	}
	ward_console_close(all, w);
	w->guest.domid = NO_DOMAIN;
	ward_set_state(all, w, WARD_ENDED);
}

void ward_look(struct wards *all, struct ward *w, const xc_domaininfo_t *info)
{
	enum ending how;

	if (w->busy || w->guest.domid == NO_DOMAIN)
		return;
	if (!info || info->flags & XEN_DOMINF_dying) {
		lost(all, w);
		return;
	}
	/* A FAILED one has a domain when that could not be destroyed: it is tried again on request. */
	if (w->state == WARD_PRESERVED || w->state == WARD_FAILED || w->state == WARD_RELEASED ||
	    !(info->flags & XEN_DOMINF_shutdown))
		return;
	if (!w->ended_at)
		w->ended_at = clock_ns();
	if ((w->tail.fd >= 0 || w->guest.model.console_fd >= 0) &&
	    clock_ns() - w->ended_at < LAST_WORDS_NS)
		return;
	how = ending_of(info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
	ended(all, w, how, ending_text(how));
}

/*
 * Whether the end of its device model is somebody else's doing, or a consequence: a toolstack pauses
 * the domain that it is about to destroy, and ends the device model first. A device model may end when
 * its guest has powered off.
 */
static bool in_other_hands(struct wards *all, uint32_t domid)
{
	xc_domaininfo_t info;
	const int n = xc_domain_getinfolist(all->host->xch, domid, 1, &info);

	xenlog_clear(&all->host->log);
	return n != 1 || info.domain != domid ||
	       info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_paused);
}

/* A guest whose device model has ended has lost its hardware. */
static void model_lost(struct wards *all, struct ward *w, const struct err *why)
{
	const uint32_t domid = w->guest.domid;
	char text[256];
	struct err e;

	if (in_other_hands(all, domid))
		return;
	/* So that it does not run on where it is preserved, and that everybody sees what it is. */
	if (xc_domain_shutdown(all->host->xch, (int)domid, SHUTDOWN_crash) < 0) {
		host_error(all->host, &e, "cannot stop domain %u", domid);
		report_line(all->report, "%s: %s", ward_name(w), e.msg);
	}
	snprintf(text, sizeof(text), "crashed: its %.230s", why->msg);
	ended(all, w, ENDED_CRASH, text);
}

static void look_at_model(struct wards *all, struct ward *w)
{
	enum model_state now;
	struct err e;

	if (w->busy || !ward_has_model(w))
		return;
	/* One that could not be ended with its domain. */
	if (w->guest.domid == NO_DOMAIN) {
		model_gone(&w->guest.model);
		return;
	}
	if (model_look(&w->guest.model, &w->guest, all->host, &now, &e) < 0 && !w->ended_at &&
	    (w->state == WARD_RUNNING || w->state == WARD_STOPPING))
		model_lost(all, w, &e);
}

void ward_tick(struct wards *all, struct ward *w, uint64_t now)
{
	ward_console_tick(all, w);
	look_at_model(all, w);
	ward_stop_tick(all, w, now);
	ward_proceed(all, w, now);
}

int ward_destroy(struct wards *all, struct ward *w, struct err *e)
{
	if (w->state == WARD_WAITING) {
		guest_plan_done(&w->guest);
		report_line(all->report, "%s: not started, on request", ward_name(w));
		snprintf(w->why, sizeof(w->why), "destroyed on request");
		ward_set_state(all, w, WARD_ENDED);
		return 0;
	}
	if (!w->busy && w->guest.domid == NO_DOMAIN)
		return err_set(e, "%s is not running", ward_name(w));
	if (w->state == WARD_RELEASED)
		return err_set(e, "%s was released: it is not earlydom's any more", ward_name(w));
	if (w->busy && w->job.kind == JOB_DESTROY)
		return 0;
	w->user_stop = w->user_destroy = true;
	if (w->busy)
		return 0; /* as soon as it is built: ward_job_done */
	report_line(all->report, "%s: domain %u destroyed on request", ward_name(w),
		    w->guest.domid);
	ward_begin_destroy(all, w, WARD_ENDED);
	return 0;
}

bool ward_over(const struct ward *w)
{
	return !w->busy && w->guest.domid == NO_DOMAIN &&
	       (w->state == WARD_ENDED || w->state == WARD_FAILED);
}

bool ward_undecided(const struct ward *w)
{
	return w->state == WARD_WAITING || w->state == WARD_STARTING ||
	       w->state == WARD_CONNECTING ||
	       (w->state == WARD_STOPPING && w->busy && w->after == WARD_FAILED);
}

bool ward_settled(const struct ward *w)
{
	return !w->busy && (w->guest.domid == NO_DOMAIN || w->state == WARD_PRESERVED ||
			    w->state == WARD_FAILED || w->state == WARD_RELEASED);
}
