/*
 * What a guest waits for: before its build for the guests that it comes after and for its disks,
 * after it for the back ends of its devices. And when it is up, for which others wait.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "devices.h"
#include "hvm.h"
#include "ward_inside.h"

static struct ward *find(struct wards *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (!strcmp(ward_name(&all->list[i]), name))
			return &all->list[i];
	return NULL;
}

/* True when nobody has to wait for w any longer. */
static bool is_up(const struct ward *w)
{
	return w->up || w->state == WARD_ENDED || w->state == WARD_FAILED ||
	       w->state == WARD_PRESERVED || w->state == WARD_RELEASED;
}

/* Whether all that w comes after are up, or can't be; one that is not selected is not waited for. */
static bool predecessors_up(struct wards *all, const struct ward *w)
{
	const struct strings *after = &w->guest.cfg->after;
	size_t i;

	for (i = 0; i < after->n; i++) {
		const struct ward *other = find(all, after->v[i]);

		if (other && !is_up(other))
			return false;
	}
	return true;
}

/* A guest whose predecessor has failed is started all the same: `after` is an order. That is said. */
static void report_predecessors(struct wards *all, const struct ward *w)
{
	const struct strings *after = &w->guest.cfg->after;
	size_t i;

	for (i = 0; i < after->n; i++) {
		const struct ward *other = find(all, after->v[i]);

		if (other && !other->up)
			report_line(all->report, "%s: starts without %s, which it comes after (%s)",
				    ward_name(w), after->v[i], ward_state_name(other->state));
	}
}

/* The end of a try that has not come to a build. */
static void give_up(struct wards *all, struct ward *w, const struct err *e)
{
	guest_plan_done(&w->guest);
	ward_fail(all, w, e->msg);
}

/* How often a disk that is not there is looked for: a tag is searched for on all devices. */
#define RETRY_NS (500 * NS_PER_MS)

static uint64_t timeout_ns(const struct ward *w)
{
	return w->guest.cfg->device_timeout * NS_PER_S;
}

static bool has_devices(const struct guest_config *cfg)
{
	return cfg->nr_disks || cfg->nr_vifs;
}

/* Waiting: starts the build when nothing is left to wait for. */
static void wait_to_build(struct wards *all, struct ward *w, uint64_t now)
{
	bool absent = false;
	struct err e;

	if (!predecessors_up(all, w))
		return;
	if (!w->since) {
		w->since = now;
		report_predecessors(all, w);
	}
	if (has_devices(w->guest.cfg) && !all->host->xsh) {
		err_set(&e, "its disks and network interfaces need a store, and there is none");
		give_up(all, w, &e);
		return;
	}
	if (hvm_has_firmware(w->guest.cfg) && !all->host->xsh) {
		err_set(&e, "its device model needs a store, and there is none");
		give_up(all, w, &e);
		return;
	}
	if (now < w->retry)
		return;
	w->retry = now + RETRY_NS;
	if (guest_hold_devices(&w->guest, all->disks, &absent, &e) < 0) {
		if (!absent || now - w->since >= timeout_ns(w))
			give_up(all, w, &e);
		return;
	}
	ward_set_state(all, w, WARD_STARTING);
	ward_give(all, w, JOB_START);
}

static void undo(struct wards *all, struct ward *w, const struct err *e)
{
	report_line(all->report, "%s: %s; domain destroyed", ward_name(w), e->msg);
	snprintf(w->why, sizeof(w->why), "%s", e->msg);
	ward_begin_destroy(all, w, WARD_FAILED);
}

/* Starts the device model, if there is to be one, and looks how far it is. Returns 0, or -1 with e
 * set. */
static int model_wait(struct wards *all, struct ward *w, enum model_state *now, struct err *e)
{
	struct model *m = &w->guest.model;

	*now = MODEL_READY;
	if (w->guest.cfg->type != GUEST_HVM)
		return 0;
	if (m->state == MODEL_NONE && model_start(m, &w->guest, all->host, &all->models, 0, e) < 0)
		return -1;
	if (model_look(m, &w->guest, all->host, now, e) == 0)
		return 0;
	return *now == MODEL_ENDED ? err_prefix(e, "its ") : -1;
}

/* Connecting: lets the guest run when its back ends and its device model are ready for it. */
static void wait_to_run(struct wards *all, struct ward *w, uint64_t now)
{
	enum devices_state devices;
	enum model_state model;
	struct err e;
	int rc;

	if (model_wait(all, w, &model, &e) < 0) {
		undo(all, w, &e);
		return;
	}
	rc = devices_look(&w->guest, all->host, &devices, &e);
	if (!rc && devices != DEVICES_WAITING && model == MODEL_STARTING)
		return; /* it has a time-out of its own */
	if (!rc && devices == DEVICES_WAITING) {
		if (now - w->since < timeout_ns(w))
			return;
		rc = devices_late(&w->guest, all->host, w->guest.cfg->device_timeout, &e);
	}
	/* A guest whose ring nobody drains stops when it is full: it can't be called started. */
	if (rc < 0 || ward_console_open(all, w, &e) < 0 ||
	    guest_run(&w->guest, all->host, all->paused, &e) < 0) {
		undo(all, w, &e);
		return;
	}
	ward_started(all, w);
}

/* There and not empty: a toolstack makes some nodes empty for the guest's kernel to fill. */
static bool node_filled(struct wards *all, const struct ward *w)
{
	char node[512], *value;
	unsigned len = 0;

	snprintf(node, sizeof(node), "/local/domain/%u/%s", w->guest.domid, w->guest.cfg->ready);
	value = xs_read(all->host->xsh, XBT_NULL, node, &len);
	free(value);
	return value && len > 0;
}

/* Whether some guest is still to start after w. */
static bool is_waited_for(const struct wards *all, const struct ward *w)
{
	size_t i, k;

	for (i = 0; i < all->n; i++) {
		const struct ward *other = &all->list[i];

		if (other->state != WARD_WAITING)
			continue;
		for (k = 0; k < other->guest.cfg->after.n; k++)
			if (!strcmp(other->guest.cfg->after.v[k], ward_name(w)))
				return true;
	}
	return false;
}

/* Running: notices that it is up, as its descriptor defines it. */
static void wait_to_be_up(struct wards *all, struct ward *w, uint64_t now)
{
	const struct guest_config *cfg = w->guest.cfg;
	enum devices_state devices;
	struct err e;

	if (!all->host->xsh)
		w->up = true; /* nothing more can be known of it */
	else if (cfg->ready)
		w->up = node_filled(all, w);
	else
		w->up = devices_look(&w->guest, all->host, &devices, &e) == 0 &&
			devices == DEVICES_CONNECTED;
	if (w->up || now - w->since < cfg->ready_timeout * NS_PER_S)
		return;
	if (is_waited_for(all, w))
		report_line(all->report,
			    "%s: not up after %u s (%s); what comes after it waits no longer",
			    ward_name(w), cfg->ready_timeout,
			    cfg->ready ? cfg->ready : "its devices are not connected");
	w->up = true;
}

void ward_proceed(struct wards *all, struct ward *w, uint64_t now)
{
	if (w->busy)
		return;
	if (w->state == WARD_WAITING)
		wait_to_build(all, w, now);
	else if (w->state == WARD_CONNECTING)
		wait_to_run(all, w, now);
	else if (w->state == WARD_RUNNING && !w->up)
		wait_to_be_up(all, w, now);
}
