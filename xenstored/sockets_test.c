/*
 * Linked as xenstored is: read, write, poll and the others are those of sockets.c here. A client's end of a connection
 * has no buffers, because it comes from socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "sockets.h"

#define HEAD    sizeof(struct xsd_sockmsg)
#define LONGEST (HEAD + XENSTORE_PAYLOAD_MAX)

static int listener;

struct pair {
	int near; /* xenstored's */
	int far;
};

static struct sockaddr_un address(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "sockets_test.%d", (int)getpid());
	return a;
}

static int start(void **state)
{
	const struct sockaddr_un a = address();

	(void)state;
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 10), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	return close(listener);
}

static int dial(void)
{
	const struct sockaddr_un a = address();
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static struct pair connected(void)
{
	const int far = dial();
	const struct pair p = {accept(listener, NULL, NULL), far};

	assert_true(p.near >= 0);
	return p;
}

static void hang_up(struct pair p)
{
	close(p.near);
	close(p.far);
}

/* A request with a body of len bytes, each of which is mark; returns its length. */
static size_t request(char *to, size_t len, char mark)
{
	const struct xsd_sockmsg head = {.type = XS_WRITE, .len = (uint32_t)len};

	memcpy(to, &head, HEAD);
	memset(to + HEAD, mark, len);
	return HEAD + len;
}

static void send_all(int fd, const char *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

static void send_request(int fd, size_t len, char mark)
{
	char m[LONGEST];

	send_all(fd, m, request(m, len, mark));
}

/* As xenstored reads it. */
static void expect_request(int fd, size_t len, char mark)
{
	char body[XENSTORE_PAYLOAD_MAX];
	struct xsd_sockmsg head;
	size_t i;

	assert_int_equal(read(fd, &head, HEAD), HEAD);
	assert_int_equal(head.len, len);
	assert_int_equal(read(fd, body, len), len);
	for (i = 0; i < len; i++)
		assert_int_equal(body[i], mark);
}

/* What poll says about one descriptor; it does not change what it was asked for. */
static short polled(int fd, short events, int timeout)
{
	struct pollfd p = {.fd = fd, .events = events, .revents = 0x7fff};
	const int n = poll(&p, 1, timeout);

	assert_int_equal(p.events, events);
	assert_int_equal(n, p.revents != 0);
	return p.revents;
}

static short in(int fd)
{
	return polled(fd, POLLIN | POLLPRI, 0);
}

static short out(int fd)
{
	return polled(fd, POLLOUT, 0);
}

static int in_kernel(int fd)
{
	int n = -1;

	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	return n;
}

static void test_reads_ahead(void **state)
{
	const struct pair p = connected();
	char i;

	(void)state;
	assert_int_equal(in(p.near), 0);
	for (i = 'a'; i < 'e'; i++)
		send_request(p.far, (size_t)(i - 'a') * 10, i);
	for (i = 'a'; i < 'e'; i++) {
		assert_int_equal(in(p.near), POLLIN);
		assert_int_equal(in_kernel(p.near), 0);
		expect_request(p.near, (size_t)(i - 'a') * 10, i);
	}
	assert_int_equal(in(p.near), 0);
	hang_up(p);
}

/* Who sends half of something is not heard, a byte at a time or otherwise. */
static void test_half_a_request(void **state)
{
	const struct pair p = connected();
	char m[LONGEST];
	const size_t len = request(m, 30, 'x');
	size_t i;

	(void)state;
	for (i = 0; i < len; i++) {
		assert_int_equal(in(p.near), 0);
		send_all(p.far, m + i, 1);
	}
	assert_int_equal(in(p.near), POLLIN);
	send_all(p.far, m, HEAD + 10);
	expect_request(p.near, 30, 'x');
	assert_int_equal(in(p.near), 0);
	assert_int_equal(in_kernel(p.near), 0);
	send_all(p.far, m + HEAD + 10, 20);
	assert_int_equal(in(p.near), POLLIN);
	expect_request(p.near, 30, 'x');
	hang_up(p);
}

/* However much of a request is read, the next one begins where it ends. */
static void test_read_ends_with_request(void **state)
{
	const struct pair p = connected();
	char m[LONGEST];
	size_t i;

	(void)state;
	send_request(p.far, 100, 'a');
	send_request(p.far, 50, 'b');
	send_request(p.far, 20, 'c');
	assert_int_equal(in(p.near), POLLIN);
	assert_int_equal(read(p.near, m, 0), 0);
	assert_int_equal(read(p.near, m, sizeof(m)), HEAD + 100);
	for (i = 0; i < HEAD + 50; i++) {
		assert_int_equal(in(p.near), POLLIN);
		assert_int_equal(read(p.near, m, 1), 1);
	}
	expect_request(p.near, 20, 'c');
	assert_int_equal(in(p.near), 0);
	hang_up(p);
}

static void test_too_long(void **state)
{
	struct xsd_sockmsg head = {.len = XENSTORE_PAYLOAD_MAX};
	struct pair p = connected();

	(void)state;
	send_all(p.far, (char *)&head, HEAD);
	assert_int_equal(in(p.near), 0);
	hang_up(p);
	for (head.len = XENSTORE_PAYLOAD_MAX + 1; head.len;
	     head.len = head.len < 5000 ? UINT32_MAX : 0) {
		p = connected();
		send_all(p.far, (char *)&head, HEAD);
		assert_int_equal(in(p.near), POLLIN);
		assert_int_equal(read(p.near, &head, HEAD), HEAD);
		assert_int_equal(in(p.near), 0);
		hang_up(p);
	}
}

/* More than the buffer holds, of which the last request is there in part. */
static void test_longer_than_buffer(void **state)
{
	const struct pair p = connected();
	char i;

	(void)state;
	for (i = 'a'; i < 'a' + 20; i++)
		send_request(p.far, XENSTORE_PAYLOAD_MAX, i);
	for (i = 'a'; i < 'a' + 20; i++) {
		assert_int_equal(in(p.near), POLLIN);
		expect_request(p.near, XENSTORE_PAYLOAD_MAX, i);
	}
	assert_int_equal(in(p.near), 0);
	hang_up(p);
}

static void test_end(void **state)
{
	const struct pair p = connected();
	char m[LONGEST];
	int n;

	(void)state;
	send_request(p.far, 10, 'a');
	send_all(p.far, m, request(m, 10, 'b') - 3);
	assert_int_equal(shutdown(p.far, SHUT_WR), 0);
	assert_int_equal(in(p.near), POLLIN);
	expect_request(p.near, 10, 'a');
	assert_int_equal(in(p.near), POLLIN);
	assert_int_equal(read(p.near, m, HEAD), HEAD);
	assert_int_equal(in(p.near), POLLIN);
	assert_int_equal(read(p.near, m, 10), 7);
	assert_int_equal(in(p.near), POLLIN);
	assert_int_equal(read(p.near, m, 3), 0);
	assert_int_equal(in(p.near), POLLIN);
	assert_int_equal(read(p.near, m, 3), 0);
	/* It can still be answered. */
	assert_int_equal(write(p.near, "yes", 3), 3);
	for (n = 0; n <= SOCKETS_ROUNDS && !in_kernel(p.far); n++)
		assert_int_equal(in(p.near), POLLIN);
	assert_int_equal(in_kernel(p.far), 3);
	hang_up(p);
}

/* A client that closes is told at the latest when the kernel is asked; what it had sent can be read. */
static void test_hang_up(void **state)
{
	const struct pair p = connected();
	int n;

	(void)state;
	for (n = 0; n < 3; n++)
		send_request(p.far, 10, 'a');
	assert_int_equal(in(p.near), POLLIN);
	close(p.far);
	for (n = 0; in(p.near) == POLLIN; n++)
		assert_true(n < SOCKETS_ROUNDS);
	assert_int_equal(in(p.near), POLLIN);
	for (n = 0; n < 3; n++)
		expect_request(p.near, 10, 'a');
	assert_int_equal(in(p.near), POLLIN | POLLHUP);
	assert_int_equal(read(p.near, &n, sizeof(n)), 0);
	close(p.near);
}

/* Who closes before it has read everything is reset, after what it had sent. */
static void test_reset(void **state)
{
	const struct pair p = connected();
	char m[HEAD];

	(void)state;
	assert_int_equal(write(p.near, "unread", 6), 6);
	assert_int_equal(in(p.near), 0);
	send_request(p.far, 10, 'a');
	close(p.far);
	assert_int_equal(in(p.near) & POLLIN, POLLIN);
	expect_request(p.near, 10, 'a');
	assert_int_equal(in(p.near) & POLLIN, POLLIN);
	errno = 0;
	assert_int_equal(read(p.near, m, HEAD), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(in(p.near) & POLLIN, POLLIN);
	assert_int_equal(read(p.near, m, HEAD), 0);
	close(p.near);
}

static void test_sends_before_it_waits(void **state)
{
	const struct pair p = connected();
	char m[20];

	(void)state;
	assert_int_equal(write(p.near, "header, ", 8), 8);
	assert_int_equal(write(p.near, "", 0), 0);
	assert_int_equal(write(p.near, "body", 4), 4);
	assert_int_equal(recv(p.far, m, sizeof(m), MSG_DONTWAIT), -1);
	/* From memory. */
	assert_int_equal(out(p.near), POLLOUT);
	assert_int_equal(recv(p.far, m, sizeof(m), MSG_DONTWAIT), -1);
	assert_int_equal(in(p.near), 0);
	assert_int_equal(recv(p.far, m, sizeof(m), MSG_DONTWAIT), 12);
	assert_memory_equal(m, "header, body", 12);
	hang_up(p);
}

/* Bytes of a row without end, so that none can be missing. */
static void row(char *to, size_t from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = (char)((from + i) % 251);
}

/* Writes until there is no more room, as xenstored does: never more than poll says. */
static size_t fill_up(int fd, size_t sent)
{
	char m[1000];

	while (out(fd) == POLLOUT) {
		ssize_t n;

		row(m, sent, sizeof(m));
		n = write(fd, m, sizeof(m));
		assert_true(n > 0 && n <= (ssize_t)sizeof(m));
		sent += (size_t)n;
		assert_true(sent < 1 << 24);
	}
	errno = 0;
	assert_int_equal(write(fd, m, sizeof(m)), -1);
	assert_int_equal(errno, EAGAIN);
	return sent;
}

static size_t drain(int fd, size_t received)
{
	char m[3000], should[3000];
	ssize_t n;

	while ((n = recv(fd, m, sizeof(m), MSG_DONTWAIT)) > 0) {
		row(should, received, (size_t)n);
		assert_memory_equal(m, should, n);
		received += (size_t)n;
	}
	return received;
}

static void test_client_that_does_not_read(void **state)
{
	const struct pair p = connected(), other = connected();
	struct pollfd both[] = {{.fd = p.near, .events = POLLIN},
				{.fd = other.near, .events = POLLIN | POLLOUT}};
	size_t sent = fill_up(p.near, 0), received;

	(void)state;
	assert_true(sent > SOCKETS_OUT);
	assert_int_equal(out(p.near), 0);
	send_request(p.far, 5, 'a');
	assert_int_equal(in(p.near), POLLIN);
	expect_request(p.near, 5, 'a');
	assert_int_equal(poll(both, 2, -1), 1);
	assert_int_equal(both[0].revents, 0);
	assert_int_equal(both[1].revents, POLLOUT);

	/* There is room in the kernel: what was left goes, and nobody is told who did not ask. */
	received = drain(p.far, 0);
	assert_int_equal(received + SOCKETS_OUT, sent);
	assert_int_equal(polled(p.near, POLLIN, 0), 0);
	assert_int_equal(drain(p.far, received), sent);
	assert_int_equal(out(p.near), POLLOUT);
	received = sent;
	sent = fill_up(p.near, sent);
	assert_int_equal(drain(p.far, received) + SOCKETS_OUT, sent);
	hang_up(other);
	hang_up(p);
}

/* poll wakes up when a client that had not read does so. */
static void test_wakes_for_room(void **state)
{
	const struct pair p = connected();
	const size_t sent = fill_up(p.near, 0);
	size_t left = sent - SOCKETS_OUT;
	char m[4096];
	pid_t child;

	(void)state;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		usleep(100000);
		while (left)
			left -= (size_t)recv(p.far, m, left < sizeof(m) ? left : sizeof(m), 0);
		_exit(0);
	}
	alarm(20);
	assert_int_equal(polled(p.near, POLLIN, -1), 0);
	alarm(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(in_kernel(p.far), SOCKETS_OUT);
	assert_int_equal(drain(p.far, sent - SOCKETS_OUT), sent);
	hang_up(p);
}

/* What the kernel takes in part goes on where that ends. */
static void test_little_room(void **state)
{
	const struct pair p = connected();
	size_t sent, received = 0;
	const int size = 1;

	(void)state;
	assert_int_equal(setsockopt(p.near, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	sent = fill_up(p.near, 0);
	while (received < sent) {
		received = drain(p.far, received);
		in(p.near);
	}
	assert_int_equal(received, sent);
	hang_up(p);
}

static void test_write_larger_than_buffer(void **state)
{
	const struct pair p = connected();
	static char m[3 * SOCKETS_OUT];

	(void)state;
	row(m, 0, sizeof(m));
	assert_int_equal(write(p.near, m, 100), 100);
	assert_int_equal(write(p.near, m + 100, sizeof(m) - 100), SOCKETS_OUT);
	assert_int_equal(drain(p.far, 0), 100);
	in(p.near);
	assert_int_equal(drain(p.far, 100), 100 + SOCKETS_OUT);
	hang_up(p);
}

/* There is no signal, whose default would end this. */
static void test_client_that_is_gone(void **state)
{
	struct pair p = connected();

	(void)state;
	close(p.far);
	assert_int_equal(write(p.near, "x", 1), 1);
	assert_int_equal(in(p.near) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
	errno = 0;
	assert_int_equal(write(p.near, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(p.near);

	/* One that reads no more, of which poll itself says nothing. */
	p = connected();
	assert_int_equal(shutdown(p.far, SHUT_RD), 0);
	assert_int_equal(write(p.near, "x", 1), 1);
	assert_int_equal(polled(p.near, POLLIN, -1), POLLERR);
	assert_int_equal(write(p.near, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	hang_up(p);
}

static void test_close_sends(void **state)
{
	const struct pair p = connected();
	char m[10];

	(void)state;
	assert_int_equal(write(p.near, "bye", 3), 3);
	assert_int_equal(close(p.near), 0);
	assert_int_equal(read(p.far, m, sizeof(m)), 3);
	assert_int_equal(read(p.far, m, sizeof(m)), 0);
	close(p.far);
}

/* More of them than leave their memory to others, each in another state. */
static void leave_in_every_state(struct pair *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		p[i] = connected();
		send_request(p[i].far, 100, 'a');
		send_request(p[i].far, 100, 'a');
		in(p[i].near);
		if (i % 4 == 1)
			fill_up(p[i].near, 0);
		if (i % 4 == 2)
			expect_request(p[i].near, 100, 'a');
		close(p[i].far);
		if (i % 4 == 3)
			write(p[i].near, "x", 1);
		while (in(p[i].near) == POLLIN)
			;
	}
	for (i = 0; i < n; i++)
		close(p[i].near);
}

static void test_descriptor_again(void **state)
{
	struct pair p[11];
	int ends[2];
	size_t i;
	char c;

	(void)state;
	leave_in_every_state(p, 11);
	/* For something else. */
	assert_int_equal(pipe(ends), 0);
	assert_true(ends[1] < p[10].near);
	assert_int_equal(in(ends[0]), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(ends[0], &c, 1), 1);
	close(ends[0]);
	close(ends[1]);
	for (i = 0; i < 11; i++)
		p[i] = connected();
	for (i = 0; i < 11; i++) {
		assert_int_equal(in(p[i].near), 0);
		assert_int_equal(write(p[i].near, "new", 3), 3);
		assert_int_equal(in(p[i].near), 0);
		assert_int_equal(recv(p[i].far, p, 0, MSG_DONTWAIT), 0);
		assert_int_equal(in_kernel(p[i].far), 3);
		send_request(p[i].far, 10, 'z');
		assert_int_equal(in(p[i].near), POLLIN);
		expect_request(p[i].near, 10, 'z');
	}
	for (i = 0; i < 11; i++)
		hang_up(p[i]);
}

/* One client after the other: their memory is not mapped and cleared for each. */
static void test_memory_again(void **state)
{
	struct rusage before, after;
	int i;

	(void)state;
	for (i = 0; i < 1001; i++) {
		const struct pair p = connected();

		if (i == 1)
			assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
		send_request(p.far, 10, 'a');
		assert_int_equal(in(p.near), POLLIN);
		assert_int_equal(write(p.near, "x", 1), 1);
		hang_up(p);
	}
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_minflt < before.ru_minflt + 100);
}

/* KiB of this process in memory. */
static long resident(void)
{
	long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &size, &pages), 2);
	fclose(f);
	return pages * 4;
}

/* But not that of as many as there ever were. AddressSanitizer gives nothing back. */
static void test_memory_given_back(void **state)
{
	const long before = resident();
	static struct pair p[200];
	long full;
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		p[i] = connected();
		fill_up(p[i].near, 0);
	}
	full = resident();
	for (i = 0; i < 200; i++)
		hang_up(p[i]);
	assert_true(full > before + 100 * SOCKETS_OUT / 1024);
#ifndef __SANITIZE_ADDRESS__
	assert_true(resident() < before + 300);
#endif
}

static void test_others_are_left_alone(void **state)
{
	int pair[2], ends[2];
	char m[100];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(pair[0], "half a header", 13), 13);
	assert_int_equal(in(pair[1]), POLLIN);
	assert_int_equal(read(pair[1], m, 6), 6);
	assert_int_equal(in_kernel(pair[1]), 7);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(in(ends[0]), POLLIN);
	assert_int_equal(read(ends[0], m, sizeof(m)), 1);
	assert_int_equal(in(listener), 0);
	close(dial());
	assert_int_equal(in(listener), POLLIN);
	close(accept(listener, NULL, NULL));
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(in(pair[1]), POLLIN | POLLHUP);
	close(pair[1]);
	close(ends[0]);
	close(ends[1]);
	errno = 0;
	assert_int_equal(close(-1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(read(-1, m, 1), -1);
	assert_int_equal(write(1 << 20, m, 1), -1);
}

/* A descriptor that has no place in the table is used as it is. */
static void test_many_descriptors(void **state)
{
	const struct rlimit enough = {2 * SOCKETS_FDS, 2 * SOCKETS_FDS};
	static int used[SOCKETS_FDS];
	struct rlimit r;
	struct pair p;
	size_t n = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	if (r.rlim_max < enough.rlim_max)
		skip();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){enough.rlim_cur, r.rlim_max}),
			 0);
	do
		used[n] = open("/dev/null", O_RDONLY);
	while (used[n++] < SOCKETS_FDS - 2);
	p = connected();
	assert_int_equal(p.near, SOCKETS_FDS);
	assert_int_equal(write(p.near, "x", 1), 1);
	assert_int_equal(in_kernel(p.far), 1);
	send_all(p.far, "y", 1);
	assert_int_equal(in(p.near), POLLIN);
	hang_up(p);
	while (n)
		close(used[--n]);
}

/* One that has sent a lot keeps nobody else waiting for long; nor does it wait itself. */
static void test_fair(void **state)
{
	const struct pair busy = connected(), late = connected();
	int ends[2], ready, n, i;
	struct pollfd p[] = {
		{.fd = busy.near, .events = POLLIN}, {.fd = late.near, .events = POLLIN},
		{.fd = listener, .events = POLLIN},  {.fd = -1, .events = POLLIN},
		{.fd = -1, .events = POLLIN},
	};

	(void)state;
	assert_int_equal(pipe(ends), 0);
	p[4].fd = ends[0];
	for (i = 0; i < 200; i++)
		send_request(busy.far, 10, 'b');
	assert_int_equal(poll(p, 5, -1), 1);
	send_request(late.far, 10, 'l');
	assert_int_equal(write(ends[1], "x", 1), 1);
	for (n = 0; n < 200 && p[0].revents == POLLIN && !p[1].revents; n++) {
		expect_request(busy.near, 10, 'b');
		for (i = 0; i < 5; i++)
			p[i].revents = 0x7fff;
		ready = poll(p, 5, -1);
		assert_int_equal(ready, p[1].revents ? 3 : 1);
		assert_int_equal(p[2].revents, 0);
		assert_int_equal(p[3].revents, 0);
		assert_int_equal(p[4].revents, p[1].revents);
	}
	assert_int_equal(n, SOCKETS_ROUNDS + 1);
	assert_int_equal(p[0].revents, POLLIN);
	assert_int_equal(p[1].revents, POLLIN);
	expect_request(late.near, 10, 'l');
	close(ends[0]);
	close(ends[1]);
	hang_up(busy);
	hang_up(late);
}

/* Nor does it keep answers from those who wait for them. */
static void test_answers_are_not_kept(void **state)
{
	const struct pair busy = connected(), waits = connected();
	struct pollfd p[] = {{.fd = busy.near, .events = POLLIN},
			     {.fd = waits.near, .events = POLLIN}};
	int n;

	(void)state;
	for (n = 0; n < 200; n++)
		send_request(busy.far, 10, 'b');
	assert_int_equal(poll(p, 2, -1), 1);
	assert_int_equal(write(waits.near, "answer", 6), 6);
	for (n = 0; n <= SOCKETS_ROUNDS && !in_kernel(waits.far); n++)
		assert_int_equal(poll(p, 2, -1), 1);
	assert_int_equal(in_kernel(waits.far), 6);
	hang_up(busy);
	hang_up(waits);
}

static void nothing(int number)
{
	(void)number;
}

static void test_interrupted(void **state)
{
	const struct sigaction act = {.sa_handler = nothing};
	const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
	const struct pair p = connected();
	struct pollfd fd = {.fd = p.near, .events = POLLIN};

	(void)state;
	fill_up(p.near, 0);
	assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	errno = 0;
	assert_int_equal(poll(&fd, 1, -1), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(fd.events, POLLIN);
	assert_int_equal(fd.revents, 0);
	signal(SIGALRM, SIG_DFL);
	hang_up(p);
}

static void test_time_out(void **state)
{
	const struct pair p = connected();
	struct timespec before, after;

	(void)state;
	in(p.near);
	assert_int_equal(write(p.near, "x", 1), 1);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(polled(p.near, POLLIN, 50), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000 +
			    (after.tv_nsec - before.tv_nsec) / 1000000 >=
		    49);
	hang_up(p);
}

static bool same(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static void test_clock(void **state)
{
	const struct pair p = connected();
	struct timespec first, next, real[2];

	(void)state;
	in(p.near);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &first), 0);
	clock_gettime(CLOCK_REALTIME, &real[0]);
	usleep(1000);
	assert_int_equal(out(p.near), POLLOUT);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &next), 0);
	assert_true(same(first, next));
	clock_gettime(CLOCK_REALTIME, &real[1]);
	assert_false(same(real[0], real[1]));
	in(p.near);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &next), 0);
	assert_true(next.tv_sec > first.tv_sec || next.tv_nsec > first.tv_nsec);
	errno = 0;
	assert_int_equal(clock_gettime(-1, &next), -1);
	assert_int_equal(errno, EINVAL);
	hang_up(p);
}

/* Whether the program that executes another one could do it, and would have written its memory down before. */
static bool replaceable(void)
{
	char *const argv[] = {"no-such-program", NULL};
	const int fd = open("/tmp/sockets_test.dir/state_dump", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	const int error = errno;

	assert_int_equal(fd, -1);
	errno = 0;
	assert_int_equal(execvp(argv[0], argv), -1);
	assert_int_equal(errno == ENOENT, error == ENOENT);
	assert_true(errno == ENOENT || errno == EAGAIN);
	return errno == ENOENT;
}

static void test_open(void **state)
{
	char name[] = "/tmp/sockets_test.XXXXXX";
	struct stat st;
	int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(name), 0);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0640);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0700, 0600);
	close(fd);
	fd = open(name, O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(name), 0);
}

static void test_replaced(void **state)
{
	const struct pair p = connected();
	size_t sent;
	int fd;

	(void)state;
	assert_true(replaceable());
	send_request(p.far, 10, 'a');
	assert_int_equal(in(p.near), POLLIN);
	assert_false(replaceable());
	errno = 0;
	assert_int_equal(open("/tmp/sockets_test.dir/state_dump", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	fd = open("/dev/null", O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	expect_request(p.near, 10, 'a');
	assert_true(replaceable());
	assert_int_equal(write(p.near, "last words", 10), 10);
	assert_true(replaceable());
	assert_int_equal(in_kernel(p.far), 10);
	assert_int_equal(read(p.far, &(char[10]){0}, 10), 10);
	sent = fill_up(p.near, 0);
	assert_false(replaceable());
	assert_int_equal(drain(p.far, 0) + SOCKETS_OUT, sent);
	assert_true(replaceable());
	hang_up(p);
}

/* Sends back what it gets, as xenstored would: one request of each connection a round. */
struct server {
	char m[LONGEST];
	size_t len, sent;
};

static void serve(struct server *s, const struct pollfd *p)
{
	ssize_t n;

	if ((p->revents & POLLIN) && !s->len) {
		struct xsd_sockmsg head;

		assert_int_equal(read(p->fd, s->m, HEAD), HEAD);
		memcpy(&head, s->m, HEAD);
		assert_int_equal(read(p->fd, s->m + HEAD, head.len), head.len);
		s->len = HEAD + head.len;
		s->sent = 0;
	}
	if (!(p->revents & POLLOUT) || !s->len)
		return;
	n = write(p->fd, s->m + s->sent, s->len - s->sent);
	assert_true(n > 0);
	s->sent += (size_t)n;
	if (s->sent == s->len)
		s->len = 0;
}

/* Sends requests in pieces, and knows what has to come back. */
struct customer {
	int fd;
	char m[1 << 20];
	size_t len, sent, received;
};

static void act(struct customer *c, uint32_t random)
{
	char m[5000];
	ssize_t n;

	if (random % 2 && c->len - c->sent > 0) {
		const size_t left = c->len - c->sent, piece = random % 7000 + 1;

		n = send(c->fd, c->m + c->sent, left < piece ? left : piece, MSG_DONTWAIT);
		c->sent += n > 0 ? (size_t)n : 0;
	}
	if (random % 5 > 1)
		return;
	n = recv(c->fd, m, random % 5000 + 1, MSG_DONTWAIT);
	if (n <= 0)
		return;
	assert_true((size_t)n <= c->sent - c->received);
	assert_memory_equal(m, c->m + c->received, n);
	c->received += (size_t)n;
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void test_any_order(void **state)
{
	enum { N = 3 };
	static struct customer c[N];
	static struct server s[N];
	struct pollfd p[N];
	size_t i, left = 1;
	uint32_t seed = 4;

	(void)state;
	for (i = 0; i < N; i++) {
		const struct pair pair = connected();

		c[i].fd = pair.far;
		p[i] = (struct pollfd){.fd = pair.near, .events = POLLIN};
		while (c[i].len < sizeof(c[i].m) - LONGEST)
			c[i].len +=
				request(c[i].m + c[i].len, next_random(&seed) % (i ? 100 : 4097),
					(char)next_random(&seed));
	}
	while (left) {
		for (i = left = 0; i < N; i++) {
			act(&c[i], next_random(&seed));
			left += c[i].len - c[i].received;
			p[i].events = s[i].len ? POLLIN | POLLOUT : POLLIN;
		}
		assert_true(poll(p, N, 0) >= 0);
		for (i = 0; i < N; i++)
			serve(&s[i], &p[i]);
	}
	for (i = 0; i < N; i++)
		hang_up((struct pair){p[i].fd, c[i].fd});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_ahead),
		cmocka_unit_test(test_half_a_request),
		cmocka_unit_test(test_read_ends_with_request),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_longer_than_buffer),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_sends_before_it_waits),
		cmocka_unit_test(test_client_that_does_not_read),
		cmocka_unit_test(test_wakes_for_room),
		cmocka_unit_test(test_little_room),
		cmocka_unit_test(test_write_larger_than_buffer),
		cmocka_unit_test(test_client_that_is_gone),
		cmocka_unit_test(test_close_sends),
		cmocka_unit_test(test_descriptor_again),
		cmocka_unit_test(test_memory_again),
		cmocka_unit_test(test_memory_given_back),
		cmocka_unit_test(test_others_are_left_alone),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_fair),
		cmocka_unit_test(test_answers_are_not_kept),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_time_out),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
