/* What QEMU's filter denies, as the kernel has it: a child makes the call behind the filter. */
#include "builder/fake/kit.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/devmodel/qemu_filter.h"

#define UID 65543

static const struct qemu_filter plain = {.uid = 0};
static const struct qemu_filter runas = {.uid = UID, .gid = UID + 1};
static const struct qemu_filter wrapped = {.runs_others = true};

/* What a call comes to: its errno, 0 where it succeeds, or -1 where it is the child's end. What
 * the filter denies it denies whatever the arguments are, and where it does not, none of these
 * calls does anything with such arguments. */
static int comes_to(const struct qemu_filter *q, long nr, long a, long b)
{
	static struct seccomp_filter f;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int listener;

		alarm(20);
		if (!qemu_filter_build(q, &f))
			_exit(255);
		listener = seccomp_install_asking(&f);
		if (listener < 0)
			_exit(254);
		close(listener);
		_exit(syscall(nr, a, b, -1L, -1L, -1L, -1L) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return -1;
	}
	return WEXITSTATUS(status);
}

/* What ends the process: QEMU's own sets but for such as no kernel here has. */
static void test_ends(void **state)
{
	static const long calls[] = {
		SYS_reboot,
		SYS_swapon,
		SYS_swapoff,
		SYS_syslog,
		SYS_mount,
		SYS_umount2,
		SYS_pivot_root,
		SYS_kexec_load,
		SYS_init_module,
		SYS_finit_module,
		SYS_delete_module,
		SYS_settimeofday,
		SYS_acct,
		SYS_clock_settime,
		SYS_sethostname,
		SYS_open_by_handle_at,
		SYS_ptrace,
		SYS_pidfd_getfd,
		SYS_process_vm_readv,
		SYS_process_vm_writev,
		SYS_unshare,
		SYS_setns,
		SYS_quotactl,
		SYS_fsopen,
		SYS_open_tree,
		SYS_move_mount,
		SYS_iopl,
		SYS_ioperm,
		SYS_sysfs,
		SYS_ustat,
		SYS_uselib,
		SYS_modify_ldt,
		SYS__sysctl,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (comes_to(&plain, calls[i], -1, -1) != -1)
			fail_msg("call %ld is no end", calls[i]);
	/* x32's */
	assert_int_equal(comes_to(&plain, SYS_getppid | 0x40000000, 0, 0), -1);
	assert_int_equal(comes_to(&plain, SYS_chroot, -1, 0), -1);
	assert_int_equal(comes_to(&runas, SYS_mount, -1, -1), -1);
	assert_int_equal(comes_to(&wrapped, SYS_mount, -1, -1), -1);
}

/* The 32-bit entry: getpid, whose number is 20 there. */
static void test_32_bit(void **state)
{
	static struct seccomp_filter f;
	int status = -1;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		long rc = 20;

		if (!qemu_filter_build(&plain, &f) || seccomp_install_asking(&f) < 0)
			_exit(255);
		__asm__ volatile("int $0x80" : "+a"(rc) : : "memory");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* A kernel without that entry has another signal for it. */
	assert_true(WIFSIGNALED(status));
}

static void test_fails(void **state)
{
	static const long calls[] = {
		SYS_setreuid,
		SYS_setregid,
		SYS_setresuid,
		SYS_setresgid,
		SYS_setfsuid,
		SYS_setfsgid,
		SYS_setpgid,
		SYS_setsid,
		SYS_capset,
		SYS_setpriority,
		SYS_sched_setparam,
		SYS_sched_setaffinity,
		SYS_ioprio_set,
		SYS_bpf,
		SYS_perf_event_open,
		SYS_userfaultfd,
		SYS_keyctl,
		SYS_add_key,
		SYS_request_key,
		SYS_execveat,
		SYS_fork,
		SYS_vfork,
		SYS_personality,
		SYS_setuid,
		SYS_setgid,
		SYS_setgroups,
		SYS_sched_setscheduler,
		SYS_sched_setattr,
		SYS_fanotify_init,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (comes_to(&plain, calls[i], 0, 0) != EPERM)
			fail_msg("call %ld does not fail", calls[i]);
	assert_int_equal(comes_to(&plain, SYS_io_uring_setup, 1, 0), ENOSYS);
	assert_int_equal(comes_to(&plain, SYS_clone3, 0, 0), ENOSYS);
	/* A process, and one of a thread's flags too few */
	assert_int_equal(comes_to(&plain, SYS_clone, SIGCHLD, 0), EPERM);
	assert_int_equal(comes_to(&plain, SYS_clone, 0x3d0f00 & ~CLONE_THREAD, 0), EPERM);
	assert_int_equal(comes_to(&plain, SYS_clone, 0x3d0f00 | CLONE_NEWNS, 0), EPERM);
	/* Nobody is there to be asked. */
	assert_int_equal(comes_to(&plain, SYS_execve, 0, 0), ENOSYS);
}

static void test_allowed(void **state)
{
	(void)state;
	assert_int_equal(comes_to(&plain, SYS_getppid, 0, 0), 0);
	assert_int_equal(comes_to(&plain, SYS_personality, UINT32_MAX, 0), 0);
	assert_int_equal(comes_to(&plain, SYS_sched_setscheduler, -1, SCHED_IDLE), EINVAL);
	assert_int_equal(comes_to(&wrapped, SYS_execve, 0, 0), EFAULT);
	assert_int_equal(comes_to(&wrapped, SYS_fork, 0, 0), 0);
}

/* -runas: to that user alone, and not back. */
static void test_runas(void **state)
{
	const int may = geteuid() == 0 ? 0 : EPERM;

	(void)state;
	assert_int_equal(comes_to(&runas, SYS_setuid, UID, 0), may);
	assert_int_equal(comes_to(&runas, SYS_setgid, UID + 1, 0), may);
	assert_int_equal(comes_to(&runas, SYS_setuid, 0, 0), EPERM);
	assert_int_equal(comes_to(&runas, SYS_setgid, 0, 0), EPERM);
	assert_int_equal(comes_to(&runas, SYS_setgid, UID, 0), EPERM);
	assert_int_equal(comes_to(&runas, SYS_setgroups, 0, 0), EPERM);
	assert_int_not_equal(comes_to(&runas, SYS_setgroups, 1, -1), -1);
	assert_int_equal(comes_to(&runas, SYS_setresuid, UID, UID), EPERM);
	assert_int_equal(comes_to(&runas, SYS_chroot, -1, 0), EFAULT);
}

static void *nothing(void *arg)
{
	return arg;
}

/* Threads are QEMU's daily bread. */
static void test_thread(void **state)
{
	static struct seccomp_filter f;
	int status = -1;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pthread_t t;
		void *got = NULL;

		alarm(20);
		if (!qemu_filter_build(&plain, &f) || seccomp_install_asking(&f) < 0)
			_exit(255);
		if (pthread_create(&t, NULL, nothing, &f) != 0 || pthread_join(t, &got) != 0)
			_exit(1);
		_exit(got == &f ? 7 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),   cmocka_unit_test(test_fails),
		cmocka_unit_test(test_32_bit), cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_runas),  cmocka_unit_test(test_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
