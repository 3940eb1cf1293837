#include "unit_stop.h"

#include <stdlib.h>
#include <string.h>

#include "builder/image/image_type.h"

#include "base/clock.h"
#include "unit_console.h"
#include "unit_save.h"

/*
 * A guest without a store has one way to be asked for a clean end: Linux reads SysRq from its
 * console after Ctrl-O (drivers/tty/hvc/hvc_console.c), where its console is hvc0. Sync, remount
 * read-only, power off (Documentation/admin-guide/sysrq.rst); the first two work in the
 * background, hence the time between. A pvh guest has nothing that its SysRq could power off
 * with: it is told to restart, which ends its domain as well. So is an hvm guest, which may be one
 * without ACPI. Its serial port is no way: SysRq is a BREAK there, and a socket has none.
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

static char stop_key(const struct unit *u)
{
	return u->guest.cfg->type == GUEST_PV ? stop_requests[u->stop_sent].pv
					      : stop_requests[u->stop_sent].pvh;
}

/* The request that a toolstack would make (libxl_domain.c, libxl__domain_pvcontrol_write). */
static void run_request(struct errand *e, struct host *h)
{
	static const char request[] = "poweroff";
	const struct unit_request *r = (struct unit_request *)e;

	if (!h->xsh || !xs_write(h->xsh, XBT_NULL, r->node, request, strlen(request)))
		e->rc = err_set(&e->err, "cannot ask %s to shut down: the store does not take %s",
				e->who, r->node);
}

static void request_done(struct units *all, struct errand *e)
{
	struct unit_request *r = (struct unit_request *)e;
	struct unit *u = r->u;

	r->refused = e->rc < 0;
	if (r->refused || u->state != UNIT_STOPPING || u->guest.domid != r->domid || unit_busy(u))
		return;
	u->stop_sent = 1;
	unit_save(all, u);
}

static void ask_by_store(struct units *all, struct unit *u)
{
	struct unit_request *r = &u->request;

	u->stop_again = false;
	if (r->errand.away)
		return; /* asked already, and not answered */
	r->u = u;
	r->domid = u->guest.domid;
	r->before = u->state == UNIT_STOPPING ? UNIT_RUNNING : u->state;
	snprintf(r->node, sizeof(r->node), "/local/domain/%u/control/shutdown", u->guest.domid);
	r->errand.run = run_request;
	r->errand.done = request_done;
	r->errand.who = unit_name(u);
	r->errand.what = "the request to shut it down";
	errand_give(all->errands, &r->errand);
}

void unit_stop_tick(struct units *all, struct unit *u, uint64_t now)
{
	/* One that was released meanwhile, or is preserved, is not asked any more. */
	if (u->state != UNIT_STOPPING)
		return;
	if (u->stop_by_store) {
		if (u->stop_again && all->store == STORE_SERVES && !unit_busy(u))
			ask_by_store(all, u);
		return;
	}
	while (u->stop_sent < STOP_REQUESTS &&
	       now - u->stop_since >= stop_requests[u->stop_sent].after_ns) {
		const char keys[2] = {SYSRQ, stop_key(u)};

		/* Half a request would be taken for something else: it waits until the ring has
		 * room. */
		if (u->console.ring && console_room(&u->console) < sizeof(keys))
			return;
		if (unit_type_hvc(all, u, keys, sizeof(keys)) != sizeof(keys))
			return;
		u->stop_sent++;
		if (!unit_busy(u))
			unit_save(all, u);
	}
}

uint64_t unit_stop_due(const struct unit *u)
{
	if (u->state != UNIT_STOPPING)
		return UINT64_MAX;
	if (u->stop_by_store)
		return u->stop_again ? 0 : UINT64_MAX;
	if (u->stop_sent >= STOP_REQUESTS)
		return UINT64_MAX;
	return u->stop_since + stop_requests[u->stop_sent].after_ns;
}

/* Whether the guest's kernel has hvc0 as a console: without that it does not take SysRq there. */
static bool has_hvc(const struct guest_config *cfg)
{
	static const char want[] = "console=hvc0";
	struct err ignored;
	char *line = image_type_find(cfg->image)->cmdline(cfg, &ignored), *word, *rest = line;
	bool has = false;

	while (!has && (word = strsep(&rest, " \t")))
		has = !strcmp(word, want);
	free(line);
	return has;
}

int unit_ask_to_stop(struct units *all, struct unit *u, uint64_t now, struct err *e)
{
	/* A pv guest that was started without a store does not know of it. */
	u->stop_by_store = u->guest.in_store && !u->guest.store_lost &&
			   (u->guest.cfg->type != GUEST_PV || !u->guest.handed_over);
	if (!u->stop_by_store && u->guest.cfg->type == GUEST_HVM && !has_hvc(u->guest.cfg))
		return err_set(e,
			       "%s can't be asked to shut down: it is in no store, and takes no "
			       "SysRq without console=hvc0 on its command line; `earlydom destroy` "
			       "ends it",
			       unit_name(u));
	if (u->stop_by_store && u->request.errand.away && u->request.domid != u->guest.domid)
		return err_set(e,
			       "cannot ask %s to shut down: the store has not answered the "
			       "request to an earlier domain of its",
			       unit_name(u));
	if (u->stop_by_store)
		ask_by_store(all, u);
	u->stop_since = now;
	u->stop_sent = 0;
	return 0;
}

void unit_stop_adopt(struct unit *u, uint64_t now)
{
	if (u->stop_by_store) {
		u->stop_again = !u->stop_sent;
	} else if (u->stop_sent < STOP_REQUESTS) {
		u->stop_since = now;
		u->stop_sent = 0;
	}
}
