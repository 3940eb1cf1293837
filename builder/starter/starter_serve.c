#include "starter_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/close_files.h"
#include "base/oom_score.h"
#include "starter_message.h"

#define SERVE_FD 3 /* where requests come from: behind the standard files, nothing else is open */

/* A request that has come. */
struct served {
	int fd; /* for the answer */
	struct {
		struct message_head head;
		char text[MESSAGE_INLINE_MAX];
	} first; /* message */
	const char *parcel;
	size_t mapped; /* of a parcel that is a file, bytes */
	int files[STARTER_FILES_MAX];
	size_t nr_files;
};

static void close_each(const int *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(files[i]);
}

/* A long parcel came as a file. */
static bool map_parcel(struct served *q)
{
	void *at;

	if (q->nr_files != 1 || q->first.head.size > STARTER_PARCEL_MAX)
		return false;
	at = mmap(NULL, q->first.head.size, PROT_READ, MAP_PRIVATE, q->files[0], 0);
	close(q->files[0]);
	q->nr_files = 0;
	if (at == MAP_FAILED)
		return false;
	q->parcel = at;
	q->mapped = q->first.head.size;
	return true;
}

/* Takes what is there: the caller has written all of it. */
static bool receive(struct served *q)
{
	const struct message_head *head = &q->first.head;
	size_t more;
	char none;
	ssize_t n = message_receive(q->fd, &q->first, sizeof(q->first), q->files, STARTER_FILES_MAX,
				    &q->nr_files);

	if (n < (ssize_t)sizeof(*head))
		return false;
	n -= (ssize_t)sizeof(*head);
	if (head->size > MESSAGE_INLINE_MAX) {
		if (!map_parcel(q))
			return false;
	} else {
		if ((uint64_t)n != head->size)
			return false;
		q->parcel = q->first.text;
	}
	if (head->nr_files > STARTER_FILES_MAX)
		return false;
	while (q->nr_files < head->nr_files) {
		if (message_receive(q->fd, &none, 1, q->files + q->nr_files,
				    head->nr_files - q->nr_files, &more) <= 0 ||
		    !more)
			return false;
		q->nr_files += more;
	}
	return q->nr_files == head->nr_files;
}

static void forget(struct served *q)
{
	close_each(q->files, q->nr_files);
	if (q->mapped)
		munmap((void *)(uintptr_t)q->parcel, q->mapped);
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

static void run(const struct served *q, const struct starter_verb *v)
{
	struct starter_request r = request_of(q);
	struct message_answer a = {0};
	int pidfd;

	a.pid = fork_sibling(&pidfd);
	if (a.pid == 0) {
		reset_signals();
		close(SERVE_FD);
		close(q->fd);
		v->run(&r);
		_exit(127);
	}
	if (a.pid < 0) {
		cannot(q, v->name);
		return;
	}
	answer(q, &a, pidfd);
	close(pidfd);
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

static void help_in_child(const struct served *q, const struct starter_verb *v)
{
	const pid_t pid = fork();

	if (pid < 0)
		cannot(q, v->name);
	if (pid != 0)
		return;
	prctl(PR_SET_NAME, "earlydom-help");
	reset_signals();
	close(SERVE_FD);
	help(q, v);
	_exit(0);
}

static void serve_one(int fd, const struct starter_verb *const *verbs, size_t nr_verbs)
{
	struct served q = {.fd = fd};
	const bool whole = receive(&q);

	if (!whole || q.first.head.verb >= nr_verbs) {
		errno = whole ? EINVAL : EBADMSG;
		cannot(&q, "take the request");
	} else if (verbs[q.first.head.verb]->run) {
		run(&q, verbs[q.first.head.verb]);
	} else if (verbs[q.first.head.verb]->itself) {
		help(&q, verbs[q.first.head.verb]);
	} else {
		help_in_child(&q, verbs[q.first.head.verb]);
	}
	forget(&q);
}

_Noreturn void starter_serve(int fd, const struct starter_verb *const *verbs, size_t nr_verbs)
{
	sigset_t none_blocked;
	int request;
	size_t n;
	char none;

	prctl(PR_SET_NAME, "earlydom-start");
	/* Only one end of the connection ends it; children that help nobody waits for. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	/* The supervisor may have blocked some, for itself. */
	sigemptyset(&none_blocked);
	sigprocmask(SIG_SETMASK, &none_blocked, NULL);
	/* Neither it nor what it starts is special: a decoder must be one that can be ended. */
	if (!oom_score_set(OOM_SCORE_ORDINARY))
		_exit(1);
	if ((fd != SERVE_FD && dup3(fd, SERVE_FD, O_CLOEXEC) < 0) || close_files(SERVE_FD + 1) < 0)
		_exit(1);
	while (message_receive(SERVE_FD, &none, 1, &request, 1, &n) > 0)
		if (n)
			serve_one(request, verbs, nr_verbs);
	_exit(0);
}
