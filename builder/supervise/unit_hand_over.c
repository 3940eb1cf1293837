#include "unit_hand_over.h"

#include <string.h>

#include "unit_console.h"
#include "unit_save.h"
#include "unit_store.h"
#include "unit_table.h"
#include "builder/build/hand_over.h"
#include "builder/build/holdings.h"

static void hand_over_next(struct units *all);

static void run_hand_over(struct errand *e, struct host *h)
{
	struct hand_over *o = (struct hand_over *)e;

	e->rc = guest_hand_over(&o->u->guest, h, &e->err);
}

static void failed(struct units *all, struct unit *u, struct err *e)
{
	struct hand_over *o = &all->hand_over;
	struct err ignored;

	if (o->ours && console_open(&u->console, all->host, all->xce, &u->guest, &ignored) < 0)
		err_prefix(e, "[%s] ", ignored.msg);
	err_prefix(e, "%s: ", unit_name(u));
	report_line(all->report, "%s", e->msg);
	if (o->rc == 0)
		o->err = *e;
	o->rc = -1;
}

static void handed_over(struct units *all, struct errand *e)
{
	struct unit *u = all->hand_over.u;
	const bool pv = u->guest.cfg->type == GUEST_PV;

	u->handing_over = false;
	if (e->rc < 0)
		failed(all, u, &e->err);
	else
		report_line(all->report, "%s: domain %u is in the store now%s", unit_name(u),
			    u->guest.domid,
			    pv ? ", with its name and its console; as a pv guest that was started "
				 "without one it does not see requests there (shutdown, memory, "
				 "vcpus, devices)"
			       : "");
	units_console_follow(all);
	unit_save(all, u);
	unit_event_waited(all, u);
	hand_over_next(all);
}

static bool may_hand_over(const struct unit *u)
{
	return unit_store_lacks(u) && guest_knows_devices(&u->guest);
}

static void hand_over_next(struct units *all)
{
	struct hand_over *o = &all->hand_over;

	while (o->next < all->n) {
		struct unit *u = &all->list[o->next++];

		if (!may_hand_over(u))
			continue;
		o->ours = u->console.ring;
		unit_console_drain(all, u);
		/* xenconsoled can bind the channel only when nobody else has. */
		unit_console_close(all, u);
		o->u = u;
		u->handing_over = true;
		o->errand.run = run_hand_over;
		o->errand.done = handed_over;
		o->errand.who = unit_name(u);
		o->errand.what = "its hand-over to the store";
		errand_give(all->errands, &o->errand);
		return;
	}
	o->under_way = false;
}

static void run_find(struct errand *e, struct host *h)
{
	struct units *all = ((struct hand_over *)e)->all;

	(void)h;
	e->rc = all->find_store(all->find_store_arg, &e->err);
}

static void found(struct units *all, struct errand *e)
{
	struct hand_over *o = &all->hand_over;

	if (e->rc == 0) {
		hand_over_next(all);
		return;
	}
	o->rc = -1;
	o->err = e->err;
	o->under_way = false;
}

void units_hand_over(struct units *all)
{
	struct hand_over *o = &all->hand_over;

	if (o->under_way)
		return;
	*o = (struct hand_over){.under_way = true, .all = all};
	if (all->store == STORE_SERVES) {
		hand_over_next(all);
		return;
	}
	o->errand.run = run_find;
	o->errand.done = found;
	o->errand.who = "handover";
	o->errand.what = "the look for a store";
	errand_give(all->errands, &o->errand);
}
