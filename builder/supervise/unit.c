#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "builder/build/life.h"
#include "builder/devmodel/devmodel.h"
#include "builder/devmodel/devmodel_files.h"

const char *unit_state_name(enum unit_state s)
{
	static const char *const names[UNIT_STATES] = {
		[UNIT_WAITING] = "waiting",    [UNIT_STARTING] = "starting",
		[UNIT_CANCELLED] = "starting", [UNIT_CONNECTING] = "connecting",
		[UNIT_RUNNING] = "running",    [UNIT_STOPPING] = "stopping",
		[UNIT_ENDING] = "stopping",    [UNIT_FAILING] = "stopping",
		[UNIT_ENDED] = "ended",        [UNIT_PRESERVED] = "preserved",
		[UNIT_FAILED] = "failed",      [UNIT_STUCK] = "failed",
		[UNIT_RELEASED] = "released",  [UNIT_RETRYING] = "retrying",
	};

	return names[s];
}

int unit_init(struct units *all, struct unit *u, const struct guest_config *cfg, struct err *e)
{
	struct err log;

	memset(u, 0, sizeof(*u));
	u->log.fd = u->tail.fd = -1;
	u->recorded = u->terminal.domid = NO_DOMAIN;
	/* A second's worth at once: what a kernel prints at its start. */
	rate_init(&u->console_rate, cfg->console_rate * UINT64_C(1024),
		  cfg->console_rate * UINT64_C(1024));
	if (guest_init(&u->guest, cfg, e) < 0)
		return -1;
	if (bounded_log_open(&u->log, all->run->console, cfg->name, &log) < 0)
		report_line(all->report, "%s: %s; it goes without", cfg->name, log.msg);
	return 0;
}

void unit_release(struct units *all, struct unit *u)
{
	console_close(&u->console, all->xce);
	console_close(&u->rest, all->xce);
	console_tail_close(&u->tail);
	bounded_log_close(&u->log);
	devmodel_leave(&u->guest.model);
	guest_drop_images(&u->guest, all->images);
	guest_drop_devices(&u->guest, all->disks);
}

bool unit_has_job(const struct unit *u)
{
	return u->state == UNIT_STARTING || u->state == UNIT_CANCELLED || u->state == UNIT_ENDING ||
	       u->state == UNIT_FAILING;
}

bool unit_lent(const struct unit *u)
{
	return u->handing_over || u->media.under_way ||
	       (u->errand.errand.away && u->errand.kind != UNIT_ERRAND_UP);
}

bool unit_hangs(const struct unit *u)
{
	if (unit_has_job(u))
		return u->job.late;
	return unit_lent(u) && (u->errand.errand.late || u->media.errand.late);
}

bool unit_busy(const struct unit *u)
{
	return unit_has_job(u) || unit_lent(u);
}

bool unit_failed(const struct unit *u)
{
	return u->state == UNIT_FAILED || u->state == UNIT_STUCK;
}

bool unit_failed_so_far(const struct unit *u)
{
	return unit_failed(u) || u->tries > 0;
}

bool unit_over(const struct unit *u)
{
	return u->state == UNIT_ENDED || u->state == UNIT_FAILED;
}

bool unit_undecided(const struct unit *u)
{
	return !u->tried && (u->state == UNIT_WAITING || u->state == UNIT_STARTING ||
			     u->state == UNIT_CANCELLED || u->state == UNIT_CONNECTING ||
			     u->state == UNIT_FAILING);
}

bool unit_settled(const struct unit *u)
{
	return !unit_busy(u) && (u->guest.domid == NO_DOMAIN || u->state == UNIT_PRESERVED ||
				 unit_failed(u) || u->state == UNIT_RELEASED);
}

unsigned unit_pause_s(const struct unit *u, uint64_t now)
{
	return now < u->retry_at ? (unsigned)((u->retry_at - now + NS_PER_S - 1) / NS_PER_S) : 0;
}

bool unit_has_model(const struct unit *u)
{
	return guest_config_has_model(u->guest.cfg) && u->guest.model.state != DEVMODEL_NONE;
}

const char *unit_name(const struct unit *u)
{
	return u->guest.cfg->name;
}

void unit_refuse(struct unit *u, const char *why)
{
	u->refusals++;
	snprintf(u->refusal, sizeof(u->refusal), "%s", why);
}

struct unit *units_find(struct units *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(unit_name(&all->list[i]), name))
			return &all->list[i];
	return NULL;
}
