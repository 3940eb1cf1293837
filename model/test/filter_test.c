/* Which system calls are allowed, each of them by its number: by running the filters, as the kernel
 * does. */
#include "base/test/diag_expect.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

#include "builder/fake/filter_verdict.h"
#include "model/filter.h"

/* Above all numbers that there are. */
#define CALLS 1024

static void build(const struct seccomp_list *list, struct seccomp_filter *f)
{
	assert_true(seccomp_build(list, 1, SECCOMP_END, f));
}

/* Those are allowed, with nothing for arguments, and no others. */
static void only(const struct seccomp_filter *f, const int *calls, size_t n)
{
	for (int nr = 0; nr < CALLS; nr++) {
		bool listed = false;

		for (size_t i = 0; i < n; i++)
			listed |= calls[i] == nr;
		if (filter_verdict(f, nr, 0, 0) != (listed ? SECCOMP_RET_ALLOW : SECCOMP_END))
			fail_msg("call %d", nr);
	}
}

static void test_serving(void **state)
{
	static const int calls[] = {
		SYS_brk,
		SYS_mmap,
		SYS_mprotect,
		SYS_munmap,
		SYS_madvise,
		SYS_exit,
		SYS_exit_group,
		SYS_poll,
		SYS_clock_gettime,
		SYS_read,
		SYS_write,
		SYS_writev,
		SYS_pread64,
		SYS_pwrite64,
		SYS_ftruncate,
		SYS_nanosleep,
		SYS_clock_nanosleep,
		SYS_restart_syscall,
		SYS_rt_sigreturn,
		SYS_close,
	};
	static struct seccomp_filter f;

	(void)state;
	build(&filter_serving, &f);
	only(&f, calls, sizeof(calls) / sizeof(calls[0]));
}

static void test_parsing(void **state)
{
	static const int calls[] = {
		SYS_brk,     SYS_mmap, SYS_mprotect,   SYS_munmap,
		SYS_madvise, SYS_exit, SYS_exit_group, SYS_mremap,
	};
	static struct seccomp_filter f;

	(void)state;
	build(&filter_parsing, &f);
	only(&f, calls, sizeof(calls) / sizeof(calls[0]));
}

/* Nothing becomes executable. */
static void test_executable(void **state)
{
	static const struct seccomp_list *const lists[] = {&filter_serving, &filter_parsing};
	static struct seccomp_filter f;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		build(lists[i], &f);
		for (unsigned prot = 0; prot < 8; prot++) {
			const uint32_t want = prot & PROT_EXEC ? SECCOMP_END : SECCOMP_RET_ALLOW;

			assert_int_equal(filter_verdict(&f, SYS_mmap, 2, prot), want);
			assert_int_equal(filter_verdict(&f, SYS_mprotect, 2, prot), want);
		}
	}
}

/* Of all requests of the hypervisor's devices, and any others. */
static void test_requests(void **state)
{
	static const uint32_t good[] = {
		IOCTL_PRIVCMD_DM_OP,
		IOCTL_PRIVCMD_MMAPBATCH_V2,
		IOCTL_PRIVCMD_MMAPBATCH,
		IOCTL_EVTCHN_NOTIFY,
	};
	static const uint32_t bad[] = {
		IOCTL_PRIVCMD_HYPERCALL,
		IOCTL_PRIVCMD_MMAP,
		IOCTL_PRIVCMD_RESTRICT,
		IOCTL_PRIVCMD_MMAP_RESOURCE,
		IOCTL_EVTCHN_BIND_VIRQ,
		IOCTL_EVTCHN_BIND_INTERDOMAIN,
		IOCTL_EVTCHN_BIND_UNBOUND_PORT,
		IOCTL_EVTCHN_UNBIND,
		IOCTL_EVTCHN_RESET,
		IOCTL_EVTCHN_RESTRICT_DOMID,
		FIONBIO,
		TIOCGWINSZ,
		TIOCSTI,
	};
	static struct seccomp_filter f;

	(void)state;
	build(&filter_serving, &f);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(filter_verdict(&f, SYS_ioctl, 1, good[i]), SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(filter_verdict(&f, SYS_ioctl, 1, bad[i]), SECCOMP_END);
}

/* The kernel's word for it. */
static void test_enter(void **state)
{
	struct err e;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) {
		if (filter_enter(&filter_parsing, &e) < 0)
			_exit(1);
		syscall(SYS_getuid);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* A kernel without filters is an error. */
static void test_no_filters(void **state)
{
	static const struct seccomp_rule without[] = {SECCOMP_CALL_FAILS(seccomp)};
	static const struct seccomp_list list = SECCOMP_LIST(without);
	static struct seccomp_filter f;
	struct err e;
	int status;
	pid_t pid;

	(void)state;
	assert_true(seccomp_build(&list, 1, SECCOMP_RET_ALLOW, &f));
	pid = fork();
	if (!pid) {
		if (!seccomp_install(&f, false) || filter_enter(&filter_serving, &e) == 0)
			_exit(1);
		_exit(!!strcmp(e.msg, "cannot give up system calls (dom0's kernel needs "
				      "CONFIG_SECCOMP_FILTER): Operation not permitted"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* One that nobody could keep to is not put on. */
static void test_too_long(void **state)
{
	static struct seccomp_rule rules[SECCOMP_RULES_MAX + 1];
	const struct seccomp_list list = SECCOMP_LIST(rules);
	struct err e;

	(void)state;
	for (size_t i = 0; i <= SECCOMP_RULES_MAX; i++)
		rules[i] = (struct seccomp_rule){.nr = (int)i};
	assert_int_equal(filter_enter(&list, &e), -1);
	assert_string_equal(e.msg, "its list of system calls is too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serving),    cmocka_unit_test(test_parsing),
		cmocka_unit_test(test_executable), cmocka_unit_test(test_requests),
		cmocka_unit_test(test_enter),      cmocka_unit_test(test_no_filters),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
