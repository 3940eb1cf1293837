/* In the jail: the ranges of a memory map file of params.size bytes. The answer is struct e820_map.
 */
#ifndef EARLYDOM_MEMMAP_JOB_H
#define EARLYDOM_MEMMAP_JOB_H

#include "base/err.h"
#include "jail_request.h"

int memmap_job(const struct jail_params *p, void *state, void *answer, struct err *e);

#endif
