#include "supervisor_powers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/capabilities.h"
#include "base/seccomp.h"
#include "supervisor_calls.h"

#define KEPT                                                                                       \
	(CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_KILL) |         \
	 CAPABILITY(CAP_SYS_PTRACE) | CAPABILITY(CAP_SYS_CHROOT))

static int install_filter(struct err *e)
{
	const struct seccomp_list lists[] = {supervisor_calls, supervisor_calls_of_arch};
	struct seccomp_filter *f = malloc(sizeof(*f));
	bool good;

	if (!f)
		return err_set(e, "out of memory");
	errno = E2BIG;
	good = seccomp_build(lists, 2, SECCOMP_END, f) && seccomp_install(f, false);
	if (!good)
		err_set_errno(e, errno, "cannot filter its system calls (CONFIG_SECCOMP_FILTER)");
	free(f);
	return good ? 0 : -1;
}

int supervisor_drop_powers(struct err *e)
{
	if (!capabilities_keep_only(KEPT))
		return err_set_errno(e, errno, "cannot give up root's powers");
	return install_filter(e);
}
