#include "jail_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/close_files.h"
#include "base/seccomp.h"
#include "jail_limits.h"
#include "jobs.h"

/* Debian's nobody and nogroup: no file is theirs. */
#define NOBODY 65534

/* What the process has already when it becomes the child: the program, and stacks of the threads
 * of which it is a copy. */
#define OWN_BYTES (UINT64_C(64) << 20)

/* Memory of its own, and of the files that it has; no code. */
static const uint32_t exec[] = {PROT_EXEC};
static const struct seccomp_rule calls[] = {
	SECCOMP_CALL(read),
	SECCOMP_CALL(pread64),
	SECCOMP_CALL(lseek),
	SECCOMP_CALL_WITHOUT(mmap, 2, exec),
	SECCOMP_CALL_WITHOUT(mprotect, 2, exec),
	SECCOMP_CALL(mremap),
	SECCOMP_CALL(munmap),
	SECCOMP_CALL(brk),
	SECCOMP_CALL(madvise),
	SECCOMP_CALL(futex),
	SECCOMP_CALL(rt_sigreturn),
	SECCOMP_CALL(restart_syscall),
	SECCOMP_CALL(exit),
	SECCOMP_CALL(exit_group),
};

/*
 * The sanitizers' runtimes make calls of their own, and reserve the addresses of their shadow, so
 * many that no bound on memory lets the process have another page. In the program as shipped there
 * is nothing of this.
 */
#ifdef JAIL_SANITIZED
extern const struct seccomp_list jail_sanitizer_calls;
#define MORE_CALLS jail_sanitizer_calls
#define BOUNDED    0
#else
#define MORE_CALLS                                                                                 \
	(struct seccomp_list)                                                                      \
	{                                                                                          \
		NULL, 0                                                                            \
	}
#define BOUNDED 1
#endif

/* The files get their numbers, and all others are closed. One that is in the way of another is
 * moved first. */
static int take_files(const struct jail_request *r, struct err *e)
{
	const int n = (int)r->nr_files;
	int files[NR_JAIL_FILES];

	for (int i = 0; i < n; i++) {
		files[i] = r->files[i];
		if (files[i] < n && files[i] != i)
			files[i] = fcntl(files[i], F_DUPFD_CLOEXEC, n);
		if (files[i] < 0)
			return err_set_errno(e, errno, "its files can't be handed over");
	}
	for (int i = 0; i < n; i++)
		if (files[i] != i && dup3(files[i], i, O_CLOEXEC) < 0)
			return err_set_errno(e, errno, "its files can't be handed over");
	if (close_files(n) < 0)
		return err_set_errno(e, errno, "other files can't be closed");
	return 0;
}

/* A lower bound that the process has already stays. */
static bool limit(int what, uint64_t max)
{
	struct rlimit l;

	if (getrlimit(what, &l) < 0)
		return false;
	if (l.rlim_max > max)
		l.rlim_max = (rlim_t)max;
	l.rlim_cur = l.rlim_max;
	return setrlimit(what, &l) == 0;
}

/* At the lower bound comes a signal of its own, by which the parent knows what it was. */
static bool limit_cpu(void)
{
	struct rlimit l;

	if (!limit(RLIMIT_CPU, JAIL_CPU_S + 1) || getrlimit(RLIMIT_CPU, &l) < 0)
		return false;
	if (l.rlim_cur > JAIL_CPU_S)
		l.rlim_cur = JAIL_CPU_S;
	return setrlimit(RLIMIT_CPU, &l) == 0;
}

static uint64_t input_size(void)
{
	struct stat st;

	return fstat(JAIL_INPUT, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

static int set_limits(const struct jail_job_type *job, const struct jail_params *p, struct err *e)
{
	const uint64_t memory = OWN_BYTES + job->memory;
	const uint64_t mapped = input_size() + (job->output ? p->limit : 0);

	if (limit_cpu() && limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_CORE, 0) &&
	    limit(RLIMIT_FSIZE, job->output ? p->limit : 0) &&
	    (!BOUNDED || (limit(RLIMIT_DATA, memory) && limit(RLIMIT_AS, memory + mapped))))
		return 0;
	return err_set_errno(e, errno, "its limits can't be set");
}

/*
 * Another user, by the kernel's own calls: the C library's want to have all threads with them. A
 * root who is one in a namespace of users alone, with no nobody in it (EINVAL), can become nobody
 * else; what is left then is an ordinary user outside of it, without capabilities in it.
 */
static int become_nobody(struct err *e)
{
	if (geteuid() != 0)
		return 0;
	if (syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) < 0)
		return errno == EINVAL ? 0 : err_set_errno(e, errno, "it stays in root's group");
	if (syscall(SYS_setgroups, 0, NULL) < 0)
		return err_set_errno(e, errno, "it stays in root's groups");
	if (syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0)
		return err_set_errno(e, errno, "it stays root");
	return 0;
}

static int give_up_powers(struct err *e)
{
	if (become_nobody(e) < 0)
		return -1;
	if (!capabilities_set(0, 0))
		return err_set_errno(e, errno, "its capabilities can't be dropped");
	prctl(PR_SET_NAME, "earlydom-jail", 0, 0, 0);
	/* The second is undone by a change of the user, so it comes now: no job outlives the one
	 * who waits for it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_set_errno(e, errno, "it can't be kept from others");
	return 0;
}

/* What ends the process by its own fault is told by the signal, whatever the process that it is a
 * copy of does about it. */
static void let_faults_end(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		signal(faults[i], SIG_DFL);
}

static int put_filter(const struct jail_job_type *job, struct err *e)
{
	const struct seccomp_list lists[] = {SECCOMP_LIST(calls), job->calls, MORE_CALLS};
	struct seccomp_filter f;

	if (!seccomp_build(lists, sizeof(lists) / sizeof(lists[0]), SECCOMP_END, &f))
		return err_set(e, "its filter of system calls is too long");
	if (!seccomp_install(&f, false))
		return err_set_errno(e, errno, "no filter of system calls (CONFIG_SECCOMP_FILTER)");
	return 0;
}

static int shut_in(const struct jail_job_type *job, const struct jail_request *r, struct err *e)
{
	if (set_limits(job, &r->params, e) == 0 && give_up_powers(e) == 0 &&
	    put_filter(job, e) == 0)
		return 0;
	return err_prefix(e, "no jail for the %s: ", job->name);
}

/* Not by _exit: what a test's runtime does there is not allowed. */
static _Noreturn void end(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

void jail_child(const struct jail_request *r)
{
	const struct jail_job_type *job = jail_job_type(r->job);
	struct jail_head *head;
	struct err e = {.msg = ""};
	void *map, *state = NULL;

	if (take_files(r, &e) < 0)
		end(JAIL_EXIT_UNMADE);
	map = mmap(NULL, JAIL_HEAD + job->answer_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   JAIL_ANSWER, 0);
	if (map == MAP_FAILED)
		end(JAIL_EXIT_UNMADE);
	head = map;
	let_faults_end();
	if ((!job->prepare || job->prepare(&r->params, &state, &e) == 0) &&
	    shut_in(job, r, &e) == 0 &&
	    job->run(&r->params, state, (uint8_t *)map + JAIL_HEAD, &e) == 0)
		end(JAIL_EXIT_DONE);
	memcpy(head->msg, e.msg, sizeof(head->msg));
	head->passing = e.passing;
	end(JAIL_EXIT_FAILED);
}
