#include "unit_others.h"

#include <string.h>

#include "builder/choose/conflicts.h"
#include "unit_table.h"

static const struct guest_config *find_other(const struct units *all, const char *name)
{
	for (size_t i = 0; i < all->nr_others; i++)
		if (!strcmp(all->others[i].name, name))
			return &all->others[i];
	return NULL;
}

bool units_have_other(const struct units *all, const char *name)
{
	return find_other(all, name) != NULL;
}

/* Whether a guest that has something, or may get it, leaves cfg what it wants. */
static int check_conflicts(const struct units *all, const struct guest_config *cfg, struct err *e)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct unit *u = &all->list[i];

		if (u->guest.cfg == cfg || unit_over(u))
			continue;
		if (conflicts_check(cfg, u->guest.cfg, e) < 0)
			return err_prefix(e, "%s: ", cfg->name);
	}
	return 0;
}

/* No tag may lead to what it may write from now on. */
static int reserve_disks(struct units *all, const struct guest_config *cfg, struct err *e)
{
	for (size_t i = 0; i < cfg->nr_disks; i++)
		if (disk_reserve(all->disks, cfg->name, &cfg->disks[i], e) < 0)
			return -1;
	return 0;
}

/* What is begun can be done again where it fails: a disk that is reserved twice is no harm. */
static struct unit *add(struct units *all, const struct guest_config *cfg, struct err *e)
{
	struct unit *u = &all->list[all->n];

	if (reserve_disks(all, cfg, e) < 0 || unit_init(all, u, cfg, e) < 0)
		return NULL;
	u->state = UNIT_ENDED;
	all->n++;
	return u;
}

struct unit *units_add_other(struct units *all, const char *name, struct err *e)
{
	const struct guest_config *cfg = find_other(all, name);

	if (units_find(all, name) || !cfg) {
		err_set(e, "no descriptor of that name was there at the boot");
		return NULL;
	}
	return add(all, cfg, e);
}

struct unit *units_start(struct units *all, const char *name, uint64_t now, struct err *e)
{
	struct unit *u = units_find(all, name);
	const struct guest_config *cfg = u ? u->guest.cfg : find_other(all, name);

	if (!cfg) {
		err_set(e, "no guest has the name %.127s", name);
		return NULL;
	}
	if ((!u || unit_over(u)) && check_conflicts(all, cfg, e) < 0)
		return NULL;
	if (!u)
		u = add(all, cfg, e);
	return u && unit_event(all, u, EVENT_ASK_START, now, e) == 0 ? u : NULL;
}
