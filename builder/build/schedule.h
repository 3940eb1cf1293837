/*
 * How much of the processors a guest gets: cpu_weight and cap with the schedulers credit and
 * credit2, period with rtds. Pools have schedulers of their own.
 */
#ifndef EARLYDOM_SCHEDULE_H
#define EARLYDOM_SCHEDULE_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Sets it for the domain, which is in that pool. Returns 0, or -1 with e set. */
int schedule(struct guest *g, struct host *h, uint32_t pool, struct err *e);

#endif
