#include "unit_store.h"

#include "unit_table.h"

bool unit_needs_store(const struct guest_config *cfg)
{
	return guest_config_has_devices(cfg) || guest_config_runs_qemu(cfg);
}

bool unit_waits_for_store(const struct units *all, const struct unit *u)
{
	switch (all->store) {
	case STORE_SOUGHT:
		return true;
	case STORE_SERVES:
		return all->store_deaf && guest_config_has_devices(u->guest.cfg);
	case STORE_HANGS:
		return u->guest.in_store || unit_needs_store(u->guest.cfg);
	case STORE_GONE:
		/* Somebody else's xenconsoled maps its ring until a store tells of its end. */
		return unit_needs_store(u->guest.cfg) ||
		       (all->consoles == CONSOLES_ELSEWHERE && u->guest.store_lost);
	case STORE_ABSENT:
		break;
	}
	return false;
}

void unit_store_look(struct units *all, struct unit *u, uint64_t now)
{
	struct err e;

	if (unit_busy(u) || !u->guest.in_store ||
	    u->guest.store_generation == all->store_generation)
		return;
	err_set_passing(&e, "xenstored has ended before its devices were ready");
	unit_event(all, u, EVENT_STORE_GONE, now, &e);
}

/* The state first: of a guest at which a thread is, nothing else can be looked at. */
bool unit_store_lacks(const struct unit *u)
{
	return (u->state == UNIT_RUNNING || u->state == UNIT_STOPPING) && !unit_busy(u) &&
	       u->guest.domid != NO_DOMAIN && !u->guest.in_store;
}

bool unit_store_asks(const struct unit *u)
{
	return unit_busy(u) || u->state == UNIT_CONNECTING || u->state == UNIT_STOPPING ||
	       (u->state == UNIT_RUNNING && !u->up);
}
