/* The watch against a xenstored that says what it is told to, in whatever pieces. */
#include "builder/fake/kit.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/write_all.h"
#include "builder/fake/fake_store.h"
#include "builder/store/store_watch.h"
#include "builder/store/wire.h"

/* What xenstored answers, and its end of the connection. */
struct scene {
	int listener, peer;
	const char *answers;
	size_t len;
	pthread_t thread;
	char asked[256];
	ssize_t asked_len;
};

static void *serve(void *arg)
{
	struct scene *s = arg;

	s->peer = accept(s->listener, NULL, NULL);
	s->asked_len = recv(s->peer, s->asked, sizeof(s->asked), 0);
	write_all(s->peer, s->answers, s->len);
	return NULL;
}

/* The watch is one of the fake's connections, which the test has made a real one. */
static int open_watch(struct scene *s, struct store_watch *w, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int rc;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", kit_path("watch.socket"));
	unlink(a.sun_path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s->listener, 1), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	fake_reset();
	fake_store()->real_watch = a.sun_path;
	rc = store_watch_open(w, "/local/x", e);
	pthread_join(s->thread, NULL);
	close(s->listener);
	return rc;
}

static void put(char **p, uint32_t type, const char *body, uint32_t len)
{
	const struct xsd_sockmsg head = {.type = type, .len = len};

	memcpy(*p, &head, sizeof(head));
	memcpy(*p + sizeof(head), body, len);
	*p += sizeof(head) + len;
}

static void test_news(void **state)
{
	char text[1024], more[4096], *p = text, *q = more;
	struct scene s = {.answers = text};
	struct store_watch w;
	struct err e;

	(void)state;
	put(&p, XS_WATCH_EVENT, "/local/x\0", 10);
	put(&p, XS_WATCH, "OK", 3);
	s.len = (size_t)(p - text);
	KIT_CHECK(open_watch(&s, &w, &e) == 0, "%s", e.msg);
	/* The node and an empty token. */
	assert_int_equal(s.asked_len, sizeof(struct xsd_sockmsg) + 10);
	assert_memory_equal(s.asked + sizeof(struct xsd_sockmsg), "/local/x\0", 10);
	assert_int_equal(((struct xsd_sockmsg *)s.asked)->type, XS_WATCH);
	assert_int_equal(store_watch_take(&w), 0);
	for (int i = 0; i < 3; i++)
		put(&q, XS_WATCH_EVENT, "/local/x/y\0", 12);
	/* A byte at a time: each message counts when its head is whole. */
	for (char *at = more; at < q; at++) {
		const ptrdiff_t whole = (ptrdiff_t)sizeof(struct xsd_sockmsg) + 12;
		const bool head = (at - more) % whole == (ptrdiff_t)sizeof(struct xsd_sockmsg) - 1;

		assert_true(write_all(s.peer, at, 1));
		assert_int_equal(store_watch_take(&w), head);
	}
	assert_true(write_all(s.peer, more, (size_t)(q - more)));
	assert_int_equal(store_watch_take(&w), 3);
	close(s.peer);
	assert_int_equal(store_watch_take(&w), -1);
	store_watch_close(&w);
	store_watch_close(&w);
	assert_int_equal(w.fd, -1);
}

static void fails(const char *answers, size_t len, const char *want)
{
	struct scene s = {.answers = answers, .len = len};
	struct store_watch w;
	struct err e;

	assert_int_equal(open_watch(&s, &w, &e), -1);
	assert_string_equal(e.msg, want);
	assert_true(e.passing);
	assert_int_equal(w.fd, -1);
	close(s.peer);
}

static void test_refused(void **state)
{
	char text[64], *p = text;

	(void)state;
	put(&p, XS_ERROR, "E2BIG", 6);
	fails(text, (size_t)(p - text), "cannot watch /local/x in the store: xenstored refuses");
	/* One that says nothing at all. */
	fails(text, 0, "cannot watch /local/x in the store: xenstored does not answer for 2 s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
