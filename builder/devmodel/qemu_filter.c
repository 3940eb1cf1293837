#include "qemu_filter.h"

#include <sched.h>
#include <sys/syscall.h>

#include "base/machine_calls.h"

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
		machine_calls,         other_process_calls,     machine_calls_of_arch,
		SECCOMP_LIST(elevate), SECCOMP_LIST(resources), q->uid ? user : no_user,
	};
	size_t n = 6;

	if (!q->runs_others) {
		lists[n++] = (struct seccomp_list)SECCOMP_LIST(spawn);
		lists[n++] = qemu_filter_arch_spawn;
	}
	return seccomp_build_denying(lists, n, out);
}
