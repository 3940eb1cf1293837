#include "daemon_start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/close_files.h"
#include "base/interpreter.h"
#include "base/machine_calls.h"
#include "base/oom_score.h"

#define LIFE_FD 3 /* of a daemon's: open as long as any process of it lives */

bool daemon_filter(const struct daemon_powers *p, struct seccomp_filter *out)
{
	struct seccomp_list lists[DAEMON_LISTS_MAX];
	size_t n = 0;

	for (; n < DAEMON_LISTS_MAX && p->calls[n]; n++)
		lists[n] = *p->calls[n];
	return seccomp_build(lists, n, p->otherwise, out);
}

static const uint32_t local[] = {AF_UNIX};
static const struct seccomp_rule sockets[] = {SECCOMP_CALL_ONE_OF(socket, 0, local)};

bool daemon_filter_shared(struct seccomp_filter *out)
{
	const struct seccomp_list lists[] = {machine_calls, machine_calls_of_arch,
					     other_process_calls, SECCOMP_LIST(sockets)};

	return seccomp_build_denying(lists, sizeof(lists) / sizeof(lists[0]), out);
}

static _Noreturn void fails(const struct daemon_start *s, const char *how)
{
	dprintf(STDERR_FILENO, "cannot run %s%s: %s\n", s->program, how, strerror(errno));
	_exit(127);
}

/*
 * It would raise its limit itself, which it may not any more. One that gets fewer than it wants
 * says so (xenconsoled, in the system log), and serves as many guests as it can.
 */
static void allow_files(rlim_t n)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= n)
		return;
	l.rlim_cur = n;
	if (l.rlim_max < n)
		l.rlim_max = n;
	setrlimit(RLIMIT_NOFILE, &l);
}

/*
 * No capabilities but those, and no calls but those on the list; the program's execve is the first
 * that is judged, so it has to be on the list, and can be made once more: what then runs has the
 * same filter and the same powers (no_new_privs), so that it can do nothing that this one could not
 * have done itself. xenstored's live update is such a call.
 */
static void give_up_powers(const struct daemon_start *s, const struct seccomp_filter *filter)
{
	const uint64_t keep = s->powers->capabilities;
	struct seccomp_filter shared;

	if (s->powers->may_be_shared && has_interpreter(s->program)) {
		if (!daemon_filter_shared(&shared))
			fails(s, ": the list of its system calls is too long");
		filter = &shared;
	}
	if (keep != DAEMON_ALL_CAPABILITIES && !capabilities_keep_only(keep))
		fails(s, " with fewer capabilities");
	if (!seccomp_install(filter, false))
		fails(s, " with a filter of its system calls (seccomp)");
}

/*
 * In the child, up to the daemon's first instruction. Its messages go to the pipe, until it goes to
 * the background and has none any more (it uses syslog then).
 */
static _Noreturn void become(const struct daemon_start *s, const struct seccomp_filter *filter,
			     int pipe_fd)
{
	static const char *const env[] = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL};
	const int entered = s->own_root ? own_root_enter_child(s->own_root) : 0;
	const int cause = errno;
	sigset_t none;
	int null;

	/* First out of the way of the numbers that are given next. */
	pipe_fd = fcntl(pipe_fd, F_DUPFD_CLOEXEC, LIFE_FD + 1);
	if (pipe_fd < 0 || dup2(pipe_fd, STDERR_FILENO) < 0)
		_exit(127);
	errno = cause;
	if (entered < 0)
		fails(s, "");
	/* It may be one of the three itself: NOLINTNEXTLINE(android-cloexec-open) */
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(pipe_fd, LIFE_FD) < 0 || close_files(LIFE_FD + 1) < 0)
		fails(s, "");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	umask(022);
	/* As Debian's script has it (choom -n -1000): without the store no guest can be served. */
	oom_score_set(OOM_SCORE_NEVER); /* if not, it runs all the same */
	allow_files(s->powers->files);
	give_up_powers(s, filter);
	execve(s->program, (char *const *)(uintptr_t)s->argv, (char *const *)(uintptr_t)env);
	fails(s, "");
}

/* ---- by the starter ---- */

static const struct daemon_powers *powers_of(const char *name)
{
	if (!strcmp(name, "xenstored"))
		return &daemon_store_powers;
	return strcmp(name, "xenconsoled") ? NULL : &daemon_console_powers;
}

/* In the child: the pipe's end, and the own root where there is one. */
static void run(struct starter_request *r)
{
	struct daemon_start s = {.name = parcel_text(&r->in), .program = parcel_text(&r->in)};
	const struct own_root own_root = {.dir = r->nr_files == 2 ? r->files[1] : -1};
	struct seccomp_filter filter;

	s.argv = (const char *const *)parcel_texts(&r->in);
	if (!parcel_is_read(&r->in) || !s.name || !s.program || !r->nr_files)
		_exit(127);
	s.powers = powers_of(s.name);
	s.own_root = r->nr_files == 2 ? &own_root : NULL;
	if (!s.powers || !daemon_filter(s.powers, &filter))
		_exit(127);
	become(&s, &filter, r->files[0]);
}

const struct starter_verb daemon_verb = {.name = "fork", .run = run};

static pid_t ask_starter(const struct daemon_start *s, int pipe_fd, struct err *e)
{
	const int files[2] = {pipe_fd, s->own_root ? s->own_root->dir : -1};
	struct parcel p = {0};
	pid_t pid;

	parcel_put_text(&p, s->name);
	parcel_put_text(&p, s->program);
	parcel_put_texts(&p, (char *const *)(uintptr_t)s->argv);
	pid = starter_run(s->starter, &daemon_verb, &p, files, s->own_root ? 2 : 1, NULL, e);
	parcel_free(&p);
	return pid;
}

static pid_t start_here(const struct daemon_start *s, const struct seccomp_filter *filter,
			int pipe_fd, struct err *e)
{
	const pid_t pid = fork();

	if (pid == 0)
		become(s, filter, pipe_fd);
	return pid < 0 ? err_set(e, "%s", strerror(errno)) : pid;
}

pid_t daemon_start(const struct daemon_start *s, int *life, struct err *e)
{
	struct seccomp_filter filter;
	int fds[2];
	pid_t pid;

	if (!daemon_filter(s->powers, &filter))
		return err_set(e, "cannot start %s: the list of its system calls is too long",
			       s->name);
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(e, "cannot start %s: %s", s->name, strerror(errno));
	pid = s->starter ? ask_starter(s, fds[1], e) : start_here(s, &filter, fds[1], e);
	close(fds[1]);
	if (pid < 0) {
		err_prefix(e, "cannot start %s: ", s->name);
		close(fds[0]);
		return -1;
	}
	*life = fds[0];
	return pid;
}
