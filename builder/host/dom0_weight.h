/*
 * dom0's weight in the hypervisor's scheduler while the boot lasts: guests that run and compute do
 * not starve dom0, which builds the others.
 */
#ifndef EARLYDOM_DOM0_WEIGHT_H
#define EARLYDOM_DOM0_WEIGHT_H

#include "builder/host/host.h"
#include "builder/host/rundir.h"

/*
 * Raises it. What it was is kept in the file dom0-weight of the run directory, so that it is not
 * lost with this process: where there is such a file, the weight is raised already. Schedulers
 * without weights are left alone. Returns 0, or -1 with e set and the weight as it was.
 */
int dom0_weight_raise(struct host *h, const struct rundir *run, struct err *e);

/* Gives dom0 the weight back that the file has, and removes the file. Without one nothing is done.
 * Returns 0, or -1 with e set. */
int dom0_weight_restore(struct host *h, const struct rundir *run, struct err *e);

#endif
