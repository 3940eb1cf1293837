#include "adopt.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "builder/build/life.h"
#include "builder/describe/backend_of.h"
#include "builder/device/vif.h"
#include "builder/host/domains.h"
#include "unit_acts.h"
#include "unit_console.h"
#include "unit_errand.h"
#include "unit_look.h"
#include "unit_others.h"
#include "unit_save.h"
#include "unit_stop.h"
#include "unit_table.h"
#include "unit_wait.h"

/* What a saved state means for the domain. */
enum phase_of_life { NOT_BEGUN, RETRYING, BUILDING, CONNECTING, ALIVE, ENDING, OVER };

static enum phase_of_life life_of(enum unit_state s)
{
	switch (s) {
	case UNIT_RETRYING:
		return RETRYING;
	case UNIT_STARTING:
		return BUILDING;
	case UNIT_CONNECTING:
		return CONNECTING;
	case UNIT_RUNNING:
	case UNIT_STOPPING:
	case UNIT_PRESERVED:
	case UNIT_STUCK:
	case UNIT_RELEASED:
		return ALIVE;
	case UNIT_CANCELLED:
	case UNIT_ENDING:
	case UNIT_FAILING:
		return ENDING;
	case UNIT_ENDED:
	case UNIT_FAILED:
		return OVER;
	default:
		return NOT_BEGUN;
	}
}

bool adopt_wanted(const struct ledger *l, struct host *h)
{
	char text[LEDGER_TEXT_MAX + 1];
	xc_domaininfo_t info;
	uint8_t uuid[16];
	enum unit_state state;
	struct err e;
	const bool told = ledger_read(l, 0, text) && saved_value(text, "told");

	for (size_t i = LEDGER_UNITS; i < l->n; i++) {
		if (!ledger_read(l, i, text))
			continue;
		if (!told && unit_load_state(text, &state) && life_of(state) != OVER)
			return true;
		if (unit_load_uuid(text, uuid) && domain_of_uuid(h, uuid, 1, &info, &e) != 0)
			return true;
	}
	return false;
}

/* ---- what it holds ---- */

/* Without its disks it can't be built anew; the domain that has them goes on. */
static void adopt_disks(struct units *all, struct unit *u, const char *text)
{
	const struct guest_config *cfg = u->guest.cfg;
	struct saved_disk disk;
	struct err e;

	for (size_t i = 0; i < cfg->nr_disks; i++) {
		if (!unit_load_disk(text, i, &disk))
			err_set(&e, "disk %s was not written down", cfg->disks[i].vdev);
		else if (guest_adopt_disk(&u->guest, all->disks, i, disk.path, disk.rdev, &e) == 0)
			continue;
		report_line(all->report, "%s: %s; it is looked for when it is needed", unit_name(u),
			    e.msg);
		guest_drop_devices(&u->guest, all->disks);
		return;
	}
}

static void adopt_vifs(struct unit *u, const char *text)
{
	const struct guest_config *cfg = u->guest.cfg;

	if (!cfg->nr_vifs)
		return;
	u->guest.vifs = calloc(cfg->nr_vifs, sizeof(*u->guest.vifs));
	for (size_t i = 0; u->guest.vifs && i < cfg->nr_vifs; i++) {
		u->guest.vifs[i].spec = &cfg->vifs[i];
		u->guest.vifs[i].devid = cfg->vifs[i].devid;
		if (unit_load_vif(text, i, &u->guest.vifs[i]))
			continue;
		free(u->guest.vifs);
		u->guest.vifs = NULL;
	}
}

/* Without them, it holds none when it is built anew, and looks for them. */
static void adopt_pcis(struct units *all, struct unit *u, const char *text)
{
	struct guest *g = &u->guest;
	struct pci_assigned one, *v = NULL, *more;
	size_t n = 0;

	for (; unit_load_pci(text, n, &one) && one.spec < g->cfg->nr_pcis; n++) {
		more = realloc(v, (n + 1) * sizeof(*v));
		if (!more)
			break;
		v = more;
		v[n] = one;
	}
	if (!n || pci_hold_again(all->pcis, g->cfg->name, v, n) < 0)
		return;
	g->pci_from = all->pcis;
	g->pcis = v;
	g->nr_pcis = n;
}

/* Where that is not known, nothing can be done when one of them ends. */
static void adopt_backends(struct unit *u, const char *text)
{
	if (guest_make_backends(&u->guest) == 0 && u->guest.backends)
		unit_load_backends(text, u->guest.backends, backend_nr(u->guest.cfg));
}

/* Those that nobody has kept are looked for: for one that is not alive when it is built. */
static void adopt_images(struct units *all, struct unit *u, bool alive)
{
	struct err e;

	if (alive && !policy_may_restart(u->guest.cfg))
		return;
	if (guest_adopt_images(&u->guest, all->images, &e) < 0 && alive)
		unit_seek_images(all, u);
}

static void adopt_holdings(struct units *all, struct unit *u, const char *text,
			   const struct unit_saved *saved)
{
	if (saved->state != UNIT_RELEASED) {
		adopt_disks(all, u, text);
		adopt_vifs(u, text);
		adopt_backends(u, text);
		guest_adopt_usb(&u->guest, all->disks->sysroot);
		adopt_pcis(all, u, text);
		adopt_images(all, u, life_of(saved->state) == ALIVE);
	}
	if (saved->has_model)
		devmodel_adopt(&u->guest.model, &u->guest, &all->models, &saved->model);
}

/* ---- its domain ---- */

static void go_on(struct units *all, struct unit *u, enum unit_state state,
		  const xc_domaininfo_t *info)
{
	if (!info) {
		/* Its number may be another domain's by now, which is not to be looked at. */
		unit_enter(all, u, state);
		unit_look(all, u, NULL);
		return;
	}
	u->console_due = state == UNIT_RUNNING || state == UNIT_STOPPING || state == UNIT_STUCK;
	if (state == UNIT_STOPPING)
		unit_stop_adopt(u, clock_ns());
	unit_enter(all, u, state);
}

/* A domain that nobody wants, whose guest is to be built anew or is over. What of its nodes there
 * may be is to go, too. */
static void undo(struct units *all, struct unit *u, const xc_domaininfo_t *info,
		 enum unit_state state)
{
	u->guest.domid = info->domain;
	u->guest.in_store = true;
	report_line(all->report, "%s: domain %u was left half-way; it is destroyed", unit_name(u),
		    info->domain);
	unit_enter(all, u, state);
}

static enum unit_state end_state(enum unit_state s)
{
	return s == UNIT_FAILING ? UNIT_FAILED : UNIT_ENDED;
}

/* info is NULL where no domain has its uuid. Returns whether a domain of its goes on. */
static bool settle(struct units *all, struct unit *u, const struct unit_saved *saved,
		   const xc_domaininfo_t *info)
{
	const enum phase_of_life life = life_of(saved->state);
	const bool lost = !info && u->guest.domid != NO_DOMAIN;

	switch (life) {
	case ALIVE:
		if (info)
			u->guest.domid = info->domain;
		go_on(all, u, saved->state, info);
		return info;
	case CONNECTING:
		if (info && (all->paused || !(info->flags & XEN_DOMINF_paused))) {
			u->guest.domid = info->domain;
			go_on(all, u, UNIT_RUNNING, info);
			return true;
		}
		/* fall through */
	case BUILDING:
		if (info || (lost && unit_has_model(u)))
			undo(all, u,
			     info ? info : &(xc_domaininfo_t){.domain = (domid_t)u->guest.domid},
			     UNIT_STARTING);
		else
			unit_begin_anew(all, u);
		return false;
	case ENDING:
		if (info) {
			undo(all, u, info,
			     saved->state == UNIT_FAILING ? UNIT_FAILING : UNIT_ENDING);
			return false;
		}
		u->guest.domid = NO_DOMAIN;
		unit_enter(all, u, end_state(saved->state));
		return false;
	case RETRYING:
	case OVER:
		u->guest.domid = NO_DOMAIN;
		unit_enter(all, u, saved->state);
		return false;
	default:
		unit_begin_anew(all, u);
		return false;
	}
}

/* What there is of a unit. */
struct found {
	bool saved;           /* the ledger has it */
	bool has_domain;      /* there is one with its uuid */
	xc_domaininfo_t info; /* that one */
};

/* Reads what was written down of unit i, mostly in the record of the same place. Returns whether
 * there is anything. */
static bool load(struct units *all, size_t i, const struct ledger *from,
		 char text[LEDGER_TEXT_MAX + 1], struct unit_saved *saved)
{
	const size_t n = from->n < LEDGER_UNITS ? 0 : from->n - LEDGER_UNITS;

	for (size_t k = 0; k < n; k++)
		if (ledger_read(from, LEDGER_UNITS + (i + k) % n, text) &&
		    unit_load(&all->list[i], text, saved) == 0)
			return true;
	return false;
}

/* Guests that were not selected, and were started by hand: in the order in which that was. */
static void add_others(struct units *all, const struct ledger *from)
{
	char text[LEDGER_TEXT_MAX + 1], name[CONFIG_NAME_MAX + 1];
	struct err e;

	for (size_t k = LEDGER_UNITS + all->n; k < from->n; k++) {
		const char *value = ledger_read(from, k, text) ? saved_value(text, "name") : NULL;

		if (!value)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(value, "\n"), value);
		if (!units_add_other(all, name, &e))
			report_line(all->report, "%s can't be adopted: %s", name, e.msg);
	}
}

static int find_domain(struct host *h, const struct unit *u, struct found *f, struct err *e)
{
	int rc = domain_of_uuid(h, u->guest.uuid, 1, &f->info, e);

	f->has_domain = rc > 0;
	/* Of two with its uuid, its own one. */
	while (rc > 0 && u->guest.domid != NO_DOMAIN && f->info.domain != u->guest.domid) {
		xc_domaininfo_t next;

		rc = domain_of_uuid(h, u->guest.uuid, f->info.domain + 1u, &next, e);
		if (rc > 0)
			f->info = next;
	}
	return rc < 0 ? -1 : 0;
}

static bool adopt_unit(struct units *all, struct unit *u, const char *text,
		       const struct unit_saved *saved, const struct found *f)
{
	if (life_of(saved->state) == NOT_BEGUN)
		adopt_images(all, u, false);
	else if (life_of(saved->state) != OVER)
		adopt_holdings(all, u, text, saved);
	return settle(all, u, saved, f->has_domain ? &f->info : NULL);
}

/* The supervisor ended before it was written down. */
static void adopt_unwritten(struct units *all, struct unit *u)
{
	adopt_images(all, u, false);
	unit_begin_anew(all, u);
}

/* All domains are looked for before the first guest is touched: a guest whose domain only was not
 * to be seen would be taken for one that has ended. */
int adopt_units(struct units *all, const struct ledger *from, size_t *go_on, struct err *e)
{
	struct found *found;
	char text[LEDGER_TEXT_MAX + 1];
	struct unit_saved saved;
	int rc = 0;

	*go_on = 0;
	add_others(all, from);
	found = calloc(all->n ? all->n : 1, sizeof(*found));
	if (!found)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < all->n && rc == 0; i++) {
		found[i].saved = load(all, i, from, text, &saved);
		if (found[i].saved)
			rc = find_domain(all->host, &all->list[i], &found[i], e);
	}
	for (size_t i = 0; i < all->n && rc == 0; i++) {
		struct unit *u = &all->list[i];

		if (found[i].saved && load(all, i, from, text, &saved))
			*go_on += adopt_unit(all, u, text, &saved, &found[i]);
		else
			adopt_unwritten(all, u);
	}
	free(found);
	return rc;
}

void adopt_consoles(struct units *all)
{
	struct err e;

	for (size_t i = 0; i < all->n && all->store != STORE_SOUGHT; i++) {
		struct unit *u = &all->list[i];

		if (!u->console_due || unit_busy(u))
			continue;
		u->console_due = false;
		if (u->guest.domid == NO_DOMAIN)
			continue;
		if (unit_console_adopt(all, u, &e) < 0)
			report_line(all->report, "%s: %s", unit_name(u), e.msg);
	}
}

void adopt_commands(struct units *all)
{
	for (size_t i = 0; i < all->n && all->store != STORE_SOUGHT; i++)
		if (!unit_lent(&all->list[i]))
			unit_event_waited(all, &all->list[i]);
}
