/* Of what QEMU's filter denies, the calls that only x86 has (arch/x86/entry/syscalls/syscall_64.tbl
 * in Linux). */
#include "qemu_filter.h"

#include <sys/syscall.h>

static const struct seccomp_rule spawn[] = {
	SECCOMP_CALL_FAILS(fork),
	SECCOMP_CALL_FAILS(vfork),
};

const struct seccomp_list qemu_filter_arch_spawn = SECCOMP_LIST(spawn);
