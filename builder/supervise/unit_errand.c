#include "unit_errand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "builder/build/holdings.h"

/* How long a terminal that was found is taken for what it is; how often one is looked for. */
#define TERMINAL_KNOWN_NS (2 * NS_PER_S)
#define TERMINAL_RETRY_NS (100 * NS_PER_MS)

void unit_errand_give(struct units *all, struct unit *u, enum unit_errand_kind kind,
		      const char *what, void (*run)(struct errand *e, struct host *h),
		      void (*done)(struct units *all, struct errand *e), uint64_t now)
{
	struct unit_errand *ue = &u->errand;

	ue->errand.run = run;
	ue->errand.done = done;
	ue->errand.who = unit_name(u);
	ue->errand.what = what;
	ue->kind = kind;
	ue->all = all;
	ue->u = u;
	ue->now = now;
	ue->waited = now - u->since;
	ue->again = ue->absent = ue->yes = false;
	errand_give(all->errands, &ue->errand);
}

/* ---- devices that are given back ---- */

struct dropping {
	struct errand errand;
	struct guest guest; /* its disks and interfaces are the errand's */
	struct disk_table *disks;
};

static void run_drop(struct errand *e, struct host *h)
{
	struct dropping *d = (struct dropping *)e;

	(void)h;
	guest_drop_devices(&d->guest, d->disks);
}

static void dropped(struct units *all, struct errand *e)
{
	(void)all;
	/* A thread that had nothing to work with: the disks are closed all the same. */
	run_drop(e, NULL);
	free(e);
}

void unit_drop_devices(struct units *all, struct unit *u)
{
	struct dropping *d;

	if (!u->guest.disks && !u->guest.vifs)
		return;
	d = u->guest.disks ? calloc(1, sizeof(*d)) : NULL;
	if (!d) {
		guest_drop_devices(&u->guest, all->disks);
		return;
	}
	d->errand = (struct errand){.run = run_drop,
				    .done = dropped,
				    .who = unit_name(u),
				    .what = "giving back its disks"};
	d->guest = u->guest;
	d->disks = all->disks;
	u->guest.disks = NULL;
	u->guest.vifs = NULL;
	errand_give(all->errands, &d->errand);
}

/* ---- the terminal ---- */

static void run_terminal(struct errand *e, struct host *h)
{
	struct unit_terminal *t = (struct unit_terminal *)e;
	char node[64], *path = NULL;

	snprintf(node, sizeof(node), "/local/domain/%u/console/tty", t->asked);
	if (h->xsh)
		path = xs_read(h->xsh, XBT_NULL, node, NULL);
	snprintf(t->found, sizeof(t->found), "%s", path ? path : "");
	free(path);
}

static void terminal_found(struct units *all, struct errand *e)
{
	struct unit_terminal *t = (struct unit_terminal *)e;

	(void)all;
	if (e->rc < 0)
		t->found[0] = '\0';
	memcpy(t->path, t->found, sizeof(t->path));
	t->domid = t->asked;
}

const char *unit_terminal(struct units *all, struct unit *u)
{
	struct unit_terminal *t = &u->terminal;
	const bool known = t->domid == u->guest.domid && t->path[0];
	const uint64_t age = clock_ns() - t->since;

	if (t->errand.away || (known && age < TERMINAL_KNOWN_NS))
		return known ? t->path : NULL;
	if (!known && t->asked == u->guest.domid && age < TERMINAL_RETRY_NS)
		return NULL;
	t->u = u;
	t->since += age;
	t->asked = u->guest.domid;
	t->errand.run = run_terminal;
	t->errand.done = terminal_found;
	t->errand.who = unit_name(u);
	t->errand.what = "the look for its terminal";
	errand_give(all->errands, &t->errand);
	return NULL;
}
