/*
 * The jobs that the jail can do.
 */
#ifndef EARLYDOM_JAIL_JOBS_H
#define EARLYDOM_JAIL_JOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/seccomp.h"
#include "jail_request.h"

struct jail_job_type {
	const char *name; /* the one who does it, for messages: "the NAME was ended" */

	/*
	 * Runs in the child while that is as mighty as who has made it: what has to be asked of
	 * others than the input. Must not look at the input's bytes. *state is handed to run.
	 * Returns 0, or -1 with e set. NULL for nothing to be asked.
	 */
	int (*prepare)(const struct jail_params *p, void **state, struct err *e);

	/*
	 * Runs in the child: JAIL_INPUT and, with `output`, JAIL_OUTPUT are open, and there is
	 * nothing else. The answer is answer_size zeroed bytes, without pointers. Returns 0, or -1
	 * with e set.
	 */
	int (*run)(const struct jail_params *p, void *state, void *answer, struct err *e);
	size_t answer_size;
	bool output;

	uint64_t memory;           /* bytes that it may take beside the mappings of its files */
	struct seccomp_list calls; /* beside those of every job */
};

const struct jail_job_type *jail_job_type(enum jail_job job);

#endif
