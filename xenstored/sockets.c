#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

/* So many clients that are gone leave their memory to the next ones. */
#define SPARE_MAX 4

struct client {
	struct client *next; /* among the spare ones */
	int fd;
	bool eof;        /* after what is in the buffer */
	int read_error;  /* the same, told once */
	int write_error; /* nothing more can be sent */
	uint64_t left;   /* bytes of the request that is being read */
	size_t in_begin, in_end;
	size_t out_len;
	char in[SOCKETS_IN];
	char out[SOCKETS_OUT];
};

_Static_assert(SOCKETS_IN >= 2 * (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX),
	       "half a request that is left must leave room");

static struct client *clients[SOCKETS_FDS]; /* by descriptor */
static struct client *spare;
static size_t nr_spare;
static unsigned int rounds; /* polls since the last one that asked the kernel */
static bool time_known;

static struct client *client_of(int fd)
{
	return fd >= 0 && fd < SOCKETS_FDS ? clients[fd] : NULL;
}

static struct client *new_client(int fd)
{
	struct client *c = spare;

	if (c) {
		spare = c->next;
		nr_spare--;
	} else {
		c = malloc(sizeof(*c));
	}
	if (!c)
		return NULL;
	memset(c, 0, offsetof(struct client, in));
	c->fd = fd;
	return c;
}

static void drop_client(struct client *c)
{
	clients[c->fd] = NULL;
	if (nr_spare == SPARE_MAX) {
		free(c);
		return;
	}
	c->next = spare;
	spare = c;
	nr_spare++;
}

static size_t buffered(const struct client *c)
{
	return c->in_end - c->in_begin;
}

/* Bytes of the request at the front of the buffer that are still to be read; 0: that is not known yet. */
static uint64_t request_left(const struct client *c)
{
	struct xsd_sockmsg head;

	if (c->left || buffered(c) < sizeof(head))
		return c->left;
	memcpy(&head, c->in + c->in_begin, sizeof(head));
	return sizeof(head) + (uint64_t)head.len;
}

/*
 * Is there a whole request, or the end of what will be read? A request that is longer than any may be is refused for
 * its header, and nothing can be added to a buffer that is full.
 */
static bool readable(const struct client *c)
{
	uint64_t left;

	if (c->eof || c->read_error || buffered(c) == SOCKETS_IN)
		return true;
	if (!buffered(c))
		return false;
	left = request_left(c);
	if (left > sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)
		left = 1;
	return left && buffered(c) >= left;
}

static void receive(struct client *c)
{
	ssize_t n;

	memmove(c->in, c->in + c->in_begin, buffered(c));
	c->in_end = buffered(c);
	c->in_begin = 0;
	n = recv(c->fd, c->in + c->in_end, SOCKETS_IN - c->in_end, MSG_DONTWAIT);
	if (n > 0)
		c->in_end += (size_t)n;
	else if (n == 0)
		c->eof = true;
	else if (errno != EAGAIN && errno != EINTR)
		c->read_error = errno;
}

static void flush(struct client *c)
{
	ssize_t n;

	if (!c->out_len)
		return;
	n = send(c->fd, c->out, c->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		c->write_error = errno;
		c->out_len = 0;
	}
	if (n <= 0)
		return;
	c->out_len -= (size_t)n;
	memmove(c->out, c->out + n, c->out_len);
}

int __wrap_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	const int new = __real_accept(fd, addr, len);

	if (new >= 0 && new < SOCKETS_FDS)
		clients[new] = new_client(new);
	return new;
}

/* What is in the buffer, without going past the end of a request: so it is known where the next one begins. */
static size_t take(struct client *c, void *data, size_t len)
{
	c->left = request_left(c);
	if (len > buffered(c))
		len = buffered(c);
	if (c->left && len > c->left)
		len = c->left;
	memcpy(data, c->in + c->in_begin, len);
	c->in_begin += len;
	c->left -= c->left ? len : 0;
	return len;
}

/* What is left to tell of a client that is gone: an error once, then the end. */
static ssize_t end_of(struct client *c)
{
	if (!c->read_error)
		return 0;
	errno = c->read_error;
	c->read_error = 0;
	return -1;
}

ssize_t __wrap_read(int fd, void *data, size_t len)
{
	struct client *c = client_of(fd);

	if (!c)
		return __real_read(fd, data, len);
	if (!len)
		return 0;
	if (buffered(c))
		return (ssize_t)take(c, data, len);
	if (c->eof || c->read_error)
		return end_of(c);
	/* poll did not say that there is anything: who reads now wants to wait. EAGAIN is the end for xenstored. */
	return __real_read(fd, data, len);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	struct client *c = client_of(fd);

	if (!c)
		return __real_write(fd, data, len);
	if (!len)
		return 0;
	if (len > SOCKETS_OUT - c->out_len)
		flush(c);
	if (len > SOCKETS_OUT - c->out_len)
		len = SOCKETS_OUT - c->out_len;
	if (c->write_error || !len) {
		errno = c->write_error ? c->write_error : EAGAIN;
		return -1;
	}
	memcpy(c->out + c->out_len, data, len);
	c->out_len += len;
	return (ssize_t)len;
}

int __wrap_close(int fd)
{
	struct client *c = client_of(fd);

	if (c) {
		flush(c);
		drop_client(c);
	}
	return __real_close(fd);
}

/* Of those that poll is asked for: what there is to tell without the kernel. */
static short own_events(const struct client *c, short asked)
{
	short events = c->write_error ? POLLERR : 0;

	if (readable(c))
		events |= asked & POLLIN;
	if (c->out_len < SOCKETS_OUT)
		events |= asked & POLLOUT;
	return events;
}

static int answer(struct pollfd *fds, nfds_t n)
{
	int ready = 0;
	nfds_t i;

	for (i = 0; i < n; i++) {
		const struct client *c = client_of(fds[i].fd);

		fds[i].revents = c ? own_events(c, fds[i].events) : 0;
		ready += fds[i].revents != 0;
	}
	return ready;
}

/*
 * What is left to send asks for room in the socket. That is POLLWRNORM, which in Linux comes with POLLOUT and which
 * xenstored never asks for: so what it did ask for needs not be remembered. Returns whether poll may wait.
 */
static bool prepare(struct pollfd *fds, nfds_t n)
{
	bool wait = true;
	nfds_t i;

	for (i = 0; i < n; i++) {
		struct client *c = client_of(fds[i].fd);

		if (!c)
			continue;
		flush(c);
		if (c->out_len)
			fds[i].events |= POLLWRNORM;
		wait = wait && !own_events(c, fds[i].events);
	}
	return wait;
}

static void settle(struct pollfd *p, struct client *c)
{
	const short told = p->revents;

	p->events &= ~POLLWRNORM;
	if (told & POLLWRNORM)
		flush(c);
	if ((told & POLLIN) && !readable(c))
		receive(c);
	p->revents = told & ~(POLLIN | POLLOUT | POLLWRNORM);
	p->revents |= own_events(c, p->events);
}

static int ask_kernel(struct pollfd *fds, nfds_t n, int timeout)
{
	const int error = __real_poll(fds, n, prepare(fds, n) ? timeout : 0) < 0 ? errno : 0;
	int ready = 0;
	nfds_t i;

	for (i = 0; i < n; i++) {
		struct client *c = client_of(fds[i].fd);

		if (c)
			settle(&fds[i], c);
		ready += fds[i].revents != 0;
	}
	if (!error)
		return ready;
	errno = error;
	return -1;
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	const int ready = answer(fds, n);

	if (ready && rounds < SOCKETS_ROUNDS) {
		rounds++;
		return ready;
	}
	rounds = 0;
	time_known = false;
	return ask_kernel(fds, n, timeout);
}

/* A few polls that did not wait make no difference to what xenstored limits by time. */
int __wrap_clock_gettime(clockid_t id, struct timespec *now)
{
	static struct timespec known;

	if (id != CLOCK_MONOTONIC)
		return __real_clock_gettime(id, now);
	if (!time_known && __real_clock_gettime(id, &known) < 0)
		return -1;
	time_known = true;
	*now = known;
	return 0;
}

static bool all_empty(void)
{
	bool empty = true;
	int fd;

	for (fd = 0; fd < SOCKETS_FDS; fd++) {
		struct client *c = clients[fd];

		if (!c)
			continue;
		flush(c);
		empty = empty && !c->out_len && !buffered(c);
	}
	return empty;
}

/* xenstored's memory of itself (lu_dump_open in Xen's tools/xenstore/xenstored_control.c). */
static bool is_dump(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && !strcmp(name, "/state_dump");
}

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if ((flags & O_CREAT) && is_dump(path) && !all_empty()) {
		errno = EAGAIN;
		return -1;
	}
	return __real_open(path, flags, mode);
}

int __wrap_execvp(const char *file, char *const argv[])
{
	if (!all_empty()) {
		errno = EAGAIN;
		return -1;
	}
	return __real_execvp(file, argv);
}
