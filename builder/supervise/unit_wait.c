#include "unit_wait.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "builder/build/devices.h"
#include "builder/image/firmware.h"
#include "unit_table.h"
#include "builder/build/life.h"

static struct unit *find(struct units *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(unit_name(&all->list[i]), name))
			return &all->list[i];
	return NULL;
}

/* True when nobody has to wait for u any longer. */
static bool is_up(const struct unit *u)
{
	return u->up || unit_failed_so_far(u) || u->state == UNIT_ENDED ||
	       u->state == UNIT_PRESERVED || u->state == UNIT_RELEASED;
}

/* Whether all that u comes after are up, or can't be; one that is not selected is not waited for.
 */
static bool predecessors_up(struct units *all, const struct unit *u)
{
	const struct strings *after = &u->guest.cfg->after;

	for (size_t i = 0; i < after->n; i++) {
		const struct unit *other = find(all, after->v[i]);

		if (other && !is_up(other))
			return false;
	}
	return true;
}

/* A guest whose predecessor has failed is started all the same: `after` is an order. That is said.
 */
static void report_predecessors(struct units *all, const struct unit *u)
{
	const struct strings *after = &u->guest.cfg->after;

	for (size_t i = 0; i < after->n; i++) {
		const struct unit *other = find(all, after->v[i]);

		if (other && !other->up)
			report_line(all->report, "%s: starts without %s, which it comes after (%s)",
				    unit_name(u), after->v[i], unit_state_name(other->state));
	}
}

void unit_hold(struct units *all, struct unit *u)
{
	struct err e;

	if (unit_hold_files(all, u, &e) < 0)
		unit_event(all, u, EVENT_HOPELESS, clock_ns(), &e);
	else
		unit_enter(all, u, UNIT_WAITING);
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
		err_set_passing(&e,
				"its disks and network interfaces need a store, and there is none");
		unit_event(all, u, EVENT_HOPELESS, now, &e);
		return;
	}
	if (firmware_wanted(u->guest.cfg) && !all->host->xsh) {
		err_set_passing(&e, "its device model needs a store, and there is none");
		unit_event(all, u, EVENT_HOPELESS, now, &e);
		return;
	}
	if (now < u->retry)
		return;
	u->retry = now + RETRY_NS;
	if (guest_hold_devices(&u->guest, all->disks, &absent, &e) < 0) {
		e.passing |= absent;
		if (!absent || now - u->since >= timeout_ns(u))
			unit_event(all, u, EVENT_HOPELESS, now, &e);
		return;
	}
	unit_event(all, u, EVENT_BUILDABLE, now, &e);
}

/* Retrying: begins the next try when the pause is over. */
static void wait_to_retry(struct units *all, struct unit *u, uint64_t now)
{
	struct err e;

	if (now >= u->retry_at)
		unit_event(all, u, EVENT_DUE, now, &e);
}

/* Connecting: lets the guest run when its back ends and its device model are ready for it. */
static void wait_to_run(struct units *all, struct unit *u, uint64_t now)
{
	struct err e;
	bool ready;

	if (guest_connect(&u->guest, all->host, &all->models, now - u->since, &ready, &e) < 0 ||
	    (ready && unit_event(all, u, EVENT_RUNNABLE, now, &e) < 0))
		unit_event(all, u, EVENT_HOPELESS, now, &e);
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
	for (size_t i = 0; i < all->n; i++) {
		const struct unit *other = &all->list[i];

		if (other->state != UNIT_WAITING)
			continue;
		for (size_t k = 0; k < other->guest.cfg->after.n; k++)
			if (!strcmp(other->guest.cfg->after.v[k], unit_name(u)))
				return true;
	}
	return false;
}

/* Whether it is up, as its descriptor defines that. */
static bool is_up_now(struct units *all, struct unit *u)
{
	enum devices_state devices;
	struct err e;

	if (!all->host->xsh)
		return true; /* nothing more can be known of it */
	if (u->guest.cfg->ready)
		return node_filled(all, u);
	return devices_look(&u->guest, all->host, &devices, &e) == 0 &&
	       devices == DEVICES_CONNECTED;
}

/* Running: notices that it is up, or has not come up in time. */
static void wait_to_be_up(struct units *all, struct unit *u, uint64_t now)
{
	const struct guest_config *cfg = u->guest.cfg;
	struct err e = {.msg = ""};

	if (is_up_now(all, u)) {
		unit_event(all, u, EVENT_UP, now, &e);
		return;
	}
	if (now - u->since < cfg->ready_timeout * NS_PER_S)
		return;
	if (is_waited_for(all, u))
		err_set(&e, "not up after %u s (%s); what comes after it waits no longer",
			cfg->ready_timeout,
			cfg->ready ? cfg->ready : "its devices are not connected");
	unit_event(all, u, EVENT_LATE, now, &e);
}

void unit_proceed(struct units *all, struct unit *u, uint64_t now)
{
	if (u->state == UNIT_WAITING)
		wait_to_build(all, u, now);
	else if (u->state == UNIT_RETRYING)
		wait_to_retry(all, u, now);
	else if (u->state == UNIT_CONNECTING)
		wait_to_run(all, u, now);
	else if (u->state == UNIT_RUNNING && !u->up)
		wait_to_be_up(all, u, now);
}
