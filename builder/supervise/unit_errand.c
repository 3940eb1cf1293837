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
	ue->errand.by_path = kind == UNIT_ERRAND_IMAGES || kind == UNIT_ERRAND_HOLD;
	/* Whose a PCI device is the hypervisor says. */
	ue->errand.alone = ue->errand.by_path && !u->guest.cfg->nr_pcis;
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
	struct guest guest; /* its devices are the errand's, and backends */
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
	/* Without a thread the disks are closed all the same. */
	run_drop(e, NULL);
	free(e);
}

static void discard_drop(struct errand *e)
{
	dropped(NULL, e);
}

void unit_drop_devices(struct units *all, struct unit *u)
{
	struct dropping *d;

	if (!u->guest.disks && !u->guest.vifs && !u->guest.usbdevs && !u->guest.pcis &&
	    !u->guest.backends)
		return;
	d = u->guest.disks ? calloc(1, sizeof(*d)) : NULL;
	if (!d) {
		guest_drop_devices(&u->guest, all->disks);
		return;
	}
	d->errand = (struct errand){.run = run_drop,
				    .done = dropped,
				    .discard = discard_drop,
				    .who = unit_name(u),
				    .what = "giving back its disks",
				    .alone = true};
	d->guest = u->guest;
	d->disks = all->disks;
	u->guest.disks = NULL;
	u->guest.vifs = NULL;
	u->guest.usbdevs = NULL;
	u->guest.pcis = NULL;
	u->guest.nr_pcis = 0;
	u->guest.backends = NULL;
	errand_give(all->errands, &d->errand);
}

/* ---- images of one that was adopted ---- */

static void run_seek(struct errand *e, struct host *h)
{
	struct unit_seek *s = (struct unit_seek *)e;

	(void)h;
	e->rc = guest_hold_images(&s->guest, s->all->images, &e->err);
}

static void sought(struct units *all, struct errand *e)
{
	struct unit_seek *s = (struct unit_seek *)e;
	struct guest *g = &s->u->guest;

	if (e->rc < 0) {
		report_line(all->report, "%s: %s; it is looked for when it is needed",
			    unit_name(s->u), e->err.msg);
		return;
	}
	if (unit_over(s->u) || s->u->state == UNIT_RELEASED) {
		guest_plan_done(&s->guest);
		guest_drop_images(&s->guest, all->images);
		return;
	}
	if (s->u->state != UNIT_WAITING)
		guest_plan_done(&s->guest); /* none is built now */
	/* No thread looks at them: it has nothing to build from until now. */
	g->kernel = s->guest.kernel;
	g->ramdisk = s->guest.ramdisk;
	g->firmware = s->guest.firmware;
	g->bios = s->guest.bios;
	g->memmap = s->guest.memmap;
	g->acpi = s->guest.acpi;
	g->smbios = s->guest.smbios;
}

static void discard_seek(struct errand *e)
{
	struct unit_seek *s = (struct unit_seek *)e;

	if (e->rc == 0)
		guest_drop_images(&s->guest, s->all->images);
}

void unit_seek_images(struct units *all, struct unit *u)
{
	struct unit_seek *s = &u->seek;

	s->errand.run = run_seek;
	s->errand.done = sought;
	s->errand.discard = discard_seek;
	s->errand.who = unit_name(u);
	s->errand.what = "the look for its files";
	s->errand.by_path = s->errand.alone = true;
	s->all = all;
	s->u = u;
	s->guest = u->guest;
	errand_give(all->errands, &s->errand);
}

/* ---- images that nobody holds any more ---- */

static void run_close(struct errand *e, struct host *h)
{
	(void)h;
	image_close_dropped(((struct image_closing *)e)->images);
}

static void closed(struct units *all, struct errand *e)
{
	(void)all;
	if (e->rc < 0)
		run_close(e, NULL);
}

void units_close_images(struct units *all)
{
	struct image_closing *c = &all->closing;

	if (c->errand.away || !image_has_dropped(all->images))
		return;
	c->errand.run = run_close;
	c->errand.done = closed;
	c->errand.who = "earlydom";
	c->errand.what = "closing files that no guest needs";
	c->errand.alone = true;
	c->images = all->images;
	errand_give(all->errands, &c->errand);
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
