#include "policy.h"

#include <string.h>

#include <xen/xen.h>
#include <xen/sched.h>

bool deaths_add(struct deaths *d, uint64_t now)
{
	if (d->n == DEATHS_MAX + 1) {
		memmove(d->at, d->at + 1, DEATHS_MAX * sizeof(d->at[0]));
		d->n--;
	}
	d->at[d->n++] = now;
	return d->n == DEATHS_MAX + 1 && now - d->at[0] <= DEATHS_WINDOW_NS;
}

enum ending ending_of(unsigned shutdown_reason)
{
	switch (shutdown_reason) {
	case SHUTDOWN_poweroff:
		return ENDED_POWEROFF;
	case SHUTDOWN_reboot:
		return ENDED_REBOOT;
	case SHUTDOWN_watchdog:
		return ENDED_WATCHDOG;
	case SHUTDOWN_soft_reset:
		return ENDED_SOFT_RESET;
	default:
		/* A crash; a suspend, too: nobody here asked for one, or can serve it. */
		return ENDED_CRASH;
	}
}

const char *ending_text(enum ending e)
{
	static const char *const texts[] = {
		[ENDED_POWEROFF] = "powered off",
		[ENDED_REBOOT] = "rebooted",
		[ENDED_CRASH] = "crashed",
		[ENDED_WATCHDOG] = "was ended by its watchdog",
		[ENDED_SOFT_RESET] = "asked for a soft reset",
	};

	return texts[e];
}

static enum guest_action wanted(const struct guest_config *cfg, enum ending e)
{
	switch (e) {
	case ENDED_POWEROFF:
		return cfg->on_poweroff;
	case ENDED_REBOOT:
		return cfg->on_reboot;
	case ENDED_WATCHDOG:
		return cfg->on_watchdog;
	case ENDED_SOFT_RESET:
		return cfg->on_soft_reset == ACTION_SOFT_RESET ? cfg->on_crash : cfg->on_soft_reset;
	default:
		return cfg->on_crash;
	}
}

enum guest_action policy_action(const struct guest_config *cfg, enum ending e)
{
	const enum guest_action action = wanted(cfg, e);

	/* No core is dumped. */
	if (action == ACTION_COREDUMP_DESTROY)
		return ACTION_DESTROY;
	return action == ACTION_COREDUMP_RESTART ? ACTION_RESTART : action;
}

bool policy_retries(const struct guest_config *cfg, bool ran, unsigned tries)
{
	if (cfg->start_retries == RETRIES_UNLIMITED ||
	    (cfg->start_retries == RETRIES_AS_USUAL && ran))
		return true;
	return tries <
	       (cfg->start_retries == RETRIES_AS_USUAL ? RETRIES_BEFORE_RUN : cfg->start_retries);
}

unsigned policy_pause_s(unsigned tries)
{
	static const unsigned pauses[] = {2, 5, 10, 30, 60};
	const size_t n = sizeof(pauses) / sizeof(pauses[0]);

	return pauses[tries > n ? n - 1 : tries ? tries - 1 : 0];
}

bool policy_may_restart(const struct guest_config *cfg)
{
	for (enum ending e = ENDED_POWEROFF; e <= ENDED_SOFT_RESET; e++)
		if (policy_action(cfg, e) == ACTION_RESTART)
			return true;
	return false;
}
