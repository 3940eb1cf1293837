#include "kernel.h"

#include <errno.h>
#include <unistd.h>

#include "jail.h"

/* What is behind the unpacked kernel goes. */
static int trim(int fd, uint64_t size, struct err *e)
{
	if (ftruncate(fd, (off_t)size) == 0)
		return 0;
	return err_set_errno(e, errno, "cannot cut what was unpacked to %llu bytes",
			     (unsigned long long)size);
}

int jail_kernel(const struct starter *s, int fd, uint64_t size, uint64_t limit,
		struct kernel_facts *out, int *unpacked, struct err *e)
{
	struct jail_ask ask = {
		.starter = s,
		.job = JAIL_KERNEL,
		.input = fd,
		.params = {.size = size, .limit = limit},
	};

	*unpacked = -1;
	ask.output = jail_output(limit, e);
	if (ask.output < 0)
		return -1;
	if (jail_run(&ask, out, sizeof(*out), e) < 0 || kernel_facts_check(out, size, limit, e) < 0)
		goto fail;
	if (out->where == KERNEL_IN_FILE) {
		close(ask.output);
		return 0;
	}
	if (trim(ask.output, out->unpacked_size, e) < 0)
		goto fail;
	*unpacked = ask.output;
	return 0;
fail:
	close(ask.output);
	return -1;
}
