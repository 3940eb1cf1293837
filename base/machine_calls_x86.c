/* The calls that only x86 has (arch/x86/entry/syscalls/syscall_64.tbl in Linux). */
#include "machine_calls.h"

#include <sys/syscall.h>

static const struct seccomp_rule rules[] = {
	SECCOMP_CALL_NEVER(iopl),
	SECCOMP_CALL_NEVER(ioperm),
	SECCOMP_CALL_NEVER(modify_ldt),
	/* Linux has none of these any more. */
	SECCOMP_CALL_NEVER(afs_syscall),
	SECCOMP_CALL_NEVER(getpmsg),
	SECCOMP_CALL_NEVER(putpmsg),
	SECCOMP_CALL_NEVER(security),
	SECCOMP_CALL_NEVER(tuxcall),
	SECCOMP_CALL_NEVER(vserver),
	SECCOMP_CALL_NEVER(_sysctl),
	SECCOMP_CALL_NEVER(create_module),
	SECCOMP_CALL_NEVER(get_kernel_syms),
	SECCOMP_CALL_NEVER(query_module),
	SECCOMP_CALL_NEVER(sysfs),
	SECCOMP_CALL_NEVER(uselib),
	SECCOMP_CALL_NEVER(ustat),
};

const struct seccomp_list machine_calls_of_arch = SECCOMP_LIST(rules);
