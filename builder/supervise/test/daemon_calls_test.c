/* What xenstored and xenconsoled may call: what they do when they are well, and nothing else. */
#include "builder/fake/filter_verdict.h"
#include "builder/fake/kit.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <xen/xen.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#include "builder/supervise/daemon_calls.h"
#include "builder/supervise/daemons.h"

static struct seccomp_filter store, console;

static int make(void **state)
{
	(void)state;
	return daemon_filter(&daemon_store_powers, &store) &&
			       daemon_filter(&daemon_console_powers, &console)
		       ? 0
		       : -1;
}

static bool may(const struct seccomp_filter *f, int nr, unsigned arg, uint64_t value)
{
	const uint32_t what = filter_verdict(f, nr, arg, value);

	assert_true(what == SECCOMP_RET_ALLOW || what == SECCOMP_RET_KILL_PROCESS);
	return what == SECCOMP_RET_ALLOW;
}

static bool both_may(int nr, unsigned arg, uint64_t value)
{
	return may(&store, nr, arg, value) && may(&console, nr, arg, value);
}

static bool one_may(int nr, unsigned arg, uint64_t value)
{
	return may(&store, nr, arg, value) || may(&console, nr, arg, value);
}

/* They are the ones that are used. */
static void test_used(void **state)
{
	(void)state;
	assert_ptr_equal(daemons_usual.store_powers, &daemon_store_powers);
	assert_ptr_equal(daemons_usual.console_powers, &daemon_console_powers);
	assert_int_equal(daemon_store_powers.capabilities, 0);
	assert_int_equal(daemon_console_powers.capabilities, 0);
}

static void test_both(void **state)
{
	static const int calls[] = {
		SYS_execve,    SYS_read,         SYS_write,      SYS_writev,
		SYS_close,     SYS_openat,       SYS_exit_group, SYS_brk,
		SYS_munmap,    SYS_madvise,      SYS_futex,      SYS_rt_sigreturn,
		SYS_nanosleep, SYS_rt_sigaction, SYS_connect,    SYS_sendto,
		SYS_fcntl,     SYS_setsid,       SYS_getpid,     SYS_clock_gettime,
		SYS_ppoll,     SYS_lseek,        SYS_newfstatat, SYS_gettid,
		SYS_umask,     SYS_chdir,        SYS_exit,       SYS_restart_syscall,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		KIT_CHECK(both_may(calls[i], 0, 0), "call %d", calls[i]);
	assert_true(both_may(SYS_clone, 0, SIGCHLD));
	assert_true(both_may(SYS_socket, 0, AF_UNIX));
	assert_true(both_may(SYS_mmap, 2, PROT_READ | PROT_WRITE));
	assert_true(both_may(SYS_tkill, 1, SIGABRT));
	assert_true(both_may(SYS_ioctl, 1, IOCTL_PRIVCMD_HYPERCALL));
	assert_true(both_may(SYS_ioctl, 1, IOCTL_EVTCHN_NOTIFY));
	assert_true(both_may(SYS_ioctl, 1, IOCTL_GNTDEV_MAP_GRANT_REF));
}

static void test_one(void **state)
{
	(void)state;
	assert_true(may(&store, SYS_accept, 0, 0));
	assert_false(may(&console, SYS_accept, 0, 0));
	assert_true(may(&store, SYS_bind, 0, 0));
	assert_false(may(&console, SYS_bind, 0, 0));
	assert_true(may(&store, SYS_ioctl, 1, IOCTL_EVTCHN_BIND_VIRQ));
	assert_false(may(&console, SYS_ioctl, 1, IOCTL_EVTCHN_BIND_VIRQ));
	assert_true(may(&console, SYS_ioctl, 1, IOCTL_PRIVCMD_MMAPBATCH_V2));
	assert_false(may(&store, SYS_ioctl, 1, IOCTL_PRIVCMD_MMAPBATCH_V2));
	assert_true(may(&console, SYS_ioctl, 1, TIOCSPTLCK));
	assert_false(may(&store, SYS_ioctl, 1, TIOCSPTLCK));
	assert_true(may(&console, SYS_prlimit64, 1, RLIMIT_NOFILE));
	assert_false(may(&console, SYS_prlimit64, 1, RLIMIT_CORE));
	assert_false(may(&store, SYS_prlimit64, 1, RLIMIT_NOFILE));
	/* A thread; musl's signal that ends it. */
	assert_true(may(&console, SYS_clone, 0, 0x7d0f00));
	assert_false(may(&store, SYS_clone, 0, 0x7d0f00));
	assert_true(may(&console, SYS_tkill, 1, 33));
	assert_false(may(&store, SYS_tkill, 1, 33));
	/* libxenstore's way to send from Xen 4.18 on (xs.c, sendmsg_exact). */
	assert_int_equal(may(&console, SYS_sendmsg, 0, 0), XEN_LIBS_MINOR >= 18);
	assert_false(may(&store, SYS_sendmsg, 0, 0));
}

/* What somebody would want who has one of them do his will. */
static void test_neither(void **state)
{
	static const int calls[] = {
		SYS_kill,         SYS_tgkill,          SYS_ptrace,         SYS_process_vm_writev,
		SYS_mount,        SYS_umount2,         SYS_chroot,         SYS_pivot_root,
		SYS_setns,        SYS_unshare,         SYS_clone3,         SYS_init_module,
		SYS_finit_module, SYS_kexec_load,      SYS_reboot,         SYS_bpf,
		SYS_setuid,       SYS_capset,          SYS_prctl,          SYS_seccomp,
		SYS_mknodat,      SYS_linkat,          SYS_symlinkat,      SYS_renameat2,
		SYS_memfd_create, SYS_perf_event_open, SYS_io_uring_setup, SYS_userfaultfd,
		SYS_execveat,     SYS_pidfd_open,      SYS_keyctl,         SYS_shmat,
		SYS_recvmsg,      SYS_settimeofday,    SYS_swapon,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		KIT_CHECK(!one_may(calls[i], 0, 0), "call %d", calls[i]);
	assert_false(one_may(SYS_mmap, 2, PROT_READ | PROT_EXEC));
	assert_false(one_may(SYS_mprotect, 2, PROT_READ | PROT_EXEC));
	assert_false(one_may(SYS_socket, 0, AF_INET));
	assert_false(one_may(SYS_socket, 0, AF_NETLINK));
	assert_false(one_may(SYS_clone, 0, CLONE_NEWUSER | SIGCHLD));
	assert_false(one_may(SYS_tkill, 1, SIGKILL));
	assert_false(one_may(SYS_ioctl, 1, TIOCSTI));
	assert_false(one_may(SYS_ioctl, 1, IOCTL_PRIVCMD_MMAP));
	assert_false(one_may(SYS_ioctl, 1, IOCTL_GNTDEV_GRANT_COPY));
}

/* What the distribution's, of which less is known, may not do either, and what it must. */
static void test_shared(void **state)
{
	static const int none[] = {
		SYS_ptrace,       SYS_process_vm_writev,
		SYS_mount,        SYS_umount2,
		SYS_pivot_root,   SYS_setns,
		SYS_unshare,      SYS_init_module,
		SYS_finit_module, SYS_kexec_load,
		SYS_reboot,       SYS_pidfd_getfd,
		SYS_iopl,         SYS_settimeofday,
		SYS_move_mount,   SYS_swapon,
	};
	static const int all[] = {SYS_execve, SYS_clone3, SYS_setsid, SYS_openat, SYS_futex};
	struct seccomp_filter f;

	(void)state;
	assert_true(daemon_filter_shared(&f));
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		KIT_CHECK(filter_verdict(&f, none[i], 0, 0) == SECCOMP_END, "call %d", none[i]);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		KIT_CHECK(filter_verdict(&f, all[i], 0, 0) == SECCOMP_RET_ALLOW, "call %d", all[i]);
	assert_int_equal(filter_verdict(&f, SYS_mmap, 2, PROT_READ | PROT_EXEC), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_socket, 0, AF_UNIX), SECCOMP_RET_ALLOW);
	assert_int_equal(filter_verdict(&f, SYS_socket, 0, AF_INET), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(filter_verdict(&f, SYS_bpf, 0, 0), SECCOMP_RET_ERRNO | EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used),   cmocka_unit_test(test_both),
		cmocka_unit_test(test_one),    cmocka_unit_test(test_neither),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}
