#include "qemu_filter.h"

#include <sched.h>
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

/* QEMU's own sets "default" and "obsolete", but for what is in qemu_filter_arch, and others of
 * their kind: the machine's and its file systems' administration. */
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

/* Other processes, and parts of the kernel that have been a way into it. */
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
	/* QEMU asks for it at its start, where it is built so, and has another way. */
	SECCOMP_CALL_UNKNOWN(io_uring_setup),
	SECCOMP_CALL_UNKNOWN(io_uring_enter),
	SECCOMP_CALL_UNKNOWN(io_uring_register),
};

/* As an argument of personality(2): nothing is to be changed. */
static const uint32_t no_change[] = {UINT32_MAX};

/* elevateprivileges, but for what -runas calls. */
static const struct seccomp_rule elevate[] = {
	SECCOMP_CALL_FAILS(setpgid),   SECCOMP_CALL_FAILS(setsid),
	SECCOMP_CALL_FAILS(setreuid),  SECCOMP_CALL_FAILS(setregid),
	SECCOMP_CALL_FAILS(setresuid), SECCOMP_CALL_FAILS(setresgid),
	SECCOMP_CALL_FAILS(setfsuid),  SECCOMP_CALL_FAILS(setfsgid),
	SECCOMP_CALL_FAILS(capset),    SECCOMP_CALL_ONE_OF(personality, 0, no_change),
};

static const struct seccomp_rule not_runas[] = {
	SECCOMP_CALL_FAILS(setuid),
	SECCOMP_CALL_FAILS(setgid),
	SECCOMP_CALL_FAILS(setgroups),
	SECCOMP_CALL_NEVER(chroot),
};

static const uint32_t idle[] = {SCHED_IDLE};

/* resourcecontrol */
static const struct seccomp_rule resources[] = {
	SECCOMP_CALL_FAILS(setpriority),
	SECCOMP_CALL_FAILS(sched_setparam),
	SECCOMP_CALL_ONE_OF(sched_setscheduler, 1, idle),
	SECCOMP_CALL_FAILS(sched_setattr),
	SECCOMP_CALL_FAILS(sched_setaffinity),
	SECCOMP_CALL_FAILS(ioprio_set),
};

/*
 * What glibc and musl start a thread with (pthread_create), and nothing else: QEMU's list of the
 * flags that must be there, and those that must not, comes to the same. clone3 has them in memory;
 * glibc goes on with clone where there is none.
 */
#define THREAD                                                                                     \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |        \
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
static const uint32_t thread[] = {THREAD, THREAD | CLONE_DETACHED};

static const struct seccomp_rule spawn[] = {
	SECCOMP_CALL_ONE_OF(clone, 0, thread),
	SECCOMP_CALL_UNKNOWN(clone3),
	{.nr = SYS_execve, .check = SECCOMP_ASK},
	SECCOMP_CALL_FAILS(execveat),
};

#define LISTS_MAX 8

bool qemu_filter_build(const struct qemu_filter *q, struct seccomp_filter *out)
{
	static const uint32_t one[] = {1};
	/* After the change QEMU sees whether it can become root again: that has to fail. */
	const struct seccomp_rule runas[] = {
		{.nr = SYS_setuid, .check = SECCOMP_ONE_OF, .values = &q->uid, .n = 1},
		{.nr = SYS_setgid, .check = SECCOMP_ONE_OF, .values = &q->gid, .n = 1},
		SECCOMP_CALL_ONE_OF(setgroups, 0, one),
	};
	const struct seccomp_list user = SECCOMP_LIST(runas), no_user = SECCOMP_LIST(not_runas);
	struct seccomp_list lists[LISTS_MAX] = {
		SECCOMP_LIST(administration), SECCOMP_LIST(others), SECCOMP_LIST(elevate),
		SECCOMP_LIST(resources),      qemu_filter_arch,     q->uid ? user : no_user,
	};
	size_t n = 6;

	if (!q->runs_others) {
		lists[n++] = (struct seccomp_list)SECCOMP_LIST(spawn);
		lists[n++] = qemu_filter_arch_spawn;
	}
	return seccomp_build_denying(lists, n, out);
}
