/* The store's protocol against a xenstored that says what it is told to. */
#include "builder/fake/kit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "builder/store/wire.h"
#include "base/write_all.h"

/* The other end of the connection, and a real connection over a socket in the test's directory. */
struct scene {
	int fd, peer;
	struct err err;
};

static void open_scene(struct scene *s)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", kit_path("store.socket"));
	unlink(a.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	s->fd = wire_open(a.sun_path, &s->err);
	KIT_CHECK(s->fd >= 0, "%s", s->err.msg);
	s->peer = accept(listener, NULL, NULL);
	assert_true(s->peer >= 0);
	close(listener);
}

static void close_scene(struct scene *s)
{
	wire_close(s->fd);
	if (s->peer >= 0)
		close(s->peer);
}

/* Puts an answer on its way, before it is asked for. */
static void answer(struct scene *s, uint32_t type, uint32_t id, const char *body, uint32_t len)
{
	const struct xsd_sockmsg head = {.type = type, .req_id = id, .len = len};

	assert_true(write_all(s->peer, &head, sizeof(head)));
	assert_true(write_all(s->peer, body, len));
}

static void asked(struct scene *s, uint32_t type, uint32_t id, uint32_t t, const char *body,
		  size_t len)
{
	struct xsd_sockmsg head;
	char text[256];

	assert_int_equal(recv(s->peer, &head, sizeof(head), MSG_WAITALL), sizeof(head));
	assert_int_equal(head.type, type);
	assert_int_equal(head.req_id, id);
	assert_int_equal(head.tx_id, t);
	assert_int_equal(head.len, len);
	assert_int_equal(recv(s->peer, text, len, MSG_WAITALL), len);
	assert_memory_equal(text, body, len);
}

static struct wire_call call(enum xsd_sockmsg_type type, const char *body)
{
	return (struct wire_call){.type = type, .body = strdup(body), .len = strlen(body) + 1};
}

static void test_many(void **state)
{
	struct wire_call calls[] = {call(XS_READ, "/a"), call(XS_READ, "/b"), call(XS_RM, "/c"),
				    call(XS_WRITE, "/d")};
	struct scene s;

	(void)state;
	open_scene(&s);
	answer(&s, XS_READ, 0, "value", 5);
	answer(&s, XS_READ, 1, "", 0);
	answer(&s, XS_ERROR, 2, "ENOENT", 7);
	answer(&s, XS_ERROR, 3, "EODD", 5);
	KIT_CHECK(wire_talk(s.fd, 7, calls, 4, &s.err) == 0, "%s", s.err.msg);
	asked(&s, XS_READ, 0, 7, "/a", 3);
	asked(&s, XS_READ, 1, 7, "/b", 3);
	asked(&s, XS_RM, 2, 7, "/c", 3);
	asked(&s, XS_WRITE, 3, 7, "/d", 3);
	assert_int_equal(calls[0].error, 0);
	assert_int_equal(calls[0].reply_len, 5);
	assert_string_equal(calls[0].reply, "value");
	assert_int_equal(calls[1].error, 0);
	assert_string_equal(calls[1].reply, "");
	assert_int_equal(calls[2].error, ENOENT);
	assert_int_equal(calls[3].error, EINVAL);
	wire_free(calls, 4);
	close_scene(&s);
}

/* Answers that are read in several parts, with their heads and bodies anywhere in these. */
static void test_long(void **state)
{
	static char text[XENSTORE_PAYLOAD_MAX];
	struct wire_call calls[9];
	struct scene s;

	(void)state;
	open_scene(&s);
	for (size_t i = 0; i < 9; i++) {
		calls[i] = call(XS_READ, "/a");
		memset(text, (int)('a' + i), sizeof(text));
		answer(&s, XS_READ, (uint32_t)i, text, sizeof(text) - i);
	}
	KIT_CHECK(wire_talk(s.fd, 0, calls, 9, &s.err) == 0, "%s", s.err.msg);
	for (size_t i = 0; i < 9; i++) {
		memset(text, (int)('a' + i), sizeof(text));
		assert_int_equal(calls[i].reply_len, sizeof(text) - i);
		assert_memory_equal(calls[i].reply, text, sizeof(text) - i);
	}
	wire_free(calls, 9);
	close_scene(&s);
}

/* What a request says comes back as its answer, and the next one is not read before that has been
 * taken. */
static void *echo(void *arg)
{
	static char body[XENSTORE_PAYLOAD_MAX];
	const struct scene *s = arg;
	struct xsd_sockmsg head;

	while (recv(s->peer, &head, sizeof(head), MSG_WAITALL) == sizeof(head) &&
	       recv(s->peer, body, head.len, MSG_WAITALL) == (ssize_t)head.len &&
	       write_all(s->peer, &head, sizeof(head)) && write_all(s->peer, body, head.len))
		continue;
	return NULL;
}

#define MANY 1000

/* 4 MiB each way: sockets hold some 200 KiB, so both ends would wait for each other for ever. */
static void test_more_than_sockets_hold(void **state)
{
	struct wire_call *calls = test_calloc(MANY, sizeof(*calls));
	pthread_t peer;
	struct scene s;

	(void)state;
	open_scene(&s);
	for (size_t i = 0; i < MANY; i++) {
		calls[i] = (struct wire_call){.type = XS_WRITE, .len = XENSTORE_PAYLOAD_MAX - i};
		calls[i].body = malloc(calls[i].len);
		memset(calls[i].body, (int)i, calls[i].len);
	}
	assert_int_equal(pthread_create(&peer, NULL, echo, &s), 0);
	alarm(60);
	KIT_CHECK(wire_talk(s.fd, 0, calls, MANY, &s.err) == 0, "%s", s.err.msg);
	alarm(0);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(calls[i].error, 0);
		assert_int_equal(calls[i].reply_len, calls[i].len);
		assert_memory_equal(calls[i].reply, calls[i].body, calls[i].len);
	}
	wire_free(calls, MANY);
	test_free(calls);
	shutdown(s.fd, SHUT_RDWR);
	assert_int_equal(pthread_join(peer, NULL), 0);
	close_scene(&s);
}

#define FEW 100

/* An answer to what has not been asked yet is none: 400 KiB are not sent at once. */
static void test_too_early(void **state)
{
	struct wire_call *calls = test_calloc(FEW, sizeof(*calls));
	struct scene s;

	(void)state;
	open_scene(&s);
	for (size_t i = 0; i < FEW; i++) {
		calls[i] = (struct wire_call){.type = XS_WRITE, .len = XENSTORE_PAYLOAD_MAX};
		calls[i].body = calloc(1, calls[i].len);
		answer(&s, XS_WRITE, (uint32_t)i, "", 0);
	}
	assert_int_equal(wire_talk(s.fd, 0, calls, FEW, &s.err), -1);
	assert_string_equal(s.err.msg, "xenstored gave an answer that nobody asked for");
	wire_free(calls, FEW);
	test_free(calls);
	close_scene(&s);
}

static void test_transaction(void **state)
{
	struct scene s;
	uint32_t t = 0;
	int error = 0;

	(void)state;
	open_scene(&s);
	answer(&s, XS_TRANSACTION_START, 0, "4711", 5);
	assert_int_equal(wire_begin(s.fd, &t, &s.err), 0);
	assert_int_equal(t, 4711);
	answer(&s, XS_ERROR, 0, "EAGAIN", 7);
	assert_int_equal(wire_end(s.fd, t, false, &error, &s.err), 0);
	assert_int_equal(error, EAGAIN);
	answer(&s, XS_TRANSACTION_END, 0, "OK", 3);
	assert_int_equal(wire_end(s.fd, t, true, &error, &s.err), 0);
	assert_int_equal(error, 0);
	asked(&s, XS_TRANSACTION_START, 0, 0, "", 1);
	asked(&s, XS_TRANSACTION_END, 0, 4711, "T", 2);
	asked(&s, XS_TRANSACTION_END, 0, 4711, "F", 2);
	answer(&s, XS_ERROR, 0, "ENOSPC", 7);
	assert_int_equal(wire_begin(s.fd, &t, &s.err), -1);
	assert_string_equal(s.err.msg, "cannot begin a transaction of the store: No space left on "
				       "device");
	close_scene(&s);
}

static void fails(struct scene *s, const char *want)
{
	struct wire_call one = call(XS_READ, "/a");

	assert_int_equal(wire_talk(s->fd, 0, &one, 1, &s->err), -1);
	assert_string_equal(s->err.msg, want);
	wire_free(&one, 1);
	close_scene(s);
}

static void test_bad_answers(void **state)
{
	static const char odd[] = "xenstored gave an answer that is not understood";
	struct wire_call big = {.type = XS_WRITE, .len = XENSTORE_PAYLOAD_MAX + 1};
	struct scene s;

	(void)state;
	open_scene(&s);
	answer(&s, XS_READ, 1, "x", 1);
	fails(&s, odd);
	assert_true(s.err.passing);
	open_scene(&s);
	answer(&s, XS_WRITE, 0, "x", 1);
	fails(&s, odd);
	open_scene(&s);
	answer(&s, XS_READ, 0, "", 0);
	/* A length that is none, in the next answer. */
	{
		const struct xsd_sockmsg head = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};
		struct wire_call one = call(XS_READ, "/a");

		assert_int_equal(wire_talk(s.fd, 0, &one, 1, &s.err), 0);
		wire_free(&one, 1);
		assert_true(write_all(s.peer, &head, sizeof(head)));
	}
	fails(&s, odd);
	open_scene(&s);
	answer(&s, XS_READ, 0, "x", 1);
	answer(&s, XS_READ, 1, "y", 1);
	fails(&s, "xenstored gave an answer that nobody asked for");
	/* It is the connection that is broken: the next one may be good. */
	assert_true(s.err.passing);
	open_scene(&s);
	shutdown(s.peer, SHUT_WR);
	fails(&s, "cannot read from xenstored: it has closed the connection");
	assert_true(s.err.passing);
	open_scene(&s);
	close(s.peer);
	s.peer = -1;
	signal(SIGPIPE, SIG_IGN);
	fails(&s, "cannot write to xenstored: Broken pipe");
	assert_true(s.err.passing);
	open_scene(&s);
	assert_int_equal(wire_talk(s.fd, 0, &big, 1, &s.err), -1);
	assert_string_equal(s.err.msg, "a request of 4097 bytes is more than xenstored takes");
	close_scene(&s);
	assert_int_equal(wire_open("no/where", &s.err), -1);
	assert_string_equal(s.err.msg,
			    "cannot reach xenstored at no/where: No such file or directory");
}

/* A xenstored that stops in the middle of an answer, and one that takes no requests: neither is
 * waited for for ever, and each may be another one the next time. */
static void test_hangs(void **state)
{
	static const char quiet[] = "xenstored does not answer for 2 s";
	struct wire_call *calls = test_calloc(FEW, sizeof(*calls));
	const struct xsd_sockmsg head = {.type = XS_READ, .len = 5};
	struct scene s;

	(void)state;
	open_scene(&s);
	assert_true(write_all(s.peer, &head, sizeof(head)));
	fails(&s, quiet);
	assert_true(s.err.passing);

	open_scene(&s);
	for (size_t i = 0; i < FEW; i++) {
		calls[i] = (struct wire_call){.type = XS_WRITE, .len = XENSTORE_PAYLOAD_MAX};
		calls[i].body = calloc(1, calls[i].len);
	}
	assert_int_equal(wire_talk(s.fd, 0, calls, FEW, &s.err), -1);
	assert_string_equal(s.err.msg, quiet);
	wire_free(calls, FEW);
	test_free(calls);
	close_scene(&s);
}

/* One that is stopped: its socket takes no more connections. */
static void test_full(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fds[8], n;
	struct err e;

	(void)state;
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", kit_path("full.socket"));
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	for (n = 0; n < 8; n++) {
		fds[n] = wire_open(a.sun_path, &e);
		if (fds[n] < 0)
			break;
	}
	assert_in_range(n, 1, 7);
	assert_true(e.passing);
	while (n--)
		wire_close(fds[n]);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_more_than_sockets_hold),
		cmocka_unit_test(test_too_early),
		cmocka_unit_test(test_transaction),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
