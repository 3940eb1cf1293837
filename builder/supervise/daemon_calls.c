#include "daemon_calls.h"

#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>

#include <xen/xen.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#include "builder/guest/xen_compat.h"

static const uint32_t exec[] = {PROT_EXEC};
static const uint32_t local[] = {AF_UNIX};

/* ---- what both do ---- */

static const struct seccomp_rule both[] = {
	/* The start of a program, and into the background (daemonize). */
	SECCOMP_CALL(execve),
	SECCOMP_CALL(set_tid_address),
	SECCOMP_CALL(setsid),
	SECCOMP_CALL(umask),
	SECCOMP_CALL(chdir),
	SECCOMP_CALL(getpid),
	SECCOMP_CALL(gettid),
	/* The end. */
	SECCOMP_CALL(exit),
	SECCOMP_CALL(exit_group),
	/* Memory: nothing of it ever becomes code. */
	SECCOMP_CALL(brk),
	SECCOMP_CALL_WITHOUT(mmap, 2, exec),
	SECCOMP_CALL_WITHOUT(mprotect, 2, exec),
	SECCOMP_CALL(munmap),
	SECCOMP_CALL(madvise),
	/* Files and pipes; musl uses the older forms of some on x86. */
	SECCOMP_CALL(openat),
	SECCOMP_CALL(close),
	SECCOMP_CALL(read),
	SECCOMP_CALL(write),
	SECCOMP_CALL(readv),
	SECCOMP_CALL(writev),
	SECCOMP_CALL(lseek),
	SECCOMP_CALL(fstat),
	SECCOMP_CALL(newfstatat),
	SECCOMP_CALL(fcntl),
	SECCOMP_CALL(dup3),
	SECCOMP_CALL(pipe2),
	SECCOMP_CALL(ppoll),
	/* The store's socket, and the system log's. */
	SECCOMP_CALL_ONE_OF(socket, 0, local),
	SECCOMP_CALL(connect),
	SECCOMP_CALL(sendto),
	/* Signals. */
	SECCOMP_CALL(rt_sigaction),
	SECCOMP_CALL(rt_sigprocmask),
	SECCOMP_CALL(rt_sigreturn),
	SECCOMP_CALL(restart_syscall),
	/* Time, where the kernel has no clock to be read without a call; libxenforeignmemory and
	 * libxengnttab sleep for pages that have been paged out. */
	SECCOMP_CALL(clock_gettime),
	SECCOMP_CALL(gettimeofday),
	SECCOMP_CALL(nanosleep),
	SECCOMP_CALL(clock_nanosleep),
	/* Locks. */
	SECCOMP_CALL(futex),
	SECCOMP_CALL(set_robust_list),
};

static const struct seccomp_list both_list = SECCOMP_LIST(both);

/* ---- xenstored ---- */

static const uint32_t store_clone[] = {SIGCHLD};
static const uint32_t store_signals[] = {SIGABRT};

static const uint32_t store_ioctls[] = {
	/* libxencall, libxenforeignmemory and libxendevicemodel, the latter two to see what the
	 * kernel has (xc_interface_open). */
	IOCTL_PRIVCMD_HYPERCALL,
	IOCTL_PRIVCMD_UNIMPLEMENTED,
	IOCTL_PRIVCMD_DM_OP,
	/* libxenevtchn */
	IOCTL_EVTCHN_BIND_VIRQ,
	IOCTL_EVTCHN_BIND_INTERDOMAIN,
	IOCTL_EVTCHN_UNBIND,
	IOCTL_EVTCHN_NOTIFY,
	/* libxengnttab: the guests' rings */
	IOCTL_GNTDEV_SET_MAX_GRANTS,
	IOCTL_GNTDEV_MAP_GRANT_REF,
	IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
	IOCTL_GNTDEV_UNMAP_GRANT_REF,
	/* whether stderr or a log (xenstore-control) is a terminal */
	TIOCGWINSZ,
};

static const struct seccomp_rule store[] = {
	SECCOMP_CALL_ONE_OF(clone, 0, store_clone),
	SECCOMP_CALL_ONE_OF(tkill, 1, store_signals), /* abort() */
	SECCOMP_CALL_ONE_OF(ioctl, 1, store_ioctls),
	/* Its directories and its socket. */
	SECCOMP_CALL(mkdirat),
	SECCOMP_CALL(unlinkat),
	SECCOMP_CALL(fchmodat),
	SECCOMP_CALL(bind),
	SECCOMP_CALL(listen),
	SECCOMP_CALL(accept),
	SECCOMP_CALL(dup), /* memreport (xenstore-control) */
	/* mimalloc: random numbers, and how many nodes of memory there are */
	SECCOMP_CALL(getrandom),
	SECCOMP_CALL(getcpu),
	SECCOMP_CALL(faccessat),
};

static const struct seccomp_list store_list = SECCOMP_LIST(store);

const struct daemon_powers daemon_store_powers = {
	.calls = {&both_list, &store_list, &daemon_calls_old, &daemon_calls_old_store},
	.otherwise = SECCOMP_END,
	.may_be_shared = true,
};

/* ---- xenconsoled ---- */

/* Its process's children, and libxenstore's thread, with the flags of musl's pthread_create. */
static const uint32_t console_clone[] = {
	SIGCHLD,
	CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED,
};

/* abort(), and musl's SIGCANCEL, by which xs_close ends that thread. */
static const uint32_t console_signals[] = {SIGABRT, 33};

static const uint32_t console_ioctls[] = {
	IOCTL_PRIVCMD_HYPERCALL,
	IOCTL_PRIVCMD_UNIMPLEMENTED,
	IOCTL_PRIVCMD_DM_OP,
	/* libxenforeignmemory: the ring of a guest without grants */
	IOCTL_PRIVCMD_MMAPBATCH,
	IOCTL_PRIVCMD_MMAPBATCH_V2,
	IOCTL_EVTCHN_BIND_INTERDOMAIN,
	IOCTL_EVTCHN_NOTIFY,
	IOCTL_GNTDEV_MAP_GRANT_REF,
	IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
	IOCTL_GNTDEV_UNMAP_GRANT_REF,
	/* openpty, and a raw terminal */
	TIOCSPTLCK,
	TIOCGPTN,
	TCGETS,
	TCSETS,
	TIOCGWINSZ,
};

/* increase_fd_limit */
static const uint32_t console_limits[] = {RLIMIT_NOFILE};

static const struct seccomp_rule console[] = {
	SECCOMP_CALL_ONE_OF(clone, 0, console_clone),
	SECCOMP_CALL_ONE_OF(tkill, 1, console_signals),
	SECCOMP_CALL_ONE_OF(ioctl, 1, console_ioctls),
	SECCOMP_CALL_ONE_OF(prlimit64, 1, console_limits),
	SECCOMP_CALL(geteuid),
#if XEN_STORE_SENDMSG
	SECCOMP_CALL(sendmsg), /* libxenstore's requests */
#endif
	SECCOMP_CALL(mremap), /* musl's realloc */
	SECCOMP_CALL(wait4),  /* its handler of SIGCHLD */
};

static const struct seccomp_list console_list = SECCOMP_LIST(console);

const struct daemon_powers daemon_console_powers = {
	.calls = {&both_list, &console_list, &daemon_calls_old},
	.otherwise = SECCOMP_END,
	.may_be_shared = true,
	/* As increase_fd_limit in tools/console/daemon/main.c counts them. */
	.files = DOMID_FIRST_RESERVED * 4 + 1000,
};
