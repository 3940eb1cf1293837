/* What is left to the supervisor of root's powers. */
#include "builder/fake/child.h"
#include "builder/fake/filter_verdict.h"
#include "builder/fake/kit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>

#include <xen/sys/privcmd.h>

#include "builder/supervise/supervisor_calls.h"
#include "builder/supervise/supervisor_powers.h"

int __real_supervisor_drop_powers(struct err *e);

static struct seccomp_filter filter;

static int build(void **state)
{
	const struct seccomp_list lists[] = {supervisor_calls, supervisor_calls_of_arch};

	(void)state;
	return seccomp_build(lists, 2, SECCOMP_END, &filter) ? 0 : -1;
}

static bool allows(int nr, unsigned arg, uint64_t value)
{
	return filter_verdict(&filter, nr, arg, value) == SECCOMP_RET_ALLOW;
}

static void test_calls(void **state)
{
	static const int never[] = {
		SYS_execve,
		SYS_execveat,
		SYS_fork,
		SYS_vfork,
		SYS_clone3,
		SYS_ptrace,
		SYS_mount,
		SYS_umount2,
		SYS_pivot_root,
		SYS_unshare,
		SYS_setns,
		SYS_setuid,
		SYS_setresuid,
		SYS_setgroups,
		SYS_capset,
		SYS_bpf,
		SYS_seccomp,
		SYS_init_module,
		SYS_finit_module,
		SYS_kexec_load,
		SYS_reboot,
		SYS_mknod,
		SYS_mknodat,
		SYS_iopl,
		SYS_ioperm,
		SYS_pidfd_getfd,
		SYS_fsopen,
		SYS_fsmount,
		SYS_move_mount,
		SYS_chown,
		SYS_fchown,
		SYS_fchownat,
		SYS_setrlimit,
		SYS_io_uring_setup,
		SYS_userfaultfd,
		SYS_process_vm_readv,
		SYS_process_vm_writev,
		SYS_perf_event_open,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (allows(never[i], 0, 0))
			fail_msg("call %d is allowed", never[i]);
	assert_true(allows(SYS_poll, 0, 0));
	assert_true(allows(SYS_restart_syscall, 0, 0));
}

static void test_arguments(void **state)
{
	(void)state;
	assert_true(allows(SYS_clone, 0, 0x7d0f00)); /* musl's pthread_create */
	assert_true(allows(SYS_clone, 0, 0x3d0f00)); /* glibc's, where there is no clone3 */
	assert_int_equal(filter_verdict(&filter, SYS_clone3, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
	assert_false(allows(SYS_clone, 0, SIGCHLD));
	assert_false(allows(SYS_clone, 0, 0x7d0f00 | CLONE_NEWNS));
	assert_true(allows(SYS_socket, 0, AF_UNIX));
	assert_true(allows(SYS_socket, 0, AF_NETLINK));
	assert_false(allows(SYS_socket, 0, AF_INET));
	assert_false(allows(SYS_socket, 0, AF_PACKET));
	assert_true(allows(SYS_mmap, 2, PROT_READ | PROT_WRITE));
	assert_false(allows(SYS_mmap, 2, PROT_READ | PROT_EXEC));
	assert_false(allows(SYS_mprotect, 2, PROT_EXEC));
	assert_true(allows(SYS_ioctl, 1, IOCTL_PRIVCMD_HYPERCALL));
	assert_false(allows(SYS_ioctl, 1, 0x5412)); /* TIOCSTI */
	assert_true(allows(SYS_prctl, 0, PR_SET_NAME));
	assert_false(allows(SYS_prctl, 0, PR_CAPBSET_DROP));
}

#ifdef UNIT_STATIC
/* Says what the kernel says of this process, when it has dropped them. */
static void drop(struct err *e)
{
	unsigned long long effective = 0, bounding = 0;
	unsigned nnp = 9, seccomp = 9;
	char line[256];
	FILE *f;

	if (__real_supervisor_drop_powers(e) < 0)
		return;
	f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "CapEff: %llx", &effective);
		sscanf(line, "CapBnd: %llx", &bounding);
		sscanf(line, "NoNewPrivs: %u", &nnp);
		sscanf(line, "Seccomp: %u", &seccomp);
	}
	if (f)
		fclose(f);
	err_set(e, "%llx %llx %u %u", effective, bounding, nnp, seccomp);
}

static void test_dropped(void **state)
{
	(void)state;
	/* net_admin, dac_override, kill, sys_ptrace, sys_chroot */
	assert_string_equal(child_says(drop), "c1022 c1022 1 2");
}

/* What a C library does for a thread, as the supervisor's workers have it. */
static void *thread(void *arg)
{
	char *text = malloc(100);
	time_t now = time(NULL);
	struct tm tm;

	if (text && gmtime_r(&now, &tm) && snprintf(text, 100, "%d", tm.tm_year) > 0)
		*(bool *)arg = true;
	free(text);
	nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
	return NULL;
}

static void drop_and_start(struct err *e)
{
	bool ran = false;
	pthread_t t;
	int rc;

	if (__real_supervisor_drop_powers(e) < 0)
		return;
	rc = pthread_create(&t, NULL, thread, &ran);
	if (rc == 0)
		rc = pthread_join(t, NULL);
	err_set(e, "%s: %d", ran ? "it ran" : "it did not run", rc);
}

static void test_thread(void **state)
{
	(void)state;
	assert_string_equal(child_says(drop_and_start), "it ran: 0");
}
#endif

static void no_filter(struct err *e)
{
	child_refuse(SYS_seccomp, ENOSYS);
	__real_supervisor_drop_powers(e);
}

/* A kernel without filters: that is an error, and not a supervisor without one. */
static void test_no_filter(void **state)
{
	const char *said;

	(void)state;
	said = child_says(no_filter);
	assert_non_null(strstr(said, "cannot filter its system calls (CONFIG_SECCOMP_FILTER)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),     cmocka_unit_test(test_arguments),
#ifdef UNIT_STATIC /* as shipped: a sanitizer's own calls end the process */
		cmocka_unit_test(test_dropped),   cmocka_unit_test(test_thread),
#endif
		cmocka_unit_test(test_no_filter),
	};

	return cmocka_run_group_tests(tests, build, NULL);
}
