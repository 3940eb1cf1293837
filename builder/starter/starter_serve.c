#include "starter_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/close_files.h"
#include "base/oom_score.h"
#include "base/pidfd.h"
#include "starter_message.h"

#define NAME     "earlydom-start"
#define SERVE_FD 3 /* where requests come from: behind the standard files, nothing else is open */

/* A request that has come. */
struct served {
	int fd; /* for the answer */
	struct {
		struct message_head head;
		char text[MESSAGE_INLINE_MAX];
	} first; /* message */
	const char *parcel;
	char *copy; /* of a parcel that came as a file; freed */
	int files[STARTER_FILES_MAX];
	size_t nr_files;
};

/* Processes that were made, and may not be yet what they are to be. */
#define MADE_MAX 64
struct made {
	struct {
		pid_t pid;
		int pidfd;
	} all[MADE_MAX];
	size_t n;
};

static void close_each(const int *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(files[i]);
}

/* A long parcel came as a file, which its sender may still change. */
static bool read_parcel(struct served *q)
{
	const size_t size = q->first.head.size;
	bool whole;

	if (q->nr_files != 1 || size > STARTER_PARCEL_MAX)
		return false;
	q->copy = malloc(size);
	whole = q->copy && pread(q->files[0], q->copy, size, 0) == (ssize_t)size;
	close(q->files[0]);
	q->nr_files = 0;
	q->parcel = q->copy;
	return whole;
}

/* Takes what is there: the caller has written all of it. */
static bool receive(struct served *q)
{
	const struct message_head *head = &q->first.head;
	size_t more;
	char none;
	ssize_t rc, n = message_receive(q->fd, &q->first, sizeof(q->first), q->files,
					STARTER_FILES_MAX, &q->nr_files);

	if (n < (ssize_t)sizeof(*head))
		return false;
	n -= (ssize_t)sizeof(*head);
	if (head->size > MESSAGE_INLINE_MAX) {
		if (!read_parcel(q))
			return false;
	} else {
		if ((uint64_t)n != head->size)
			return false;
		q->parcel = q->first.text;
	}
	if (head->nr_files > STARTER_FILES_MAX)
		return false;
	while (q->nr_files < head->nr_files) {
		rc = message_receive(q->fd, &none, 1, q->files + q->nr_files,
				     head->nr_files - q->nr_files, &more);
		q->nr_files += more;
		if (rc <= 0 || !more)
			return false;
	}
	return q->nr_files == head->nr_files;
}

static void forget(struct served *q)
{
	close_each(q->files, q->nr_files);
	free(q->copy);
	close(q->fd);
}

static struct starter_request request_of(const struct served *q)
{
	return (struct starter_request){
		.in = {.at = q->parcel, .left = q->first.head.size},
		.files = q->files,
		.nr_files = q->nr_files,
	};
}

static void answer(const struct served *q, const struct message_answer *a, int file)
{
	/* Who has asked may have ended; nobody else is interested. */
	message_send(q->fd, a, sizeof(*a), NULL, 0, &file, file >= 0 ? 1 : 0);
}

static void cannot(const struct served *q, const char *name)
{
	struct message_answer a = {.rc = -1};

	err_set_errno(&a.e, errno, "cannot %s", name);
	answer(q, &a, -1);
}

/*
 * The kernel's own call: the C library's fork makes children of this process, and these are to be
 * the supervisor's. There is one thread, so that nothing else is to be done in the child.
 */
static pid_t fork_sibling(int *pidfd)
{
	*pidfd = -1;
	return (pid_t)syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD | SIGCHLD, NULL, pidfd, NULL,
			      NULL);
}

/* As a process begins. */
static void reset_signals(void)
{
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static bool is_readable(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && p.revents & events;
}

/* Whether the process is a copy of this one: by its name, which an exec changes. */
static bool has_begun(pid_t pid)
{
	char path[64], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	return strcmp(name, NAME "\n") != 0;
}

/* Those that have ended, or become what they were to be, need not be known any more. */
static void forget_begun(struct made *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (is_readable(m->all[i].pidfd, POLLIN) || has_begun(m->all[i].pid))
			close(m->all[i].pidfd);
		else
			m->all[n++] = m->all[i];
	}
	m->n = n;
}

/* In a child: they are none of its. */
static void close_made(struct made *m)
{
	for (size_t i = 0; i < m->n; i++)
		close(m->all[i].pidfd);
}

static void note(struct made *m, pid_t pid, int pidfd)
{
	forget_begun(m);
	if (m->n == MADE_MAX) {
		close(m->all[0].pidfd);
		memmove(m->all, m->all + 1, --m->n * sizeof(*m->all));
	}
	m->all[m->n].pid = pid;
	m->all[m->n++].pidfd = pidfd;
}

static void run(struct made *m, const struct served *q, const struct starter_verb *v)
{
	struct starter_request r = request_of(q);
	struct message_answer a = {0};
	int pidfd;

	a.pid = fork_sibling(&pidfd);
	if (a.pid == 0) {
		reset_signals();
		close(SERVE_FD);
		close(q->fd);
		close_made(m);
		v->run(&r);
		_exit(127);
	}
	if (a.pid < 0) {
		cannot(q, v->name);
		return;
	}
	answer(q, &a, pidfd);
	note(m, a.pid, pidfd);
}

static void help(const struct served *q, const struct starter_verb *v)
{
	struct starter_request r = request_of(q);
	struct message_answer a = {0};
	int file = -1;

	a.rc = v->help(&r, &file, &a.e);
	answer(q, &a, file);
	if (file >= 0)
		close(file);
}

static void help_in_child(struct made *m, const struct served *q, const struct starter_verb *v)
{
	const pid_t pid = fork();

	if (pid < 0)
		cannot(q, v->name);
	if (pid != 0)
		return;
	prctl(PR_SET_NAME, "earlydom-help");
	reset_signals();
	close(SERVE_FD);
	close_made(m);
	help(q, v);
	_exit(0);
}

static void serve_one(struct made *m, int fd, const struct starter_verb *const *verbs,
		      size_t nr_verbs)
{
	struct served q = {.fd = fd};
	const bool whole = receive(&q);

	/* Who has asked has ended, and nobody would know of what is made. */
	if (is_readable(fd, POLLHUP)) {
		forget(&q);
		return;
	}
	if (!whole || q.first.head.verb >= nr_verbs) {
		errno = whole ? EINVAL : EBADMSG;
		cannot(&q, "take the request");
	} else if (verbs[q.first.head.verb]->run) {
		run(m, &q, verbs[q.first.head.verb]);
	} else if (verbs[q.first.head.verb]->itself) {
		help(&q, verbs[q.first.head.verb]);
	} else {
		help_in_child(m, &q, verbs[q.first.head.verb]);
	}
	forget(&q);
}

static _Noreturn void cannot_begin(const char *what)
{
	dprintf(STDERR_FILENO, "earlydom: the starter cannot begin: %s: %s\n", what,
		strerror(errno));
	_exit(1);
}

/* Of an attempt to take a request. */
static bool is_passing(int cause)
{
	return cause == EMSGSIZE || cause == ENOMEM || cause == ENOBUFS;
}

/* The supervisor has ended, and would have let them go on, or taken them for its own. */
static void end_unmade(struct made *m)
{
	forget_begun(m);
	for (size_t i = 0; i < m->n; i++)
		pidfd_kill(m->all[i].pidfd, SIGKILL);
}

_Noreturn void starter_serve(int fd, const struct starter_verb *const *verbs, size_t nr_verbs)
{
	sigset_t none_blocked;
	struct made made = {.n = 0};
	int request;
	ssize_t rc;
	size_t n;
	char none;

	prctl(PR_SET_NAME, NAME);
	/* Only one end of the connection ends it; children that help nobody waits for. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	/* The supervisor may have blocked some, for itself. */
	sigemptyset(&none_blocked);
	sigprocmask(SIG_SETMASK, &none_blocked, NULL);
	/* Neither it nor what it starts is special: a decoder must be one that can be ended. */
	if (!oom_score_set(OOM_SCORE_ORDINARY))
		cannot_begin("it would be spared when memory is out");
	if ((fd != SERVE_FD && dup3(fd, SERVE_FD, O_CLOEXEC) < 0) || close_files(SERVE_FD + 1) < 0)
		cannot_begin("its files");
	/* A request that can't be taken is its own error. */
	while ((rc = message_receive(SERVE_FD, &none, 1, &request, 1, &n)) != 0) {
		if (rc < 0 && !is_passing(errno))
			break;
		if (rc < 0 && n)
			close(request);
		if (rc > 0 && n)
			serve_one(&made, request, verbs, nr_verbs);
	}
	end_unmade(&made);
	_exit(0);
}
