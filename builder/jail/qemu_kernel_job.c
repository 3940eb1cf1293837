#include "qemu_kernel_job.h"

#include <stdio.h>

#include "input.h"
#include "loaders/qemu_kernel.h"

int qemu_kernel_job(const struct jail_params *p, void *state, void *answer, struct err *e)
{
	struct qemu_kernel_answer *a = answer;
	const uint8_t *file = input_map(p->size, e);
	struct err why;

	(void)state;
	if (!file)
		return -1;
	if (qemu_kernel_check(file, p->size, &why) < 0)
		snprintf(a->why_not, sizeof(a->why_not), "%s", why.msg);
	return 0;
}
