/*
 * The hypervisor's free memory.
 */
#ifndef EARLYDOM_FREE_MEMORY_H
#define EARLYDOM_FREE_MEMORY_H

#include <stdint.h>

#include <xenctrl.h>

#include "xenlog.h"

/* Memory that the hypervisor can still give away, in KiB. Returns 0, or -1 with e set. */
int free_memory(xc_interface *xch, struct xenlog *log, uint64_t *kib, struct err *e);

#endif
