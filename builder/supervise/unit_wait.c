#include "unit_wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "builder/build/devices.h"
#include "builder/describe/backend_of.h"
#include "builder/describe/predecessors.h"
#include "builder/devmodel/devmodel_files.h"
#include "unit_backends.h"
#include "unit_before.h"
#include "unit_store.h"
#include "unit_errand.h"
#include "unit_table.h"
#include "builder/build/life.h"

/* True when nobody has to wait for u any longer: also of one that hangs itself. */
static bool is_up(const struct unit *u)
{
	return u->up || unit_failed_so_far(u) || unit_hangs(u) || u->state == UNIT_ENDED ||
	       u->state == UNIT_PRESERVED || u->state == UNIT_RELEASED;
}

/* Whether all that u comes after are up, or can't be; one that is not selected is not waited for.
 */
static bool predecessors_up(struct units *all, const struct unit *u)
{
	const struct guest_config *cfg = u->guest.cfg;

	for (size_t i = 0; i < predecessors_nr(cfg); i++) {
		const char *name = predecessor(cfg, i);
		const struct unit *other = name ? units_find(all, name) : NULL;

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
		const struct unit *other = units_find(all, after->v[i]);

		if (other && !other->up)
			report_line(all->report, "%s: starts without %s, which it comes after (%s)",
				    unit_name(u), after->v[i], unit_state_name(other->state));
	}
}

void unit_begin_anew(struct units *all, struct unit *u)
{
	if (!guest_knows_devices(&u->guest) || guest_lost_devices(&u->guest))
		unit_drop_devices(all, u);
	guest_plan_restart(&u->guest);
	u->guest.domid = NO_DOMAIN;
	u->guest.in_store = false;
	u->since = u->retry = 0;
	u->looks = 0;
	unit_enter(all, u, UNIT_WAITING);
}

/* How often a disk that is not there is looked for: a tag is searched for on all devices. */
#define RETRY_NS (500 * NS_PER_MS)

static uint64_t timeout_ns(const struct unit *u)
{
	return u->guest.cfg->device_timeout * NS_PER_S;
}

/*
 * All guests hold their images before the first one is built: then it is known which of them share
 * a kernel. And they get disks in their order, and builds begin in it, by which memory is theirs:
 * so each lets those before it be looked at first. But not for long, and once: a disk may hang.
 */
#define LET_PASS_NS NS_PER_S

static bool goes_first(const struct unit *other, const struct unit *u)
{
	return other->errand.kind == UNIT_ERRAND_IMAGES ||
	       (other->errand.kind == UNIT_ERRAND_HOLD && other->looks == 1 && other < u);
}

static bool lets_pass(const struct units *all, const struct unit *u, uint64_t now)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct unit *other = &all->list[i];

		if (other->state == UNIT_WAITING && other->errand.errand.away &&
		    now - other->errand.now < LET_PASS_NS && goes_first(other, u))
			return true;
	}
	return false;
}

static void run_hold_images(struct errand *e, struct host *h)
{
	struct unit_errand *ue = (struct unit_errand *)e;
	struct guest *g = &ue->u->guest;

	(void)h;
	e->rc = guest_hold_images(g, ue->all->images, &e->err);
	if (e->rc < 0 ||
	    devmodel_files_keep(ue->all->models.own_root, ue->all->starter, g->cfg, &e->err) == 0)
		return;
	e->rc = -1;
	guest_plan_done(g);
	guest_drop_images(g, ue->all->images);
}

static void images_held(struct units *all, struct errand *e)
{
	struct unit_errand *ue = (struct unit_errand *)e;

	if (!unit_event_waited(all, ue->u) && e->rc < 0)
		unit_event(all, ue->u, EVENT_HOPELESS, ue->now, &e->err);
}

/* Returns false while it does not hold its images: they are looked for, or will be. */
static bool holds_images(struct units *all, struct unit *u, uint64_t now)
{
	if (guest_source(&u->guest))
		return true;
	if (!all->root_moves && !u->seek.errand.away)
		unit_errand_give(all, u, UNIT_ERRAND_IMAGES, "the look for its files",
				 run_hold_images, images_held, now);
	return false;
}

static void run_hold(struct errand *e, struct host *h)
{
	struct unit_errand *ue = (struct unit_errand *)e;

	struct guest *g = &ue->u->guest;

	e->rc = guest_hold_devices(g, ue->all->disks, &ue->absent, &e->err);
	if (e->rc == 0)
		e->rc = guest_hold_pci(g, ue->all->disks, ue->all->pcis, h, &ue->absent, &e->err);
}

static void held(struct units *all, struct errand *e)
{
	struct unit_errand *ue = (struct unit_errand *)e;
	struct unit *u = ue->u;

	e->err.passing |= ue->absent;
	if (!unit_event_waited(all, u) && e->rc < 0 && (!ue->absent || ue->waited >= timeout_ns(u)))
		unit_event(all, u, EVENT_HOPELESS, ue->now, &e->err);
}

/* Whether it waits for the store. Its devices can't be late meanwhile. */
static bool awaits_store(struct units *all, struct unit *u, uint64_t now)
{
	const bool before = u->awaits_store;

	u->awaits_store = unit_waits_for_store(all, u);
	if (before || u->awaits_store)
		u->since = now;
	return u->awaits_store;
}

/* What it is that needs a store. */
static const char *what_needs(const struct guest_config *cfg)
{
	if (guest_config_has_devices(cfg))
		return cfg->nr_disks || cfg->nr_vifs ? "its disks and network interfaces need"
						     : "its PCI devices need";
	return cfg->type == GUEST_HVM ? "its device model needs" : "its screen and keyboard need";
}

/* Whether the guests that serve its devices are up. They are a need, unlike those of `after`. */
static bool awaits_no_backend(struct units *all, struct unit *u, uint64_t now)
{
	struct err e;

	if (unit_backends_up(all, u, &e))
		return true;
	u->retry = now + RETRY_NS;
	if (now - u->since >= timeout_ns(u))
		unit_event(all, u, EVENT_HOPELESS, now, &e);
	return false;
}

/* Waiting: starts the build when nothing is left to wait for. */
static void wait_to_build(struct units *all, struct unit *u, uint64_t now)
{
	bool ready;
	struct err e;

	if (all->leaving || u->errand.errand.away || !holds_images(all, u, now))
		return;
	if (all->store == STORE_SOUGHT || !predecessors_up(all, u))
		return;
	if (!u->since) {
		u->since = now;
		report_predecessors(all, u);
	}
	if (awaits_store(all, u, now))
		return;
	if (unit_needs_store(u->guest.cfg) && all->store == STORE_ABSENT) {
		err_set_passing(&e, "%s a store, and there is none", what_needs(u->guest.cfg));
		unit_event(all, u, EVENT_HOPELESS, now, &e);
		return;
	}
	if (!awaits_no_backend(all, u, now))
		return;
	ready = guest_knows_devices(&u->guest);
	if ((ready || !u->looks) && lets_pass(all, u, now))
		return;
	if (ready) {
		unit_event(all, u, EVENT_BUILDABLE, now, &e);
		return;
	}
	if (now < u->retry || all->root_moves)
		return;
	u->retry = now + RETRY_NS;
	u->looks++;
	unit_errand_give(all, u, UNIT_ERRAND_HOLD, "the look for its devices", run_hold, held, now);
}

/* Retrying: begins the next try when the pause is over. */
static void wait_to_retry(struct units *all, struct unit *u, uint64_t now)
{
	struct err e;

	if (!all->leaving && now >= u->retry_at)
		unit_event(all, u, EVENT_DUE, now, &e);
}

static void run_connect(struct errand *e, struct host *h)
{
	struct unit_errand *ue = (struct unit_errand *)e;

	e->rc = guest_connect(&ue->u->guest, h, &ue->all->models, ue->waited, &ue->yes, &e->err);
}

/* Lets the guest run when its back ends and its device model are ready for it. */
static void run_or_undo(struct units *all, struct unit *u, int rc, bool ready, uint64_t now,
			struct err *e)
{
	if (rc < 0 || (ready && unit_event(all, u, EVENT_RUNNABLE, now, e) < 0))
		unit_event(all, u, EVENT_HOPELESS, now, e);
}

static void connected(struct units *all, struct errand *e)
{
	struct unit_errand *ue = (struct unit_errand *)e;

	if (unit_event_waited(all, ue->u))
		return;
	run_or_undo(all, ue->u, e->rc, ue->yes, ue->now, &e->err);
	if (ue->again)
		unit_proceed(all, ue->u, clock_ns());
}

/* Connecting: looks whether everything is ready for it. */
static void wait_to_run(struct units *all, struct unit *u, uint64_t now)
{
	struct err e;

	if (u->errand.errand.away)
		return;
	if (awaits_store(all, u, now))
		return;
	if (guest_config_has_devices(u->guest.cfg) || guest_config_has_model(u->guest.cfg))
		unit_errand_give(all, u, UNIT_ERRAND_CONNECT, "the look at its devices",
				 run_connect, connected, now);
	else
		run_or_undo(all, u, 0, true, now, &e);
}

/* Whether some guest is still to start after u. */
static bool is_waited_for(const struct units *all, const struct unit *u)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct unit *other = &all->list[i];

		if (other->state == UNIT_WAITING && unit_comes_after(other->guest.cfg, u))
			return true;
	}
	return false;
}

/* There and not empty: a toolstack makes some nodes empty for the guest's kernel to fill. */
static bool node_filled(struct host *h, const char *node)
{
	unsigned len = 0;
	char *value = h->xsh ? xs_read(h->xsh, XBT_NULL, node, &len) : NULL;

	free(value);
	return value && len > 0;
}

static void run_up(struct errand *e, struct host *h)
{
	struct unit_errand *ue = (struct unit_errand *)e;
	enum devices_state devices;

	if (ue->node[0])
		ue->yes = node_filled(h, ue->node);
	else
		ue->yes = devices_look(&ue->copy, h, &devices, &e->err) == 0 &&
			  devices == DEVICES_CONNECTED;
}

static void up_or_late(struct units *all, struct unit *u, bool up, uint64_t now)
{
	const struct guest_config *cfg = u->guest.cfg;
	struct err e = {.msg = ""};

	if (up) {
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

static bool may_come_up(const struct unit *u)
{
	return u->state == UNIT_RUNNING && !u->up;
}

static void *copy_of(const void *what, size_t bytes)
{
	void *copy = bytes ? malloc(bytes) : NULL;

	return copy ? memcpy(copy, what, bytes) : NULL;
}

static void free_copies(struct unit_errand *ue)
{
	free(ue->copy.vifs);
	free(ue->copy.backends);
	ue->copy.vifs = NULL;
	ue->copy.backends = NULL;
}

static void is_up_now(struct units *all, struct errand *e)
{
	struct unit_errand *ue = (struct unit_errand *)e;
	struct unit *u = ue->u;

	free_copies(ue);
	if (may_come_up(u) && ue->copy.domid == u->guest.domid)
		up_or_late(all, u, ue->yes && e->rc == 0, ue->now);
	if (ue->again)
		unit_proceed(all, u, clock_ns());
}

/* Asks whether it is up, as its descriptor defines that. The guest is not lent for it: one that
 * ends meanwhile is seen. */
static void ask_whether_up(struct units *all, struct unit *u, uint64_t now)
{
	struct unit_errand *ue = &u->errand;
	const struct guest_config *cfg = u->guest.cfg;
	const size_t bytes = cfg->nr_vifs * sizeof(*u->guest.vifs);
	const size_t nr_backends = u->guest.backends ? backend_nr(cfg) : 0;

	ue->copy = u->guest;
	ue->copy.disks = NULL;
	ue->copy.vifs = NULL;
	ue->copy.backends = NULL;
	ue->node[0] = '\0';
	if (cfg->ready) {
		snprintf(ue->node, sizeof(ue->node), "/local/domain/%u/%s", u->guest.domid,
			 cfg->ready);
	} else {
		ue->copy.vifs = copy_of(u->guest.vifs, bytes);
		ue->copy.backends =
			copy_of(u->guest.backends, nr_backends * sizeof(*ue->copy.backends));
		if ((bytes && !ue->copy.vifs) || (nr_backends && !ue->copy.backends)) {
			free_copies(ue);
			return; /* the next time */
		}
	}
	unit_errand_give(all, u, UNIT_ERRAND_UP, "the look whether it is up", run_up, is_up_now,
			 now);
}

/* Whether there are devices by which one can see that it is up. */
static bool knows_devices(const struct guest *g)
{
	return guest_config_has_devices(g->cfg) && (g->vifs || !g->cfg->nr_vifs);
}

/* Running: notices that it is up, or has not come up in time. */
static void wait_to_be_up(struct units *all, struct unit *u, uint64_t now)
{
	/* Without a store nothing more can be known of it, nor of one whose interfaces were not
	 * adopted. */
	if (all->store != STORE_SERVES || (!u->guest.cfg->ready && !knows_devices(&u->guest)))
		up_or_late(all, u, true, now);
	else if (unit_lent(u) || u->errand.errand.late) /* it can't be asked now */
		up_or_late(all, u, false, now);
	else if (!u->errand.errand.away)
		ask_whether_up(all, u, now);
}

void unit_proceed(struct units *all, struct unit *u, uint64_t now)
{
	if (u->state == UNIT_WAITING)
		wait_to_build(all, u, now);
	else if (u->state == UNIT_RETRYING)
		wait_to_retry(all, u, now);
	else if (u->state == UNIT_CONNECTING)
		wait_to_run(all, u, now);
	else if (!unit_backends_proceed(all, u, now) && may_come_up(u))
		wait_to_be_up(all, u, now);
}

void units_proceed_waiting(struct units *all, uint64_t now)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].state == UNIT_WAITING || all->list[i].state == UNIT_RETRYING)
			unit_proceed(all, &all->list[i], now);
}

uint64_t unit_waits_until(const struct unit *u, uint64_t now)
{
	/* Who sees the store come proceeds it. */
	if (u->awaits_store && (u->state == UNIT_WAITING || u->state == UNIT_CONNECTING))
		return UINT64_MAX;
	if (u->state == UNIT_WAITING)
		return u->since && !u->errand.errand.away ? u->retry : UINT64_MAX;
	if (u->state == UNIT_RETRYING)
		return u->retry_at;
	if (may_come_up(u))
		return now;
	if (u->state == UNIT_RUNNING)
		return unit_backends_due(u);
	return u->state == UNIT_CONNECTING && !u->errand.errand.away ? now : UINT64_MAX;
}
