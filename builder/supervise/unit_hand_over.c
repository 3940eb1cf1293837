#include "unit_hand_over.h"

#include <string.h>

#include "unit_console.h"
#include "builder/build/hand_over.h"

static int hand_over(struct units *all, struct unit *u, struct err *e)
{
	const bool pv = u->guest.cfg->type == GUEST_PV, ours = u->console.ring;
	struct err ignored;

	unit_console_drain(all, u);
	unit_console_close(all, u); /* xenconsoled can bind the channel only when nobody else has */
	if (guest_hand_over(&u->guest, all->host, e) < 0) {
		if (ours && console_open(&u->console, all->host, all->xce, &u->guest, &ignored) < 0)
			err_prefix(e, "[%s] ", ignored.msg);
		err_prefix(e, "%s: ", unit_name(u));
		report_line(all->report, "%s", e->msg);
		return -1;
	}
	units_console_follow(all);
	report_line(all->report, "%s: domain %u is in the store now%s", unit_name(u),
		    u->guest.domid,
		    pv ? ", with its name and its console; as a pv guest that was started without "
			 "one it does not see requests there (shutdown, memory, vcpus, devices)"
		       : "");
	return 0;
}

static bool may_hand_over(const struct unit *u)
{
	return u->guest.domid != NO_DOMAIN && !u->guest.in_store &&
	       (u->state == UNIT_RUNNING || u->state == UNIT_STOPPING);
}

int units_hand_over(struct units *all, struct err *e)
{
	struct err other;
	int rc = 0;

	if (!all->host->xsh && all->find_store(all->find_store_arg, e) < 0)
		return -1;
	for (size_t i = 0; i < all->n; i++)
		if (may_hand_over(&all->list[i]) &&
		    hand_over(all, &all->list[i], rc ? &other : e) < 0)
			rc = -1;
	return rc;
}
