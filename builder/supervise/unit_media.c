#include "unit_media.h"

#include <stdlib.h>
#include <string.h>

#include "builder/build/holdings.h"
#include "builder/describe/disk_spec.h"
#include "builder/devmodel/medium.h"
#include "unit_acts.h"
#include "unit_save.h"
#include "unit_table.h"

#define DRIVES_MAX 200

/* ---- in a thread ---- */

/* Its drive has that now. What was in it is given back: nobody reads it any more. */
static void take_over(struct unit_media *m, struct disk *medium)
{
	guest_change_disk(&m->u->guest, m->all->disks, m->index, medium);
}

static void run(struct errand *e, struct host *h)
{
	struct unit_media *m = (struct unit_media *)e;
	struct guest *g = &m->u->guest;
	const struct disk_spec *spec = &g->cfg->disks[m->index];
	enum medium_left left;
	struct disk *medium, *none;
	struct err ignored;

	medium = disk_hold_medium(m->all->disks, g->cfg->name, spec, m->target, &e->err);
	if (!medium) {
		e->rc = -1;
		return;
	}
	e->rc = medium_change(g->domid, medium, h, &left, &e->err);
	if (left == MEDIUM_CHANGED) {
		take_over(m, medium);
		return;
	}
	disk_drop(m->all->disks, medium);
	if (left != MEDIUM_NONE)
		return;
	none = disk_hold_medium(m->all->disks, g->cfg->name, spec, NULL, &ignored);
	if (none)
		take_over(m, none);
}

/* ---- in the loop ---- */

static void changed(struct units *all, struct errand *e)
{
	struct unit_media *m = (struct unit_media *)e;
	struct unit *u = m->u;
	const struct disk *d = u->guest.disks ? u->guest.disks[m->index] : NULL;

	m->under_way = false;
	m->rc = e->rc;
	m->err = e->err;
	free(m->target);
	m->target = NULL;
	if (m->rc == 0 && d)
		report_line(all->report, "%s: %s: %s", unit_name(u), d->spec->vdev,
			    d->path[0] ? d->path : "ejected");
	else if (m->rc < 0)
		report_line(all->report, "%s: %s", unit_name(u), m->err.msg);
	u->media_changes++;
	unit_write_record(all, u);
	unit_save(all, u);
	unit_event_waited(all, u);
}

static void discard(struct errand *e)
{
	free(((struct unit_media *)e)->target);
}

static bool is_drive(const struct guest_config *cfg, size_t i)
{
	return cfg->type == GUEST_HVM && cfg->disks[i].cdrom;
}

/* Its place among the disks. Returns 0, or -1 with e set. */
static int find_drive(const struct unit *u, const char *vdev, size_t *index, struct err *e)
{
	const struct guest_config *cfg = u->guest.cfg;
	char drives[DRIVES_MAX] = "";
	uint32_t number;
	size_t len = 0;

	for (size_t i = 0; i < cfg->nr_disks; i++) {
		if (!is_drive(cfg, i))
			continue;
		*index = i;
		if (disk_vdev_number(vdev, &number) == 0 && number == cfg->disks[i].vdev_number)
			return 0;
		if (len < sizeof(drives))
			len += (size_t)snprintf(drives + len, sizeof(drives) - len, "%s%s",
						len ? ", " : "", cfg->disks[i].vdev);
	}
	if (!len)
		return err_set(e, "%s has no cdrom drive", cfg->name);
	return err_set(e, "%s has no cdrom drive %.20s (it has %s)", cfg->name, vdev, drives);
}

int unit_media_begin(struct units *all, struct unit *u, const char *vdev, const char *target,
		     struct err *e)
{
	struct unit_media *m = &u->media;
	size_t index = 0;

	if (find_drive(u, vdev, &index, e) < 0)
		return -1;
	if (unit_busy(u))
		return err_set_passing(e, "%s is busy; try again", unit_name(u));
	if (u->state != UNIT_RUNNING && u->state != UNIT_STOPPING)
		return err_set(e, "%s does not run", unit_name(u));
	if (!u->guest.disks)
		return err_set(e, "%s: an earlier supervisor's disks were not found again",
			       unit_name(u));
	m->target = target ? strdup(target) : NULL;
	if (target && !m->target)
		return err_set_passing(e, "out of memory");
	m->index = index;
	m->errand.run = run;
	m->errand.done = changed;
	m->errand.discard = discard;
	m->errand.who = unit_name(u);
	m->errand.what = "the change of its medium";
	m->errand.by_path = true;
	m->all = all;
	m->u = u;
	m->under_way = true;
	errand_give(all->errands, &m->errand);
	return 0;
}
