/*
 * What to do when a guest's domain ends. Pure.
 */
#ifndef EARLYDOM_POLICY_H
#define EARLYDOM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "builder/describe/config.h"

/* How often the start of a guest that has never run is tried again as usual. */
#define RETRIES_BEFORE_RUN 3u

/* Those from ENDED_CRASH on are no end that the guest, or whoever stops it, had in mind. */
enum ending { ENDED_POWEROFF, ENDED_REBOOT, ENDED_CRASH, ENDED_WATCHDOG, ENDED_SOFT_RESET };

/* A guest that ends more than DEATHS_MAX times within DEATHS_WINDOW_NS is not started again. */
#define DEATHS_MAX       5u
#define DEATHS_WINDOW_NS (UINT64_C(60) * 1000000000)

/* When a guest ended, the newest ones. Zero-initialised is none. */
struct deaths {
	uint64_t at[DEATHS_MAX + 1];
	unsigned n;
};

/* Notes an end at `now` (ns). True when it is one too many. */
bool deaths_add(struct deaths *d, uint64_t now);

/* How a domain ended, from the reason that it gave (SHUTDOWN_* of public/sched.h). */
enum ending ending_of(unsigned shutdown_reason);
const char *ending_text(enum ending e); /* "powered off", "rebooted", "crashed" ... */

/* Whether a start that has failed for a passing cause is tried again: tries have failed before
 * since the guest ran last, if it ever `ran`. */
bool policy_retries(const struct guest_config *cfg, bool ran, unsigned tries);

/* How long to wait then, in seconds: 2, 5, 10, 30, then 60. tries is 1 after the first failure. */
unsigned policy_pause_s(unsigned tries);

/* What is done then: ACTION_DESTROY, ACTION_RESTART or ACTION_PRESERVE. */
enum guest_action policy_action(const struct guest_config *cfg, enum ending e);

/* Whether a domain of this guest may ever have to be built again. */
bool policy_may_restart(const struct guest_config *cfg);

#endif
