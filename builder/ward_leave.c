/* A guest is given to a toolstack: into its store, or for good. */
#include <string.h>

#include "ward_inside.h"

int ward_let_go(struct wards *all, struct ward *w, struct err *e)
{
	if (w->busy || w->state == WARD_WAITING || w->state == WARD_CONNECTING)
		return err_set(e, "%s is %s; try again when it is running", ward_name(w),
			       ward_state_name(w->state));
	if (w->guest.domid == NO_DOMAIN)
		return err_set(e, "%s is not running", ward_name(w));
	if (w->state == WARD_RELEASED)
		return err_set(e, "%s was released already", ward_name(w));
	if (w->console.ring)
		return err_set(e,
			       "%s would stop when its console is full, which only earlydom "
			       "drains: `earlydom handover` gives it to xenconsoled first",
			       ward_name(w));
	ward_console_drain(all, w);
	ward_console_close(all, w);
	contail_close(&w->tail);
	report_line(all->report, "%s: domain %u released", ward_name(w), w->guest.domid);
	snprintf(w->why, sizeof(w->why), "released on request");
	ward_set_state(all, w, WARD_RELEASED);
	return 0;
}

static int hand_over(struct wards *all, struct ward *w, struct err *e)
{
	const bool pv = w->guest.cfg->type == GUEST_PV;
	struct err ignored;

	ward_console_drain(all, w);
	ward_console_close(all, w); /* xenconsoled can bind the channel only when nobody else has */
	if (guest_hand_over(&w->guest, all->host, e) < 0) {
		if (console_open(&w->console, all->host, all->xce, &w->guest, &ignored) < 0)
			err_prefix(e, "[%s] ", ignored.msg);
		err_prefix(e, "%s: ", ward_name(w));
		report_line(all->report, "%s", e->msg);
		return -1;
	}
	report_line(all->report, "%s: domain %u is in the store now%s", ward_name(w),
		    w->guest.domid,
		    pv ? ", with its name and its console; as a pv guest that was started without "
			 "one it does not see requests there (shutdown, memory, vcpus, devices)"
		       : "");
	return 0;
}

static bool may_hand_over(const struct ward *w)
{
	return w->guest.domid != NO_DOMAIN && !w->guest.in_store &&
	       (w->state == WARD_RUNNING || w->state == WARD_STOPPING);
}

int wards_hand_over(struct wards *all, struct err *e)
{
	struct err other;
	int rc = 0;
	size_t i;

	/* The store's handles are set up while nobody uses them. */
	for (i = 0; i < all->n; i++)
		if (all->list[i].busy)
			return err_set(e, "%s is %s; try again when it is not",
				       ward_name(&all->list[i]),
				       ward_state_name(all->list[i].state));
	if (!all->host->xsh && all->find_store(all->find_store_arg, e) < 0)
		return -1;
	for (i = 0; i < all->n; i++)
		if (may_hand_over(&all->list[i]) &&
		    hand_over(all, &all->list[i], rc ? &other : e) < 0)
			rc = -1;
	return rc;
}
