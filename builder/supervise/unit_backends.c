#include "unit_backends.h"

#include <string.h>

#include "base/clock.h"
#include "builder/build/devices.h"
#include "builder/build/holdings.h"
#include "builder/describe/backend_of.h"
#include "builder/store/backends.h"
#include "unit_acts.h"
#include "unit_errand.h"
#include "unit_save.h"
#include "unit_table.h"

/* How often a domain is looked for, of whose start nobody tells; and again after an error. */
#define LOOK_NS  (500 * NS_PER_MS)
#define AGAIN_NS (5 * NS_PER_S)

/* The guest that serves its i-th device; NULL where none of ours does. */
static struct unit *server(struct units *all, const struct unit *u, size_t i)
{
	const char *name = backend_guest(u->guest.cfg, i);
	struct unit *other = name ? units_find(all, name) : NULL;

	return other && other->state != UNIT_RELEASED ? other : NULL;
}

static bool serves_now(const struct unit *server)
{
	return server->state == UNIT_RUNNING && server->up && !server->ended_at;
}

bool unit_backends_up(struct units *all, const struct unit *u, struct err *e)
{
	for (size_t i = 0; i < backend_nr(u->guest.cfg); i++) {
		const struct unit *other = server(all, u, i);

		if (!other || serves_now(other))
			continue;
		err_set_passing(e, "its back end %s is %s%s", unit_name(other),
				unit_state_name(other->state),
				other->state == UNIT_RUNNING ? ", and not up" : "");
		return false;
	}
	return true;
}

/* The first of its devices whose domain has ended; or backend_nr. */
static size_t find_dead(struct units *all, const struct unit *u)
{
	const size_t n = backend_nr(u->guest.cfg);
	size_t i = 0;

	while (i < n && (!u->guest.backends[i] || u->guest.backends[i] == NO_DOMAIN ||
			 backend_runs(all->host, u->guest.backends[i])))
		i++;
	return i;
}

/* The next of those that were taken off whose domain is there, or may be; each in its turn. */
static size_t find_off(struct units *all, struct unit *u)
{
	const size_t n = backend_nr(u->guest.cfg);

	for (size_t k = 0; k < n; k++) {
		const size_t i = (u->backends.turn + k) % n;
		const struct unit *other = server(all, u, i);

		if (u->guest.backends[i] != NO_DOMAIN || (other && !serves_now(other)))
			continue;
		u->backends.turn = i + 1;
		return i;
	}
	return n;
}

static bool any_off(const struct unit *u)
{
	for (size_t i = 0; i < backend_nr(u->guest.cfg); i++)
		if (u->guest.backends[i] == NO_DOMAIN)
			return true;
	return false;
}

static void run(struct errand *e, struct host *h)
{
	struct unit_errand *ue = (struct unit_errand *)e;
	struct guest *g = &ue->u->guest;
	enum devices_state now;
	struct err ignored;

	switch (ue->u->backends.step) {
	case BACKENDS_TAKE_OFF:
		e->rc = backends_take_off(g, h, &e->err);
		break;
	case BACKENDS_PUT_BACK:
		e->rc = backends_put_back(g, h, ue->u->backends.name, &e->err);
		break;
	case BACKENDS_LOOK:
		/* One that has gone again is seen as such. */
		ue->yes = devices_look(g, h, &now, &ignored) == 0 && now != DEVICES_WAITING;
		break;
	}
}

/* What is shown of it beside its state. */
static void set_why(struct units *all, struct unit *u, const char *why)
{
	snprintf(u->why, sizeof(u->why), "%s", why);
	unit_write_record(all, u);
}

/* The domain that has come. */
static uint32_t domid_of(const struct unit *u)
{
	size_t i = 0;

	while (i < backend_nr(u->guest.cfg) && backend_of(u->guest.cfg, i) != u->backends.name)
		i++;
	return u->guest.backends[i];
}

/* All of its devices are served again. */
static void served(struct units *all, struct unit *u, uint64_t now)
{
	struct err e;

	u->backends.lost = 0;
	if (u->backends.late && u->guest.cfg->on_backend_lost == BACKEND_LOST_RESTART) {
		err_set(&e, "was without its back end %.127s for too long", u->backends.name);
		unit_event(all, u, EVENT_RESTART, now, &e);
		return;
	}
	report_line(all->report, "%s: its back end %s serves it again, domain %u", unit_name(u),
		    u->backends.name, domid_of(u));
	set_why(all, u, "");
}

/* It runs on without. */
static void is_off(struct units *all, struct unit *u, uint64_t now)
{
	char why[160];

	u->backends.next = now + BACKENDS_OFF_NS;
	if (!u->backends.domid)
		return;
	report_line(all->report, "%s: its back end %s, domain %u, has ended; it goes without",
		    unit_name(u), u->backends.name, u->backends.domid);
	u->backends.domid = 0;
	snprintf(why, sizeof(why), "its back end %.127s has ended", u->backends.name);
	set_why(all, u, why);
}

static void done(struct units *all, struct errand *e)
{
	struct unit_errand *ue = (struct unit_errand *)e;
	struct unit *u = ue->u;
	const uint64_t now = clock_ns();

	if (e->rc < 0) {
		report_line(all->report, "%s: its back end: %s; tried again", unit_name(u),
			    e->err.msg);
		u->backends.next = now + AGAIN_NS;
	} else if (u->backends.step == BACKENDS_TAKE_OFF) {
		is_off(all, u, now);
	} else if (!any_off(u)) {
		u->backends.next = now + LOOK_NS;
	}
	unit_save(all, u);
	if (unit_event_waited(all, u))
		return;
	u->backends.look |= ue->again;
	if (e->rc == 0 && ue->yes)
		served(all, u, now);
}

static bool ask(struct units *all, struct unit *u, enum backends_step step, uint64_t now)
{
	u->backends.step = step;
	unit_errand_give(all, u, UNIT_ERRAND_BACKENDS, "the change of its back end", run, done,
			 now);
	return true;
}

static uint64_t late_at(const struct unit *u)
{
	return u->backends.late ? UINT64_MAX
				: u->backends.lost + u->guest.cfg->device_timeout * NS_PER_S;
}

/* It stays away. Returns whether that is the guest's end. */
static bool stays_away(struct units *all, struct unit *u, uint64_t now)
{
	const bool restart = u->guest.cfg->on_backend_lost == BACKEND_LOST_RESTART;
	struct err e;

	u->backends.late = true;
	if (u->guest.cfg->on_backend_lost == BACKEND_LOST_DESTROY) {
		err_set(&e, "is without its back end %.127s for %u s", u->backends.name,
			u->guest.cfg->device_timeout);
		unit_event(all, u, EVENT_DESTROY, now, &e);
		return true;
	}
	report_line(all->report, "%s: its back end %s is away for %u s; %s", unit_name(u),
		    u->backends.name, u->guest.cfg->device_timeout,
		    restart ? "it is restarted when that is back" : "it waits for that");
	unit_save(all, u);
	return false;
}

static bool lose(struct units *all, struct unit *u, size_t i, uint64_t now)
{
	u->backends.name = backend_of(u->guest.cfg, i);
	u->backends.domid = u->guest.backends[i];
	if (!u->backends.lost) {
		u->backends.lost = now;
		u->backends.late = false;
	}
	return ask(all, u, BACKENDS_TAKE_OFF, now);
}

/* An earlier supervisor has begun to put some back: how far it came is not known. */
static bool begin_anew(struct units *all, struct unit *u, uint64_t now)
{
	size_t i = 0;

	while (!backend_of(u->guest.cfg, i))
		i++;
	u->backends.name = backend_of(u->guest.cfg, i);
	return ask(all, u, BACKENDS_TAKE_OFF, now);
}

/* Its devices are off, or not served yet. */
static bool get_back(struct units *all, struct unit *u, uint64_t now)
{
	size_t i;

	if (now >= late_at(u) && stays_away(all, u, now))
		return true;
	if (now < u->backends.next)
		return false;
	u->backends.next = now + (u->backends.late ? AGAIN_NS : LOOK_NS);
	if (!any_off(u))
		return ask(all, u, BACKENDS_LOOK, now);
	i = find_off(all, u);
	if (i == backend_nr(u->guest.cfg))
		return false;
	u->backends.name = backend_of(u->guest.cfg, i);
	return ask(all, u, BACKENDS_PUT_BACK, now);
}

bool unit_backends_proceed(struct units *all, struct unit *u, uint64_t now)
{
	size_t i;

	if (u->state != UNIT_RUNNING || !u->guest.backends || !guest_knows_devices(&u->guest))
		return false;
	u->backends.look = unit_busy(u) || u->errand.errand.away;
	if (u->backends.look || all->store != STORE_SERVES || all->leaving || u->ended_at)
		return false;
	if (u->backends.lost && !u->backends.name)
		return begin_anew(all, u, now);
	i = find_dead(all, u);
	if (i < backend_nr(u->guest.cfg))
		return now >= u->backends.next && lose(all, u, i, now);
	return u->backends.lost && get_back(all, u, now);
}

uint64_t unit_backends_due(const struct unit *u)
{
	if (u->state != UNIT_RUNNING || !u->guest.backends || unit_busy(u) || u->errand.errand.away)
		return UINT64_MAX;
	if (u->backends.look)
		return 0;
	return u->backends.lost ? clock_earlier(u->backends.next, late_at(u)) : UINT64_MAX;
}
