/*
 * Guests whose devices other guests or domains serve (backend= in a descriptor): waited for before
 * the build; and when one of them ends while the guest runs, its devices are taken off, and put
 * back for the domain that comes in its place (store/backends.h).
 */
#ifndef EARLYDOM_UNIT_BACKENDS_H
#define EARLYDOM_UNIT_BACKENDS_H

#include "unit.h"

/* How long a device that was taken off stays so at least: by then the guest's kernel has seen it.
 */
#define BACKENDS_OFF_NS NS_PER_S

/* Whether the guests that serve u are up, so that it can be built; domains that are no guests are
 * looked for by the build. Where one is not, e says which, passing. */
bool unit_backends_up(struct units *all, const struct unit *u, struct err *e);

/*
 * Notices that a domain has ended that serves u, which runs, or is back, and does what follows. To
 * be called when time has passed or a domain has ended. Returns whether it has asked something of
 * the store, or has ended the guest: then nothing else is begun with it.
 */
bool unit_backends_proceed(struct units *all, struct unit *u, uint64_t now);

/* When it is to be called again at the latest, ns; UINT64_MAX: when a domain ends. */
uint64_t unit_backends_due(const struct unit *u);

#endif
