/* In the jail: the header of a qcow or qcow2 image. The answer is struct backing. */
#ifndef EARLYDOM_BACKING_JOB_H
#define EARLYDOM_BACKING_JOB_H

#include "backing.h"
#include "jail_request.h"

int backing_job(const struct jail_params *p, void *state, void *answer, struct err *e);

#endif
