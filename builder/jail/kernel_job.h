/*
 * In the jail: a kernel file is opened, and unpacked to JAIL_OUTPUT where it is packed. The answer
 * is struct kernel_facts. params.size is the file's size, params.limit that of the output.
 */
#ifndef EARLYDOM_KERNEL_JOB_H
#define EARLYDOM_KERNEL_JOB_H

#include "base/err.h"
#include "jail_request.h"

int kernel_job(const struct jail_params *p, void *state, void *answer, struct err *e);

#endif
