#include "machine_calls.h"

#include <sys/syscall.h>

/* Calls that are younger than the C library's headers; their numbers are those of every
 * architecture. */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif
#ifndef SYS_statmount
#define SYS_statmount 457
#endif
#ifndef SYS_listmount
#define SYS_listmount 458
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

/* QEMU's own sets "default" and "obsolete" (qemu_filter.h), but for what is in
 * machine_calls_of_arch, and others of their kind. */
static const struct seccomp_rule administration[] = {
	SECCOMP_CALL_NEVER(reboot),
	SECCOMP_CALL_NEVER(swapon),
	SECCOMP_CALL_NEVER(swapoff),
	SECCOMP_CALL_NEVER(syslog),
	SECCOMP_CALL_NEVER(mount),
	SECCOMP_CALL_NEVER(umount2),
	SECCOMP_CALL_NEVER(pivot_root),
	SECCOMP_CALL_NEVER(move_mount),
	SECCOMP_CALL_NEVER(open_tree),
	SECCOMP_CALL_NEVER(open_tree_attr),
	SECCOMP_CALL_NEVER(fsopen),
	SECCOMP_CALL_NEVER(fspick),
	SECCOMP_CALL_NEVER(fsconfig),
	SECCOMP_CALL_NEVER(fsmount),
	SECCOMP_CALL_NEVER(mount_setattr),
	SECCOMP_CALL_FAILS(statmount),
	SECCOMP_CALL_FAILS(listmount),
	SECCOMP_CALL_NEVER(kexec_load),
	SECCOMP_CALL_NEVER(kexec_file_load),
	SECCOMP_CALL_NEVER(init_module),
	SECCOMP_CALL_NEVER(finit_module),
	SECCOMP_CALL_NEVER(delete_module),
	SECCOMP_CALL_NEVER(settimeofday),
	SECCOMP_CALL_NEVER(clock_settime),
	SECCOMP_CALL_FAILS(adjtimex),
	SECCOMP_CALL_FAILS(clock_adjtime),
	SECCOMP_CALL_NEVER(sethostname),
	SECCOMP_CALL_NEVER(setdomainname),
	SECCOMP_CALL_NEVER(acct),
	SECCOMP_CALL_NEVER(quotactl),
	SECCOMP_CALL_NEVER(quotactl_fd),
	SECCOMP_CALL_NEVER(nfsservctl),
	SECCOMP_CALL_NEVER(vhangup),
	SECCOMP_CALL_FAILS(lookup_dcookie),
	SECCOMP_CALL_NEVER(open_by_handle_at),
	SECCOMP_CALL_FAILS(name_to_handle_at),
	SECCOMP_CALL_FAILS(fanotify_init),
	SECCOMP_CALL_FAILS(fanotify_mark),
};

static const struct seccomp_rule others[] = {
	SECCOMP_CALL_NEVER(ptrace),
	SECCOMP_CALL_NEVER(process_vm_readv),
	SECCOMP_CALL_NEVER(process_vm_writev),
	SECCOMP_CALL_NEVER(pidfd_getfd),
	SECCOMP_CALL_NEVER(kcmp),
	SECCOMP_CALL_FAILS(process_madvise),
	SECCOMP_CALL_FAILS(process_mrelease),
	SECCOMP_CALL_FAILS(migrate_pages),
	SECCOMP_CALL_FAILS(move_pages),
	SECCOMP_CALL_NEVER(unshare),
	SECCOMP_CALL_NEVER(setns),
	SECCOMP_CALL_FAILS(bpf),
	SECCOMP_CALL_FAILS(perf_event_open),
	SECCOMP_CALL_FAILS(userfaultfd),
	SECCOMP_CALL_FAILS(add_key),
	SECCOMP_CALL_FAILS(request_key),
	SECCOMP_CALL_FAILS(keyctl),
	/* A program that asks for it at its start has another way. */
	SECCOMP_CALL_UNKNOWN(io_uring_setup),
	SECCOMP_CALL_UNKNOWN(io_uring_enter),
	SECCOMP_CALL_UNKNOWN(io_uring_register),
};

const struct seccomp_list machine_calls = SECCOMP_LIST(administration);
const struct seccomp_list other_process_calls = SECCOMP_LIST(others);
