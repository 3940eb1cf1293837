#include "ward.h"

#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>

#include "clock.h"

/*
 * A guest without a store has one way to be asked for a clean end: Linux reads SysRq from its
 * console after Ctrl-O (drivers/tty/hvc/hvc_console.c), where its console is hvc0. Sync, remount
 * read-only, power off (Documentation/admin-guide/sysrq.rst); the first two work in the
 * background, hence the time between. A pvh guest has nothing that its SysRq could power off
 * with: it is told to restart, which ends its domain as well.
 */
#define SYSRQ 0x0f
static const struct {
	char pv, pvh;
	uint64_t after_ns;
} stop_requests[] = {
	{'s', 's', 0},
	{'u', 'u', 500 * NS_PER_MS},
	{'o', 'b', 1500 * NS_PER_MS},
};
#define STOP_REQUESTS (sizeof(stop_requests) / sizeof(stop_requests[0]))

/* Console events that a guest may cause in one tick of the supervisor; more are left until the
 * next. */
#define CONSOLE_EVENTS_MAX 100

const char *ward_state_name(enum ward_state s)
{
	static const char *const names[] = {
		[WARD_STARTING] = "starting",   [WARD_RUNNING] = "running",
		[WARD_STOPPING] = "stopping",   [WARD_ENDED] = "ended",
		[WARD_PRESERVED] = "preserved", [WARD_FAILED] = "failed",
	};

	return names[s];
}

static const char *name_of(const struct ward *w)
{
	return w->guest.cfg->name;
}

void ward_print_record(const struct ward *w, FILE *to)
{
	const struct guest_config *cfg = w->guest.cfg;
	size_t i;

	fprintf(to, "name=%s\nstate=%s\n", cfg->name, ward_state_name(w->state));
	if (!w->busy && w->guest.domid != NO_DOMAIN)
		fprintf(to, "domid=%u\n", w->guest.domid);
	fprintf(to, "uuid=");
	for (i = 0; i < sizeof(w->guest.uuid); i++)
		fprintf(to, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			w->guest.uuid[i]);
	fprintf(to, "\nimage=%s\ntype=%s\nmemory=%llu\nvcpus=%u\nrestarts=%u\n", cfg->image,
		guest_type_name(cfg->type), (unsigned long long)cfg->memory_kib / 1024, cfg->vcpus,
		w->restarts);
	if (!w->busy && w->guest.build_ns)
		fprintf(to, "build_ms=%llu\n", (unsigned long long)(w->guest.build_ns / NS_PER_MS));
	if (w->why[0])
		fprintf(to, "cause=%s\n", w->why);
}

/* name, domid, image, type, memory (MiB), vcpus, state, restarts, build time (ms), cause; "-" for
 * none */
void ward_print_row(const struct ward *w, FILE *to)
{
	const struct guest_config *cfg = w->guest.cfg;

	fprintf(to, "%s\t", cfg->name);
	if (!w->busy && w->guest.domid != NO_DOMAIN)
		fprintf(to, "%u", w->guest.domid);
	else
		fputc('-', to);
	fprintf(to, "\t%s\t%s\t%llu\t%u\t%s\t%u\t", cfg->image, guest_type_name(cfg->type),
		(unsigned long long)cfg->memory_kib / 1024, cfg->vcpus, ward_state_name(w->state),
		w->restarts);
	if (!w->busy && w->guest.build_ns)
		fprintf(to, "%llu", (unsigned long long)(w->guest.build_ns / NS_PER_MS));
	else
		fputc('-', to);
	fprintf(to, "\t%s\n", w->why[0] ? w->why : "-");
}

static void set_state(struct wards *all, struct ward *w, enum ward_state state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	w->state = state;
	/* Over for good: nothing is going to be built from the images any more. */
	if ((state == WARD_ENDED || state == WARD_FAILED) && !w->busy)
		guest_drop_images(&w->guest, all->images);
	f = open_memstream(&text, &len);
	if (!f)
		return;
	ward_print_record(w, f);
	if (!fclose(f))
		rundir_record(all->run, name_of(w), text);
	free(text);
}

int ward_init(struct wards *all, struct ward *w, const struct guest_config *cfg, struct err *e)
{
	memset(w, 0, sizeof(*w));
	w->log.fd = -1;
	if (guest_init(&w->guest, cfg, e) < 0)
		return -1;
	return conlog_open(&w->log, all->run->console, cfg->name, e);
}

void ward_release(struct wards *all, struct ward *w)
{
	console_close(&w->console, all->xce);
	conlog_close(&w->log);
	guest_drop_images(&w->guest, all->images);
}

static void give(struct wards *all, struct ward *w, enum job_kind kind)
{
	/* The domain does not go while its ring is mapped. */
	console_close(&w->console, all->xce);
	echo_flush(&w->line, all->echo, all->echo_fd, name_of(w));
	w->busy = true;
	w->job.kind = kind;
	w->job.guest = &w->guest;
	worker_give(all->worker, &w->job);
}

static void fail(struct wards *all, struct ward *w, const char *why)
{
	snprintf(w->why, sizeof(w->why), "%s", why);
	set_state(all, w, WARD_FAILED);
}

void ward_hold(struct wards *all, struct ward *w)
{
	struct err e;

	if (guest_hold_images(&w->guest, all->images, &e) == 0) {
		set_state(all, w, WARD_STARTING);
		return;
	}
	report_line(all->report, "%s: %s", name_of(w), e.msg);
	fail(all, w, e.msg);
}

void ward_start(struct wards *all, struct ward *w)
{
	if (w->state != WARD_FAILED)
		give(all, w, JOB_START);
}

/* Whether a domain of this guest may ever have to be built again. */
static bool may_restart(const struct guest_config *cfg)
{
	return cfg->on_poweroff == ACTION_RESTART || cfg->on_reboot == ACTION_RESTART ||
	       cfg->on_crash == ACTION_RESTART;
}

static void begin_destroy(struct wards *all, struct ward *w, enum ward_state after)
{
	w->after = after;
	set_state(all, w, WARD_STOPPING);
	give(all, w, JOB_DESTROY);
}

static void started(struct wards *all, struct ward *w)
{
	const struct guest *g = &w->guest;
	struct err e;

	if (console_open(&w->console, all->host, all->xce, g, &e) < 0) {
		/* A guest whose ring nobody drains stops when it is full: it can't be called
		 * started. */
		report_line(all->report, "%s: %s; domain destroyed", name_of(w), e.msg);
		snprintf(w->why, sizeof(w->why), "%s", e.msg);
		begin_destroy(all, w, WARD_FAILED);
		return;
	}
	report_line(all->report, "%s: %s as domain %u (%s %s, %llu MiB, %u vcpu%s, %llu ms)",
		    name_of(w), w->restarts ? "restarted" : "started", g->domid, g->cfg->image,
		    guest_type_name(g->cfg->type), (unsigned long long)g->cfg->memory_kib / 1024,
		    g->cfg->vcpus, g->cfg->vcpus == 1 ? "" : "s",
		    (unsigned long long)(g->build_ns / NS_PER_MS));
	w->why[0] = '\0';
	set_state(all, w, WARD_RUNNING);
	if (!may_restart(g->cfg))
		guest_drop_images(&w->guest, all->images);
}

static void destroyed(struct wards *all, struct ward *w)
{
	if (w->job.rc < 0) {
		report_line(all->report, "%s: %s", name_of(w), w->job.err.msg);
		fail(all, w, w->job.err.msg);
		return;
	}
	if (w->user_destroy)
		snprintf(w->why, sizeof(w->why), "destroyed on request");
	set_state(all, w, w->after);
}

void ward_job_done(struct wards *all, struct ward *w)
{
	w->busy = false;
	if (w->job.kind == JOB_DESTROY) {
		destroyed(all, w);
		return;
	}
	if (w->job.rc < 0) {
		report_line(all->report, "%s: %s", name_of(w), w->job.err.msg);
		fail(all, w, w->job.err.msg);
		return;
	}
	started(all, w);
	/* Asked for while it was being built. */
	if (w->user_destroy && !w->busy)
		begin_destroy(all, w, WARD_ENDED);
}

static void restart(struct wards *all, struct ward *w)
{
	w->restarts++;
	set_state(all, w, WARD_STARTING);
	give(all, w, JOB_RESTART);
}

/* The domain has ended: what the descriptor says for that, unless somebody asked for the end. */
static void ended(struct wards *all, struct ward *w, enum ending how)
{
	/* A stop is a power-off, whichever way the guest was brought to it. */
	const bool stopped = w->user_stop && how != ENDED_CRASH;
	const char *text = stopped ? "stopped on request" : ending_text(how);
	enum guest_action action = policy_action(w->guest.cfg, stopped ? ENDED_POWEROFF : how);
	const bool too_often = deaths_add(&w->deaths, clock_ns());
	const uint32_t domid = w->guest.domid;

	while (ward_console(all, w))
		;
	snprintf(w->why, sizeof(w->why), "%s", text);
	if (w->user_stop && action == ACTION_RESTART)
		action = ACTION_DESTROY;
	if (action == ACTION_PRESERVE) {
		report_line(all->report, "%s: domain %u %s; preserved", name_of(w), domid, text);
		set_state(all, w, WARD_PRESERVED);
	} else if (action == ACTION_DESTROY) {
		report_line(all->report, "%s: domain %u %s; destroyed", name_of(w), domid, text);
		begin_destroy(all, w, WARD_ENDED);
	} else if (too_often) {
		snprintf(w->why, sizeof(w->why), "%s, more than %u times within %llu s", text,
			 DEATHS_MAX, (unsigned long long)(DEATHS_WINDOW_NS / NS_PER_S));
		report_line(all->report, "%s: domain %u %s; destroyed, not started again",
			    name_of(w), domid, w->why);
		begin_destroy(all, w, WARD_FAILED);
	} else {
		report_line(all->report, "%s: domain %u %s; restarting", name_of(w), domid, text);
		restart(all, w);
	}
}

void ward_look(struct wards *all, struct ward *w, const xc_domaininfo_t *info)
{
	if (w->busy || w->guest.domid == NO_DOMAIN)
		return;
	if (!info || info->flags & XEN_DOMINF_dying) {
		/* Not our doing: a toolstack has taken the guest in hand, so it is not ours to
		 * restart. */
		report_line(all->report, "%s: domain %u was destroyed by somebody else", name_of(w),
			    w->guest.domid);
		console_close(&w->console, all->xce);
		echo_flush(&w->line, all->echo, all->echo_fd, name_of(w));
		w->guest.domid = NO_DOMAIN;
		snprintf(w->why, sizeof(w->why), "destroyed by somebody else");
		set_state(all, w, WARD_ENDED);
		return;
	}
	/* A FAILED one has a domain when that could not be destroyed: it is tried again on request. */
	if (w->state != WARD_PRESERVED && w->state != WARD_FAILED &&
	    info->flags & XEN_DOMINF_shutdown)
		ended(all, w,
		      ending_of(info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask));
}

size_t ward_console(struct wards *all, struct ward *w)
{
	char buf[CONSOLE_RING_OUT];
	const size_t n = console_read(&w->console, all->xce, buf, CONSOLE_RING_OUT);

	if (n) {
		conlog_write(&w->log, buf, n);
		echo_output(&w->line, all->echo, all->echo_fd, name_of(w), buf, n);
		all->output(all->output_arg, w, buf, n);
	}
	if (w->console.ring && !w->console_masked) {
		w->console_masked = ++w->console_events > CONSOLE_EVENTS_MAX;
		if (!w->console_masked)
			xenevtchn_unmask(all->xce, w->console.port);
	}
	return n;
}

static char stop_key(const struct ward *w)
{
	return w->guest.cfg->type == GUEST_PV ? stop_requests[w->stop_sent].pv
					      : stop_requests[w->stop_sent].pvh;
}

void ward_tick(struct wards *all, struct ward *w, uint64_t now)
{
	w->console_events = 0;
	if (w->console_masked) {
		w->console_masked = false;
		if (w->console.ring)
			xenevtchn_unmask(all->xce, w->console.port);
	}
	if (w->busy || !w->stop_since || w->guest.domid == NO_DOMAIN)
		return;
	/* Half a request would be taken for something else: it waits until the ring has room. */
	while (w->stop_sent < STOP_REQUESTS && console_room(&w->console) >= 2 &&
	       now - w->stop_since >= stop_requests[w->stop_sent].after_ns) {
		const char keys[2] = {SYSRQ, stop_key(w)};

		console_write(&w->console, all->xce, keys, sizeof(keys));
		w->stop_sent++;
	}
}

int ward_stop(struct wards *all, struct ward *w, uint64_t now, struct err *e)
{
	if (w->busy)
		return err_set(e, "%s is %s; try again when it is running", name_of(w),
			       ward_state_name(w->state));
	if (w->guest.domid == NO_DOMAIN || w->state == WARD_PRESERVED)
		return err_set(e, "%s is not running", name_of(w));
	w->user_stop = true;
	w->stop_since = now;
	w->stop_sent = 0;
	set_state(all, w, WARD_STOPPING);
	return 0;
}

int ward_destroy(struct wards *all, struct ward *w, struct err *e)
{
	if (!w->busy && w->guest.domid == NO_DOMAIN)
		return err_set(e, "%s is not running", name_of(w));
	if (w->busy && w->job.kind == JOB_DESTROY)
		return 0;
	w->user_stop = w->user_destroy = true;
	if (w->busy)
		return 0; /* as soon as it is built: ward_job_done */
	report_line(all->report, "%s: domain %u destroyed on request", name_of(w), w->guest.domid);
	begin_destroy(all, w, WARD_ENDED);
	return 0;
}

bool ward_over(const struct ward *w)
{
	return !w->busy && w->guest.domid == NO_DOMAIN &&
	       (w->state == WARD_ENDED || w->state == WARD_FAILED);
}

bool ward_settled(const struct ward *w)
{
	return !w->busy && (w->guest.domid == NO_DOMAIN || w->state == WARD_PRESERVED ||
			    w->state == WARD_FAILED);
}
