#include "devmodel_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/close_files.h"
#include "base/oom_score.h"
#include "base/pidfd.h"
#include "base/seccomp.h"
#include "builder/host/initramfs.h"

#define LOOK_US 2000

void model_handed_close(struct model_handed *h)
{
	for (size_t i = 0; i < h->own; i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= h->fds[k] == h->fds[i];
		if (h->fds[i] >= 0 && !again)
			close(h->fds[i]);
	}
	h->own = 0;
}

int model_hand(struct model_handed *h, int fd, struct err *e)
{
	if (h->n == MODEL_FDS_MAX)
		return err_set(e, "it has more disks than its device model can have");
	h->fds[h->n] = fd;
	return (int)h->n++;
}

/* What the child could not do, told to its parent by a pipe that the exec closes. */
enum step {
	STEP_ROOT,
	STEP_FILES,
	STEP_LIMITS,
	STEP_NAMESPACES,
	STEP_OWN_ROOT,
	STEP_POWERS,
	STEP_FILTER,
	STEP_RUN,
	STEP_ASK, /* nothing has failed: it asks whether it may run its program */
};

struct failure {
	enum step step;
	int errnum; /* of STEP_ASK: the number of its filter's listener */
};

static _Noreturn void child_fails(int to, enum step step)
{
	const struct failure f = {step, errno};

	if (write(to, &f, sizeof(f)) < 0) { /* its end is seen all the same */
	}
	_exit(127);
}

/* Gives each file its number. Returns the pipe's new one, behind them. */
static int take_files(const struct model_program *p, int pipe_fd)
{
	const int behind = (int)p->nr_fds;
	int moved[MODEL_FDS_MAX], i, to;

	/* Out of the way of the numbers that are given. */
	to = fcntl(pipe_fd, F_DUPFD_CLOEXEC, behind + 1);
	if (to < 0)
		child_fails(pipe_fd, STEP_FILES);
	for (i = 0; i < behind; i++) {
		moved[i] = fcntl(p->fds[i], F_DUPFD_CLOEXEC, behind + 1);
		if (moved[i] < 0)
			child_fails(to, STEP_FILES);
	}
	for (i = 0; i < behind; i++)
		if (dup2(moved[i], i) < 0)
			child_fails(to, STEP_FILES);
	if (dup3(to, behind, O_CLOEXEC) < 0 || close_files(behind + 1) < 0)
		child_fails(to, STEP_FILES);
	return behind;
}

/* What QEMU can do without when it must: that is in its log then. */
static bool does_without(const struct model_jail *j, const char *what)
{
	if (j->strict)
		return false;
	dprintf(STDERR_FILENO, "earlydom: it runs without %s: %s\n", what, strerror(errno));
	return true;
}

static bool take_powers(const struct model_program *p)
{
	const struct model_jail *j = p->jail;

	return !j || !j->of_root || p->uid || capabilities_bound(j->keeps) ||
	       does_without(j, "a bound on root's powers");
}

static bool take_namespaces(const struct model_program *p)
{
	const struct model_jail *j = p->jail;

	/* model_root_enter has a namespace of mounts itself. */
	return !j || !j->of_root || model_unshare(!p->root, j->sys) ||
	       does_without(j, "namespaces of its own");
}

/* Behind it the only program that can be run is the one that the parent lets be run. */
static void filter_calls(const struct model_jail *j, int pipe_fd)
{
	struct failure ask = {.step = STEP_ASK};
	struct seccomp_filter f;

	if (!j->strict) {
		errno = E2BIG;
		if (!qemu_filter_build(&j->filter, &f) || !seccomp_install(&f, false))
			does_without(j, "a filter of its system calls");
		return;
	}
	errno = E2BIG;
	if (!qemu_filter_build(&j->filter, &f))
		child_fails(pipe_fd, STEP_FILTER);
	ask.errnum = seccomp_install_asking(&f);
	if (ask.errnum < 0 || write(pipe_fd, &ask, sizeof(ask)) < 0)
		child_fails(pipe_fd, STEP_FILTER);
}

/* In the child, up to the model's first instruction: nothing but system calls. */
static _Noreturn void become(const struct model_program *p, int pipe_fd)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	/* It may be a process of another user's soon: that one would be ended with the initramfs.
	 */
	if (initramfs_has_systemd())
		sigaddset(&blocked, SIGTERM);
	if (p->own_root && own_root_enter_child(p->own_root) < 0)
		child_fails(pipe_fd, STEP_ROOT);
	pipe_fd = take_files(p, pipe_fd);
	setsid();
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	umask(022);
	if (!oom_score_set(OOM_SCORE_ORDINARY) || !model_limit(p->limits) ||
	    (p->jail && !model_limit_files(p->jail->file_max)))
		child_fails(pipe_fd, STEP_LIMITS);
	if (!take_namespaces(p))
		child_fails(pipe_fd, STEP_NAMESPACES);
	if (p->root && !model_root_enter(p->root))
		child_fails(pipe_fd, STEP_OWN_ROOT);
	if (!take_powers(p) || (p->uid && !model_become(p->uid)))
		child_fails(pipe_fd, STEP_POWERS);
	if (p->jail)
		filter_calls(p->jail, pipe_fd);
	execve(p->path, p->argv, p->env);
	child_fails(pipe_fd, STEP_RUN);
}

/* Whether the file is there: then ENOENT was about what it needs to run. */
static bool is_there(const struct model_program *p)
{
	const char *path = p->path;
	struct stat st;

	if (!p->own_root)
		return stat(path, &st) == 0;
	return fstatat(p->own_root->dir, path + strspn(path, "/"), &st, 0) == 0;
}

/* What could not be done. */
static const char *const steps[] = {
	[STEP_ROOT] = "cannot enter the refuge",
	[STEP_FILES] = "cannot give it its files",
	[STEP_LIMITS] = "cannot set its limits",
	[STEP_NAMESPACES] = "cannot make its namespaces (" MODEL_UNRESTRICTED " goes without)",
	[STEP_OWN_ROOT] = "cannot make a root of its own (Linux 5.8 and later can)",
	[STEP_POWERS] = "cannot take root's powers from it",
	[STEP_FILTER] = "cannot filter its system calls (" MODEL_UNRESTRICTED
			" goes without; Linux 5.6 and later can)",
};

static int start_error(const struct model_program *p, const struct failure *f, struct err *e)
{
	if (f->step != STEP_RUN)
		return err_set_errno(e, f->errnum, "cannot start device model %.200s: %s", p->path,
				     steps[f->step]);
	if (f->errnum == ENOENT && is_there(p))
		return err_set(e,
			       "cannot run device model %.200s: its loader or interpreter is "
			       "missing",
			       p->path);
	return err_set_errno(e, f->errnum, "cannot run device model %.200s", p->path);
}

/* ---- for the starter ---- */

/* All of a model_program but its files. */
static void pack(const struct model_program *p, struct parcel *out)
{
	parcel_put_text(out, p->path);
	parcel_put_texts(out, p->argv);
	parcel_put_texts(out, p->env);
	parcel_put_number(out, p->nr_fds);
	parcel_put_number(out, p->limits);
	parcel_put_number(out, p->uid);
	parcel_put_number(out, p->own_root != NULL);
	parcel_put_number(out, p->root != NULL);
	parcel_put_number(out, p->jail != NULL);
	if (p->root)
		model_root_pack(p->root, out);
	if (p->jail)
		parcel_put_bytes(out, p->jail, sizeof(*p->jail));
}

/* In the child. Its files come first; the pipe's end and the own root are behind them. */
static void run(struct starter_request *r)
{
	struct model_program p = {.path = parcel_text(&r->in), .fds = r->files};
	struct own_root own_root;
	struct model_root root;
	bool has_own_root, has_root, has_jail;
	struct model_jail jail;

	p.argv = parcel_texts(&r->in);
	p.env = parcel_texts(&r->in);
	p.nr_fds = parcel_number(&r->in);
	p.limits =
		parcel_number(&r->in) == MODEL_LIMITS_CORE ? MODEL_LIMITS_CORE : MODEL_LIMITS_ALL;
	p.uid = (uid_t)parcel_number(&r->in);
	has_own_root = parcel_number(&r->in);
	has_root = parcel_number(&r->in);
	has_jail = parcel_number(&r->in);
	if (has_root && model_root_unpack(&r->in, &root))
		p.root = &root;
	if (has_jail && parcel_bytes(&r->in, &jail, sizeof(jail)))
		p.jail = &jail;
	if (!parcel_is_read(&r->in) || !p.path || (has_root && !p.root) || (has_jail && !p.jail) ||
	    !r->nr_files || p.nr_fds > MODEL_FDS_MAX || r->nr_files != p.nr_fds + 1 + has_own_root)
		_exit(127);
	if (has_own_root) {
		own_root.dir = r->files[p.nr_fds + 1];
		p.own_root = &own_root;
	}
	become(&p, r->files[p.nr_fds]);
}

const struct starter_verb devmodel_process_verb = {.name = "fork", .run = run};

static pid_t start(const struct starter *s, const struct model_program *p, int pipe_fd,
		   struct err *e)
{
	int files[MODEL_FDS_MAX + 2];
	struct parcel parcel = {0};
	size_t n = p->nr_fds;
	pid_t pid;

	memcpy(files, p->fds, n * sizeof(*files));
	files[n++] = pipe_fd;
	if (p->own_root)
		files[n++] = p->own_root->dir;
	pack(p, &parcel);
	pid = starter_run(s, &devmodel_process_verb, &parcel, files, n, NULL, e);
	parcel_free(&parcel);
	return pid;
}

/* Reads a message of the child's. False where its program runs, which has ended the pipe. */
static bool read_message(int from, struct failure *f)
{
	ssize_t n;

	do
		n = read(from, f, sizeof(*f));
	while (n < 0 && errno == EINTR);
	return n == sizeof(*f);
}

/* Lets a child run its program, which it asks about; no other one after that. */
static bool let_run(pid_t pid, int listener, int pipe_fd)
{
	const int process = pidfd_of(pid);
	const int fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, listener, 0);
	const bool runs = fd >= 0 && seccomp_let_one(fd, pipe_fd);
	const int cause = errno;

	if (fd >= 0)
		close(fd);
	if (process >= 0)
		close(process);
	errno = cause;
	return runs;
}

static int help_to_run(struct starter_request *r, int *file, struct err *e)
{
	const pid_t pid = (pid_t)parcel_number(&r->in);
	const int listener = (int)parcel_number(&r->in);

	(void)file;
	if (!parcel_is_read(&r->in) || r->nr_files != 1)
		return err_set(e, "it is not named");
	if (let_run(pid, listener, r->files[0]))
		return 0;
	return err_set(e, "%s", strerror(errno));
}

const struct starter_verb devmodel_run_verb = {.name = "let it run", .help = help_to_run};

static int ask_to_run(const struct starter *s, pid_t pid, int listener, int pipe_fd, struct err *e)
{
	struct parcel p = {0};
	int rc;

	parcel_put_number(&p, (uint64_t)pid);
	parcel_put_number(&p, (uint64_t)listener);
	rc = starter_help(s, &devmodel_run_verb, &p, &pipe_fd, 1, NULL, e);
	parcel_free(&p);
	return rc;
}

static int end_of(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -1;
}

pid_t devmodel_process_start(const struct starter *s, const struct model_program *p, struct err *e)
{
	struct failure f;
	int fds[2], rc = 0;
	bool failed;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set_errno(e, errno, "cannot start device model %.200s", p->path);
	pid = start(s, p, fds[1], e);
	close(fds[1]);
	if (pid < 0) {
		err_prefix(e, "cannot start device model %.200s: ", p->path);
		close(fds[0]);
		return -1;
	}
	failed = read_message(fds[0], &f);
	if (failed && f.step == STEP_ASK) {
		rc = ask_to_run(s, pid, f.errnum, fds[0], e);
		failed = rc == 0 && read_message(fds[0], &f);
	}
	close(fds[0]);
	if (rc < 0) {
		kill(pid, SIGKILL);
		end_of(pid);
		return err_prefix(e, "cannot start device model %.200s: %s: ", p->path,
				  steps[STEP_FILTER]);
	}
	if (!failed)
		return pid;
	end_of(pid);
	return start_error(p, &f, e);
}

uint64_t devmodel_process_began(pid_t pid)
{
	unsigned long long began = 0;
	char path[64], text[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	p = strrchr(text, ')'); /* the end of the second field, the name */
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, "%llu", &began) == 1 ? began : 0;
}

/* One that is no child: nothing more can be known of it. */
static bool stranger_ended(int pidfd, int *status)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	*status = DEVMODEL_STATUS_UNKNOWN;
	return pidfd < 0 || poll(&p, 1, 0) > 0;
}

bool devmodel_process_ended(pid_t pid, int pidfd, int *status)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno == ECHILD && stranger_ended(pidfd, status);
	if (info.si_pid != pid)
		return false;
	/* Before its number is free for another one. */
	kill(-pid, SIGKILL);
	return waitpid(pid, status, 0) == pid;
}

bool devmodel_process_exits(pid_t pid)
{
	unsigned long pages = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/statm", (long)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return !pages;
}

static bool ends_within(pid_t pid, int pidfd, unsigned ms)
{
	const uint64_t deadline = clock_ns() + ms * NS_PER_MS;
	int status;

	while (!devmodel_process_ended(pid, pidfd, &status)) {
		if (clock_ns() > deadline)
			return false;
		usleep(LOOK_US);
	}
	return true;
}

/* By its pidfd where there is one: the number of one that is no child may be another's by now. */
static void signal_it(pid_t pid, int pidfd, int number)
{
	if (pidfd < 0)
		kill(pid, number);
	else
		pidfd_kill(pidfd, number);
}

/* Whether that signal does not come to it now. */
static bool blocks(pid_t pid, int number)
{
	unsigned long long blocked = 0;
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	f = fopen(path, "re");
	while (f && getline(&line, &size, f) > 0)
		if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
			break;
	free(line);
	if (f)
		fclose(f);
	return blocked >> (number - 1) & 1;
}

int devmodel_process_end(pid_t pid, int pidfd, unsigned term_ms, unsigned kill_ms, struct err *e)
{
	/* One that was started in an initramfs of systemd's. */
	if (blocks(pid, SIGTERM))
		signal_it(pid, pidfd, SIGINT);
	signal_it(pid, pidfd, SIGTERM);
	if (ends_within(pid, pidfd, term_ms))
		return 0;
	signal_it(pid, pidfd, SIGKILL);
	if (ends_within(pid, pidfd, kill_ms))
		return 0;
	return err_set(e, "the device model's process %ld was killed and does not end", (long)pid);
}

bool devmodel_process_has_uid(pid_t pid, uid_t uid)
{
	unsigned id[4] = {0};
	char path[64], *line = NULL;
	bool has = false;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	f = fopen(path, "re");
	while (f && !has && getline(&line, &size, f) > 0)
		has = sscanf(line, "Uid: %u %u %u %u", &id[0], &id[1], &id[2], &id[3]) == 4 &&
		      id[0] == uid && id[1] == uid && id[2] == uid && id[3] == uid;
	free(line);
	if (f)
		fclose(f);
	return has;
}
