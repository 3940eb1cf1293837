#include "filter.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

static const uint32_t executable[] = {PROT_EXEC};

static const uint32_t requests[] = {
	IOCTL_PRIVCMD_DM_OP,
	IOCTL_PRIVCMD_MMAPBATCH_V2,
	IOCTL_PRIVCMD_MMAPBATCH,
	IOCTL_EVTCHN_NOTIFY,
};

/* What musl's malloc and free do, and exit. */
#define MEMORY_AND_END                                                                             \
	SECCOMP_CALL(brk), SECCOMP_CALL_WITHOUT(mmap, 2, executable),                              \
		SECCOMP_CALL_WITHOUT(mprotect, 2, executable), SECCOMP_CALL(munmap),               \
		SECCOMP_CALL(madvise), SECCOMP_CALL(exit_group), SECCOMP_CALL(exit)

static const struct seccomp_rule serving[] = {
	MEMORY_AND_END,
	SECCOMP_CALL(poll),
	SECCOMP_CALL(clock_gettime),
	/* An event, the guest's input; an unmask, the guest's output; a message. */
	SECCOMP_CALL(read),
	SECCOMP_CALL(write),
	SECCOMP_CALL(writev),
	SECCOMP_CALL_ONE_OF(ioctl, 1, requests),
	/* The log (base/bounded_log.c). */
	SECCOMP_CALL(pread64),
	SECCOMP_CALL(pwrite64),
	SECCOMP_CALL(ftruncate),
	/* The library waits for a page that Xen has paged out. */
	SECCOMP_CALL(nanosleep),
	SECCOMP_CALL(clock_nanosleep),
	/* It was stopped and goes on. */
	SECCOMP_CALL(restart_syscall),
	SECCOMP_CALL(rt_sigreturn),
	SECCOMP_CALL(close),
};

/* The parser has its bytes in memory, and leaves there what it makes of them. */
static const struct seccomp_rule parsing[] = {
	MEMORY_AND_END,
	SECCOMP_CALL(mremap),
};

const struct seccomp_list filter_serving = SECCOMP_LIST(serving);
const struct seccomp_list filter_parsing = SECCOMP_LIST(parsing);

int filter_enter(const struct seccomp_list *list, struct err *e)
{
	struct seccomp_filter f;

	if (!seccomp_build(list, 1, SECCOMP_END, &f))
		return err_set(e, "its list of system calls is too long");
	if (!seccomp_install(&f, false))
		return err_set_errno(e, errno,
				     "cannot give up system calls (dom0's kernel needs "
				     "CONFIG_SECCOMP_FILTER)");
	return 0;
}
