#include "supervisor_calls.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>

#include <xenctrl.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

/* As pthread_create makes a thread, glibc's and musl's. A process would have other flags. */
#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |        \
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

static const uint32_t thread_flags[] = {THREAD_FLAGS, THREAD_FLAGS | CLONE_DETACHED};
static const uint32_t exec_bit[] = {PROT_EXEC};
/* The store, device models and clients; interfaces and bridges. */
static const uint32_t families[] = {AF_UNIX, AF_NETLINK};
static const uint32_t prctls[] = {PR_SET_NAME};

static const uint32_t requests[] = {
	/* the hypervisor, by Xen's libraries */
	IOCTL_PRIVCMD_HYPERCALL,
	IOCTL_PRIVCMD_MMAP,
	IOCTL_PRIVCMD_MMAPBATCH,
	IOCTL_PRIVCMD_MMAPBATCH_V2,
	IOCTL_PRIVCMD_MMAP_RESOURCE,
	IOCTL_PRIVCMD_DM_OP,
	IOCTL_PRIVCMD_RESTRICT,
	IOCTL_PRIVCMD_UNIMPLEMENTED,
	IOCTL_EVTCHN_BIND_VIRQ,
	IOCTL_EVTCHN_BIND_INTERDOMAIN,
	IOCTL_EVTCHN_BIND_UNBOUND_PORT,
	IOCTL_EVTCHN_UNBIND,
	IOCTL_EVTCHN_NOTIFY,
	IOCTL_EVTCHN_RESTRICT_DOMID,
	IOCTL_GNTDEV_MAP_GRANT_REF,
	IOCTL_GNTDEV_UNMAP_GRANT_REF,
	IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
	IOCTL_GNTDEV_SET_MAX_GRANTS,
	IOCTL_GNTDEV_SET_UNMAP_NOTIFY,
	/* disks */
	BLKGETSIZE64,
	BLKSSZGET,
	BLKROGET,
	LOOP_CTL_GET_FREE,
	LOOP_CONFIGURE,
	LOOP_SET_FD,
	LOOP_CLR_FD,
	LOOP_SET_STATUS64,
	LOOP_GET_STATUS64,
	/* guests' channels are terminals; and the C library asks whether a file is one */
	TCGETS,
	TCSETS,
	TIOCGWINSZ,
	TIOCGPTN,
	TIOCSPTLCK,
	FIONREAD,
};

static const struct seccomp_rule calls[] = {
	/* files that are open */
	SECCOMP_CALL(read),
	SECCOMP_CALL(write),
	SECCOMP_CALL(readv),
	SECCOMP_CALL(writev),
	SECCOMP_CALL(pread64),
	SECCOMP_CALL(pwrite64),
	SECCOMP_CALL(lseek),
	SECCOMP_CALL(close),
	SECCOMP_CALL(fstat),
	SECCOMP_CALL(fcntl),
	SECCOMP_CALL(flock),
	SECCOMP_CALL(ftruncate),
	SECCOMP_CALL(fallocate),
	SECCOMP_CALL(fadvise64),
	SECCOMP_CALL(fchmod),
	SECCOMP_CALL(fsync),
	SECCOMP_CALL(dup),
	SECCOMP_CALL(dup3),
	SECCOMP_CALL(ppoll),
	SECCOMP_CALL(getdents64),
	SECCOMP_CALL_ONE_OF(ioctl, 1, requests),
	/* paths */
	SECCOMP_CALL(openat),
	SECCOMP_CALL(openat2),
	SECCOMP_CALL(newfstatat),
	SECCOMP_CALL(statx),
	SECCOMP_CALL(faccessat),
	SECCOMP_CALL(faccessat2),
	SECCOMP_CALL(readlinkat),
	SECCOMP_CALL(mkdirat),
	SECCOMP_CALL(unlinkat),
	SECCOMP_CALL(renameat),
	SECCOMP_CALL(renameat2),
	SECCOMP_CALL(symlinkat),
	SECCOMP_CALL(fchmodat),
	SECCOMP_CALL(statfs),
	SECCOMP_CALL(fstatfs),
	SECCOMP_CALL(getcwd),
	SECCOMP_CALL(chdir),
	SECCOMP_CALL(fchdir),
	SECCOMP_CALL(chroot), /* into the own root, when the initramfs is left */
	SECCOMP_CALL(umask),
	SECCOMP_CALL(inotify_init1),
	SECCOMP_CALL(inotify_add_watch),
	SECCOMP_CALL(inotify_rm_watch),
	/* new files */
	SECCOMP_CALL(pipe2),
	SECCOMP_CALL(eventfd2),
	SECCOMP_CALL(signalfd4),
	SECCOMP_CALL(memfd_create),
	SECCOMP_CALL_ONE_OF(socket, 0, families),
	SECCOMP_CALL(socketpair),
	SECCOMP_CALL(bind),
	SECCOMP_CALL(connect),
	SECCOMP_CALL(listen),
	SECCOMP_CALL(accept4),
	SECCOMP_CALL(sendto),
	SECCOMP_CALL(sendmsg),
	SECCOMP_CALL(recvfrom),
	SECCOMP_CALL(recvmsg),
	SECCOMP_CALL(shutdown),
	SECCOMP_CALL(setsockopt),
	SECCOMP_CALL(getsockopt),
	SECCOMP_CALL(getsockname),
	SECCOMP_CALL(getpeername),
	/* memory; none of it can be run */
	SECCOMP_CALL_WITHOUT(mmap, 2, exec_bit),
	SECCOMP_CALL_WITHOUT(mprotect, 2, exec_bit),
	SECCOMP_CALL(munmap),
	SECCOMP_CALL(mremap),
	SECCOMP_CALL(madvise),
	SECCOMP_CALL(brk),
	/* threads */
	SECCOMP_CALL_ONE_OF(clone, 0, thread_flags),
	/* glibc tries it first, with flags in memory, where no filter sees them. */
	SECCOMP_CALL_UNKNOWN(clone3),
	SECCOMP_CALL(rseq), /* glibc, in each thread */
	SECCOMP_CALL(futex),
	SECCOMP_CALL(set_robust_list),
	SECCOMP_CALL(set_tid_address),
	SECCOMP_CALL(sched_getaffinity),
	SECCOMP_CALL(sched_yield),
	SECCOMP_CALL(gettid),
	SECCOMP_CALL(exit),
	/* other processes: device models and daemons are ended, and waited for */
	SECCOMP_CALL(getpid),
	SECCOMP_CALL(getuid),
	SECCOMP_CALL(geteuid),
	SECCOMP_CALL(getgid),
	SECCOMP_CALL(getegid),
	SECCOMP_CALL(kill),
	SECCOMP_CALL(tkill),
	SECCOMP_CALL(tgkill),
	SECCOMP_CALL(wait4),
	SECCOMP_CALL(waitid),
	SECCOMP_CALL(pidfd_open),
	SECCOMP_CALL(pidfd_send_signal),
	SECCOMP_CALL_ONE_OF(prctl, 0, prctls),
	SECCOMP_CALL(prlimit64),
	SECCOMP_CALL(sysinfo),
	SECCOMP_CALL(uname),
	/* signals and time; restart_syscall is how the kernel goes on with a poll that was stopped
	 */
	SECCOMP_CALL(rt_sigaction),
	SECCOMP_CALL(rt_sigprocmask),
	SECCOMP_CALL(rt_sigreturn),
	SECCOMP_CALL(restart_syscall),
	SECCOMP_CALL(clock_gettime),
	SECCOMP_CALL(clock_nanosleep),
	SECCOMP_CALL(nanosleep),
	SECCOMP_CALL(times),
	SECCOMP_CALL(gettimeofday),
	SECCOMP_CALL(getrandom),
	SECCOMP_CALL(exit_group),
};

const struct seccomp_list supervisor_calls = SECCOMP_LIST(calls);
