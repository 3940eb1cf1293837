#include "starter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pidfd.h"
#include "base/write_all.h"
#include "starter_message.h"
#include "starter_serve.h"

int starter_begin(struct starter *s, const struct starter_verb *const *verbs, size_t nr_verbs,
		  struct err *e)
{
	int ends[2];
	pid_t pid;

	*s = (struct starter){.fd = -1, .verbs = verbs, .nr_verbs = nr_verbs};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_set_errno(e, errno, "cannot start the starter");
	pid = fork();
	if (pid == 0)
		starter_serve(ends[1], verbs, nr_verbs);
	close(ends[1]);
	if (pid < 0) {
		err_set_errno(e, errno, "cannot start the starter");
		close(ends[0]);
		return -1;
	}
	s->fd = ends[0];
	return 0;
}

void starter_close(struct starter *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* ---- the request ---- */

/* A long parcel, as a file in memory; -1 with errno set. */
static int parcel_file(const struct parcel *p)
{
	const int fd = memfd_create("parcel", MFD_CLOEXEC);

	if (fd < 0 || write_all(fd, p->data, p->n))
		return fd;
	close(fd);
	return -1;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Returns 0, or -1 with errno set. */
static int send_request(int fd, unsigned verb, const struct parcel *p, const int *files,
			size_t nr_files)
{
	const bool is_long = p->n > MESSAGE_INLINE_MAX;
	const struct message_head head = {verb, (uint32_t)nr_files, p->n};
	const int body = is_long ? parcel_file(p) : -1;
	size_t sent = 0, now = is_long ? 1 : least(nr_files, MESSAGE_FILES_MAX);
	ssize_t rc;

	if (is_long && body < 0)
		return -1;
	rc = message_send(fd, &head, sizeof(head), p->data, is_long ? 0 : p->n,
			  is_long ? &body : files, now);
	if (is_long)
		close(body);
	else
		sent = now;
	for (; rc >= 0 && sent < nr_files; sent += now) {
		now = least(nr_files - sent, MESSAGE_FILES_MAX);
		rc = message_send(fd, "", 1, NULL, 0, files + sent, now);
	}
	return rc < 0 ? -1 : 0;
}

static int find_verb(const struct starter *s, const struct starter_verb *v)
{
	for (size_t i = 0; i < s->nr_verbs; i++)
		if (s->verbs[i] == v)
			return (int)i;
	return -1;
}

static bool has_ended(const struct starter *s)
{
	struct pollfd p = {.fd = s->fd};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR);
}

static int cannot_ask(const struct starter *s, const struct starter_verb *v, struct err *e)
{
	if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
		return err_set_passing(e, "cannot %s: %s", v->name,
				       has_ended(s) ? "the starter has ended"
						    : "the process that does it has ended");
	return err_set_errno(e, errno, "cannot %s: cannot ask the starter", v->name);
}

/* Waits for it. Returns 0, or -1 with errno set. */
static int receive_answer(int fd, struct message_answer *a, int *file)
{
	size_t nr_files;
	ssize_t n;

	*file = -1;
	*a = (struct message_answer){.rc = -1};
	n = message_receive(fd, a, sizeof(*a), file, 1, &nr_files);
	if (n == sizeof(*a)) {
		a->e.msg[sizeof(a->e.msg) - 1] = '\0';
		return 0;
	}
	if (nr_files)
		close(*file);
	*file = -1;
	if (n >= 0) /* who should have answered has ended */
		errno = EPIPE;
	return -1;
}

/* Returns 0 with *a and *file set, or -1 with e set. */
static int ask(const struct starter *s, const struct starter_verb *v, const struct parcel *p,
	       const int *files, size_t nr_files, struct message_answer *a, int *file,
	       struct err *e)
{
	const int verb = find_verb(s, v);
	int ends[2], rc;

	if (verb < 0 || p->n > STARTER_PARCEL_MAX || nr_files > STARTER_FILES_MAX) {
		errno = EINVAL;
		return cannot_ask(s, v, e);
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return cannot_ask(s, v, e);
	rc = send_request(ends[0], (unsigned)verb, p, files, nr_files);
	if (rc == 0 && message_send(s->fd, "", 1, NULL, 0, &ends[1], 1) < 0)
		rc = -1;
	close(ends[1]);
	if (rc == 0)
		rc = receive_answer(ends[0], a, file);
	if (rc < 0)
		cannot_ask(s, v, e);
	close(ends[0]);
	return rc;
}

static struct starter_request request_of(const struct parcel *p, const int *files, size_t n)
{
	return (struct starter_request){{p->data, p->n, p->failed}, files, n};
}

/* ---- without a starter ---- */

static pid_t run_here(const struct starter_verb *v, const struct parcel *p, const int *files,
		      size_t nr_files, int *pidfd, struct err *e)
{
	struct starter_request r = request_of(p, files, nr_files);
	const pid_t pid = fork();

	if (pid == 0) {
		v->run(&r);
		_exit(127);
	}
	if (pid < 0)
		return err_set_errno(e, errno, "cannot %s", v->name);
	if (pidfd)
		*pidfd = pidfd_of(pid);
	return pid;
}

/* A process that was made, whose pidfd there was no room for: it is a child of this one. */
static void end_unknown(const struct message_answer *a)
{
	if (a->rc != 0 || a->pid <= 0 || kill(a->pid, SIGKILL) < 0)
		return;
	while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

pid_t starter_run(const struct starter *s, const struct starter_verb *v, const struct parcel *p,
		  const int *files, size_t nr_files, int *pidfd, struct err *e)
{
	struct message_answer a = {.rc = -1};
	int file;

	if (p->failed)
		return err_set_passing(e, "out of memory");
	if (!s)
		return run_here(v, p, files, nr_files, pidfd, e);
	if (ask(s, v, p, files, nr_files, &a, &file, e) < 0) {
		end_unknown(&a);
		return -1;
	}
	if (pidfd && a.rc == 0)
		*pidfd = file;
	else if (file >= 0)
		close(file);
	if (a.rc == 0)
		return a.pid;
	*e = a.e;
	return -1;
}

int starter_help(const struct starter *s, const struct starter_verb *v, const struct parcel *p,
		 const int *files, size_t nr_files, int *file, struct err *e)
{
	struct starter_request r = request_of(p, files, nr_files);
	struct message_answer a;
	int came = -1;

	if (file)
		*file = -1;
	if (p->failed)
		return err_set_passing(e, "out of memory");
	if (!s) {
		a.rc = v->help(&r, &came, e);
	} else {
		if (ask(s, v, p, files, nr_files, &a, &came, e) < 0)
			return -1;
		if (a.rc < 0)
			*e = a.e;
	}
	if (file)
		*file = came;
	else if (came >= 0)
		close(came);
	return a.rc < 0 ? -1 : 0;
}
