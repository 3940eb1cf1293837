/*
 * What a guest waits for: before its build for the guests that it comes after and for its disks,
 * after it for the back ends of its devices. And when it is up, for which others wait.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "builder/build/devices.h"
#include "builder/image/firmware.h"
#include "unit_inside.h"
#include "builder/build/life.h"

static struct unit *find(struct units *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (!strcmp(unit_name(&all->list[i]), name))
			return &all->list[i];
	return NULL;
}

/* True when nobody has to wait for u any longer. */
static bool is_up(const struct unit *u)
{
	return u->up || u->state == UNIT_ENDED || u->state == UNIT_FAILED ||
	       u->state == UNIT_PRESERVED || u->state == UNIT_RELEASED;
}

/* Whether all that u comes after are up, or can't be; one that is not selected is not waited for. */
static bool predecessors_up(struct units *all, const struct unit *u)
{
	const struct strings *after = &u->guest.cfg->after;
	size_t i;

	for (i = 0; i < after->n; i++) {
		const struct unit *other = find(all, after->v[i]);

		if (other && !is_up(other))
			return false;
	}
	return true;
}

/* A guest whose predecessor has failed is started all the same: `after` is an order. That is said. */
static void report_predecessors(struct units *all, const struct unit *u)
{
	const struct strings *after = &u->guest.cfg->after;
	size_t i;

	for (i = 0; i < after->n; i++) {
		const struct unit *other = find(all, after->v[i]);

		if (other && !other->up)
			report_line(all->report, "%s: starts without %s, which it comes after (%s)",
				    unit_name(u), after->v[i], unit_state_name(other->state));
	}
}

/* The end of a try that has not come to a build. */
static void give_up(struct units *all, struct unit *u, const struct err *e)
{
	guest_plan_done(&u->guest);
	unit_fail(all, u, e->msg);
}

/* How often a disk that is not there is looked for: a tag is searched for on all devices. */
#define RETRY_NS (500 * NS_PER_MS)

static uint64_t timeout_ns(const struct unit *u)
{
	return u->guest.cfg->device_timeout * NS_PER_S;
}

static bool has_devices(const struct guest_config *cfg)
{
	return cfg->nr_disks || cfg->nr_vifs;
}

/* Waiting: starts the build when nothing is left to wait for. */
static void wait_to_build(struct units *all, struct unit *u, uint64_t now)
{
	bool absent = false;
	struct err e;

	if (!predecessors_up(all, u))
		return;
	if (!u->since) {
		u->since = now;
		report_predecessors(all, u);
	}
	if (has_devices(u->guest.cfg) && !all->host->xsh) {
		err_set(&e, "its disks and network interfaces need a store, and there is none");
		give_up(all, u, &e);
		return;
	}
	if (firmware_wanted(u->guest.cfg) && !all->host->xsh) {
		err_set(&e, "its device model needs a store, and there is none");
		give_up(all, u, &e);
		return;
	}
	if (now < u->retry)
		return;
	u->retry = now + RETRY_NS;
	if (guest_hold_devices(&u->guest, all->disks, &absent, &e) < 0) {
		if (!absent || now - u->since >= timeout_ns(u))
			give_up(all, u, &e);
		return;
	}
	unit_set_state(all, u, UNIT_STARTING);
	unit_give(all, u, JOB_START);
}

static void undo(struct units *all, struct unit *u, const struct err *e)
{
	report_line(all->report, "%s: %s; domain destroyed", unit_name(u), e->msg);
	snprintf(u->why, sizeof(u->why), "%s", e->msg);
	unit_begin_destroy(all, u, UNIT_FAILED);
}

/* Starts the device model, if there is to be one, and looks how far it is. Returns 0, or -1 with e
 * set. */
static int devmodel_wait(struct units *all, struct unit *u, enum devmodel_state *now, struct err *e)
{
	struct devmodel *m = &u->guest.model;

	*now = DEVMODEL_READY;
	if (u->guest.cfg->type != GUEST_HVM)
		return 0;
	if (m->state == DEVMODEL_NONE &&
	    devmodel_start(m, &u->guest, all->host, &all->models, 0, e) < 0)
		return -1;
	if (devmodel_look(m, &u->guest, all->host, now, e) == 0)
		return 0;
	return *now == DEVMODEL_ENDED ? err_prefix(e, "its ") : -1;
}

/* Connecting: lets the guest run when its back ends and its device model are ready for it. */
static void wait_to_run(struct units *all, struct unit *u, uint64_t now)
{
	enum devices_state devices;
	enum devmodel_state model;
	struct err e;
	int rc;

	if (devmodel_wait(all, u, &model, &e) < 0) {
		undo(all, u, &e);
		return;
	}
	rc = devices_look(&u->guest, all->host, &devices, &e);
	if (!rc && devices != DEVICES_WAITING && model == DEVMODEL_STARTING)
		return; /* it has a time-out of its own */
	if (!rc && devices == DEVICES_WAITING) {
		if (now - u->since < timeout_ns(u))
			return;
		rc = devices_late(&u->guest, all->host, u->guest.cfg->device_timeout, &e);
	}
	/* A guest whose ring nobody drains stops when it is full: it can't be called started. */
	if (rc < 0 || unit_console_open(all, u, &e) < 0 ||
	    guest_run(&u->guest, all->host, all->paused, &e) < 0) {
		undo(all, u, &e);
		return;
	}
	unit_started(all, u);
}

/* There and not empty: a toolstack makes some nodes empty for the guest's kernel to fill. */
static bool node_filled(struct units *all, const struct unit *u)
{
	char node[512], *value;
	unsigned len = 0;

	snprintf(node, sizeof(node), "/local/domain/%u/%s", u->guest.domid, u->guest.cfg->ready);
	value = xs_read(all->host->xsh, XBT_NULL, node, &len);
	free(value);
	return value && len > 0;
}

/* Whether some guest is still to start after u. */
static bool is_waited_for(const struct units *all, const struct unit *u)
{
	size_t i, k;

	for (i = 0; i < all->n; i++) {
		const struct unit *other = &all->list[i];

		if (other->state != UNIT_WAITING)
			continue;
		for (k = 0; k < other->guest.cfg->after.n; k++)
			if (!strcmp(other->guest.cfg->after.v[k], unit_name(u)))
				return true;
	}
	return false;
}

/* Running: notices that it is up, as its descriptor defines it. */
static void wait_to_be_up(struct units *all, struct unit *u, uint64_t now)
{
	const struct guest_config *cfg = u->guest.cfg;
	enum devices_state devices;
	struct err e;

	if (!all->host->xsh)
		u->up = true; /* nothing more can be known of it */
	else if (cfg->ready)
		u->up = node_filled(all, u);
	else
		u->up = devices_look(&u->guest, all->host, &devices, &e) == 0 &&
			devices == DEVICES_CONNECTED;
	if (u->up || now - u->since < cfg->ready_timeout * NS_PER_S)
		return;
	if (is_waited_for(all, u))
		report_line(all->report,
			    "%s: not up after %u s (%s); what comes after it waits no longer",
			    unit_name(u), cfg->ready_timeout,
			    cfg->ready ? cfg->ready : "its devices are not connected");
	u->up = true;
}

void unit_proceed(struct units *all, struct unit *u, uint64_t now)
{
	if (u->busy)
		return;
	if (u->state == UNIT_WAITING)
		wait_to_build(all, u, now);
	else if (u->state == UNIT_CONNECTING)
		wait_to_run(all, u, now);
	else if (u->state == UNIT_RUNNING && !u->up)
		wait_to_be_up(all, u, now);
}
