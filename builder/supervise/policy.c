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
	default:
		/* crash and watchdog; suspend and soft reset, too: nobody here asked for one or can
		 * serve it */
		return ENDED_CRASH;
	}
}

const char *ending_text(enum ending e)
{
	static const char *const texts[] = {
		[ENDED_POWEROFF] = "powered off",
		[ENDED_REBOOT] = "rebooted",
		[ENDED_CRASH] = "crashed",
	};

	return texts[e];
}

enum guest_action policy_action(const struct guest_config *cfg, enum ending e)
{
	switch (e) {
	case ENDED_POWEROFF:
		return cfg->on_poweroff;
	case ENDED_REBOOT:
		return cfg->on_reboot;
	default:
		return cfg->on_crash;
	}
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
	return cfg->on_poweroff == ACTION_RESTART || cfg->on_reboot == ACTION_RESTART ||
	       cfg->on_crash == ACTION_RESTART;
}
