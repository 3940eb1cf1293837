#include "qemu_kernel.h"

#include "jail.h"
#include "qemu_kernel_job.h"

int jail_qemu_kernel(const struct starter *s, const char *path, int fd, uint64_t size,
		     struct err *e)
{
	const struct jail_ask ask = {
		.starter = s,
		.job = JAIL_QEMU_KERNEL,
		.input = fd,
		.output = -1,
		.params = {.size = size},
	};
	struct qemu_kernel_answer a;

	if (jail_run(&ask, &a, sizeof(a), e) < 0)
		return err_prefix(e, "kernel %s: ", path);
	if (!a.why_not[0])
		return 0;
	jail_clean_text(a.why_not, sizeof(a.why_not));
	return err_set(e, "kernel %s%s", path, a.why_not);
}
