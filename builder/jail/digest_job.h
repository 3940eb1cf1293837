/* In the jail: the sum over all bytes of the input. */
#ifndef EARLYDOM_DIGEST_JOB_H
#define EARLYDOM_DIGEST_JOB_H

#include "base/err.h"
#include "base/sha256.h"
#include "jail_request.h"

struct digest_answer {
	uint8_t sum[SHA256_BYTES];
};

int digest_job(const struct jail_params *p, void *state, void *answer, struct err *e);

#endif
