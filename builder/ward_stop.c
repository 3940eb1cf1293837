/* A guest is asked to shut down. */
#include <stdlib.h>
#include <string.h>

#include "../loaders/image_type.h"

#include "clock.h"
#include "ward_inside.h"

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

static char stop_key(const struct ward *w)
{
	return w->guest.cfg->type == GUEST_PV ? stop_requests[w->stop_sent].pv
					      : stop_requests[w->stop_sent].pvh;
}

void ward_stop_tick(struct wards *all, struct ward *w, uint64_t now)
{
	if (w->busy || !w->stop_since || w->stop_by_store || w->guest.domid == NO_DOMAIN)
		return;
	while (w->stop_sent < STOP_REQUESTS &&
	       now - w->stop_since >= stop_requests[w->stop_sent].after_ns) {
		const char keys[2] = {SYSRQ, stop_key(w)};

		/* Half a request would be taken for something else: it waits until the ring has
		 * room. */
		if (w->console.ring && console_room(&w->console) < sizeof(keys))
			return;
		if (ward_type_hvc(all, w, keys, sizeof(keys)) != sizeof(keys))
			return;
		w->stop_sent++;
	}
}

/* The request that a toolstack would make (libxl_domain.c, libxl__domain_pvcontrol_write). */
static int ask_by_store(struct wards *all, const struct ward *w, struct err *e)
{
	static const char request[] = "poweroff";
	char node[64];

	snprintf(node, sizeof(node), "/local/domain/%u/control/shutdown", w->guest.domid);
	if (xs_write(all->host->xsh, XBT_NULL, node, request, strlen(request)))
		return 0;
	return err_set(e, "cannot ask %s to shut down: the store does not take %s", ward_name(w),
		       node);
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

int ward_stop(struct wards *all, struct ward *w, uint64_t now, struct err *e)
{
	if (w->busy || w->state == WARD_WAITING || w->state == WARD_CONNECTING)
		return err_set(e, "%s is %s; try again when it is running", ward_name(w),
			       ward_state_name(w->state));
	if (w->guest.domid == NO_DOMAIN || w->state == WARD_PRESERVED)
		return err_set(e, "%s is not running", ward_name(w));
	if (w->state == WARD_RELEASED)
		return err_set(e, "%s was released: it is not earlydom's any more", ward_name(w));
	/* A pv guest that was started without a store does not know of it. */
	w->stop_by_store =
		w->guest.in_store && (w->guest.cfg->type != GUEST_PV || !w->guest.handed_over);
	if (!w->stop_by_store && w->guest.cfg->type == GUEST_HVM && !has_hvc(w->guest.cfg))
		return err_set(e,
			       "%s can't be asked to shut down: it is in no store, and takes no "
			       "SysRq without console=hvc0 on its command line; `earlydom destroy` "
			       "ends it",
			       ward_name(w));
	if (w->stop_by_store && ask_by_store(all, w, e) < 0)
		return -1;
	w->user_stop = true;
	w->stop_since = now;
	w->stop_sent = 0;
	ward_set_state(all, w, WARD_STOPPING);
	return 0;
}
