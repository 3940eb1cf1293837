#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pidfd.h"
#include "jail_child.h"
#include "jail_limits.h"
#include "jobs.h"

/* How a child has ended. */
struct end {
	bool late;        /* its time on the clock was over */
	int code, status; /* as waitid(2) has them: CLD_* and what it means for that */
};

static void run(struct starter_request *in)
{
	struct jail_request r;

	if (!parcel_bytes(&in->in, &r, sizeof(r)) || !parcel_is_read(&in->in) ||
	    in->nr_files != r.nr_files || r.nr_files > NR_JAIL_FILES || r.job >= NR_JAIL_JOBS)
		_exit(JAIL_EXIT_UNMADE);
	memcpy(r.files, in->files, r.nr_files * sizeof(*r.files));
	jail_child(&r);
}

const struct starter_verb jail_verb = {.name = "fork", .run = run};

/* Starts the job. Returns the child's pidfd, or -1 with e set. */
static int jail_spawn(const struct starter *s, const struct jail_request *r, struct err *e)
{
	const char *name = jail_job_type(r->job)->name;
	/* As it is: a fork of this process gets numbers without pointers. */
	const struct parcel p = {.data = (char *)(uintptr_t)r, .n = sizeof(*r)};
	int fd = -1;
	pid_t pid;

	pid = starter_run(s, &jail_verb, &p, r->files, r->nr_files, &fd, e);
	if (pid < 0)
		return err_prefix(e, "cannot make a process for the %s: ", name);
	if (fd >= 0)
		return fd;
	err_set_errno(e, errno, "no jail for the %s: pidfd_open", name);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -1;
}

/* Whether the child has ended by then. */
static bool ends_by(int child, uint64_t deadline)
{
	struct pollfd p = {.fd = child, .events = POLLIN};
	uint64_t now;
	int rc;

	while ((now = clock_ns()) < deadline) {
		rc = poll(&p, 1, (int)((deadline - now) / NS_PER_MS) + 1);
		if (rc > 0)
			return true;
		if (rc < 0 && errno != EINTR)
			return false;
	}
	return false;
}

/* Waits for the child's end, which comes with the deadline at the latest, and takes it away. One
 * that waits in the kernel for a disk that does not answer can't be ended before that does. */
static int reap(int child, struct end *end, struct err *e)
{
	siginfo_t info = {0};
	long rc;

	end->late = !ends_by(child, clock_ns() + JAIL_CLOCK_S * NS_PER_S);
	if (end->late) {
		pidfd_kill(child, SIGKILL);
		if (!ends_by(child, clock_ns() + JAIL_KILL_S * NS_PER_S))
			return err_set_passing(e,
					       "nothing could be read for %d s, nor can that be "
					       "ended",
					       JAIL_CLOCK_S);
	}
	do
		rc = syscall(SYS_waitid, P_PIDFD, child, &info, WEXITED, NULL);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return err_set_errno(e, errno, "cannot wait for it");
	end->code = info.si_code;
	end->status = info.si_status;
	return 0;
}

static int read_answer(int fd, off_t at, void *to, size_t size, struct err *e)
{
	const ssize_t n = pread(fd, to, size, at);

	if (n == (ssize_t)size)
		return 0;
	return err_set_errno(e, n < 0 ? errno : EIO, "cannot read its answer");
}

void jail_clean_text(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/* The child's own words. They are an enemy's: one line, and printable. */
static int read_error(const struct jail_job_type *job, int answer, struct err *e)
{
	struct jail_head head;

	if (read_answer(answer, 0, &head, sizeof(head), e) < 0)
		return -1;
	jail_clean_text(head.msg, sizeof(head.msg));
	if (!head.msg[0])
		return err_set(e, "the %s's answer is wrong (an error without words)", job->name);
	return head.passing ? err_set_passing(e, "%s", head.msg) : err_set(e, "%s", head.msg);
}

/* Whether the file ends before what the child was to read of it by a mapping. */
static bool is_shorter(const struct jail_ask *ask)
{
	struct stat st;

	return fstat(ask->input, &st) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size < ask->params.size;
}

/* What ends a process that has done nothing wrong. */
static bool is_from_outside(int number)
{
	return number == SIGKILL || number == SIGTERM || number == SIGINT || number == SIGHUP ||
	       number == SIGQUIT;
}

/* What has become of a child that has ended otherwise than by itself. Memory that there is none of
 * is told by these signals, too: it may be there at the next try. */
static int ended(const struct jail_ask *ask, const struct end *end, struct err *e)
{
	const struct jail_job_type *job = jail_job_type(ask->job);

	if (end->late)
		return err_set_passing(e, "the %s took more than %d s", job->name, JAIL_CLOCK_S);
	if (end->code == CLD_EXITED && end->status == JAIL_EXIT_UNMADE)
		return err_set_passing(e, "no jail for the %s: its files can't be handed over",
				       job->name);
	if (end->code == CLD_EXITED)
		return err_set(e, "the %s ended with status %d", job->name, end->status);
	if (end->status == SIGXCPU)
		return err_set(e, "the %s took more than %d s of CPU time", job->name, JAIL_CPU_S);
	if (end->status == SIGBUS && is_shorter(ask))
		return err_set_passing(e, "the file has become shorter");
	err_set(e, "the %s was ended (signal %d)", job->name, end->status);
	e->passing = end->status == SIGBUS || is_from_outside(end->status);
	return -1;
}

static int judge(const struct jail_ask *ask, const struct end *end, int answer, struct err *e)
{
	if (!end->late && end->code == CLD_EXITED && end->status == JAIL_EXIT_DONE)
		return 0;
	if (!end->late && end->code == CLD_EXITED && end->status == JAIL_EXIT_FAILED)
		return read_error(jail_job_type(ask->job), answer, e);
	return ended(ask, end, e);
}

/* A file without a name, of that many bytes that read as zero. */
static int new_file(const char *name, uint64_t size, struct err *e)
{
	const int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
		return fd;
	err_set_errno(e, errno, "memory that a jail shares can't be had");
	if (fd >= 0)
		close(fd);
	return -1;
}

int jail_output(uint64_t limit, struct err *e)
{
	return new_file("unpacked", limit, e);
}

/* What the job may read it must not be able to write: that is so of a file that is open for
 * reading only, whatever the filter allows. */
static int check_input(int fd, struct err *e)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return err_set_errno(e, errno, "cannot read the file");
	if ((flags & O_ACCMODE) != O_RDONLY)
		return err_set(e, "the file is not open for reading only");
	return 0;
}

int jail_run(const struct jail_ask *ask, void *answer, size_t size, struct err *e)
{
	const struct jail_job_type *job = jail_job_type(ask->job);
	struct jail_request r = {
		.job = ask->job,
		.nr_files = job->output ? NR_JAIL_FILES : JAIL_OUTPUT,
		.files = {-1, ask->input, ask->output},
		.params = ask->params,
	};
	struct end end = {0};
	int child, rc = -1;

	if (check_input(ask->input, e) < 0)
		return -1;
	r.files[JAIL_ANSWER] = new_file("answer", JAIL_HEAD + job->answer_size, e);
	if (r.files[JAIL_ANSWER] < 0)
		return -1;
	child = jail_spawn(ask->starter, &r, e);
	if (child >= 0 && reap(child, &end, e) == 0 &&
	    judge(ask, &end, r.files[JAIL_ANSWER], e) == 0)
		rc = read_answer(r.files[JAIL_ANSWER], JAIL_HEAD, answer, size, e);
	if (child >= 0)
		close(child);
	close(r.files[JAIL_ANSWER]);
	return rc;
}
