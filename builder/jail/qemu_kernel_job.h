/* In the jail: whether QEMU can start a kernel file of params.size bytes. */
#ifndef EARLYDOM_QEMU_KERNEL_JOB_H
#define EARLYDOM_QEMU_KERNEL_JOB_H

#include "base/err.h"
#include "jail_request.h"

struct qemu_kernel_answer {
	char why_not[512]; /* qemu_kernel_check; "" where it can */
};

int qemu_kernel_job(const struct jail_params *p, void *state, void *answer, struct err *e);

#endif
