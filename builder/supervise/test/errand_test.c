/* Errands: each comes back, one that hangs keeps no other from that, and the end waits for none
 * that is late. */
#include "builder/fake/fake_store.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "builder/supervise/errand.h"

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	unsigned at; /* errands that stand before it */
};

struct test_errand {
	struct errand e;
	struct gate *gate;
	struct xs_handle *xsh; /* that it was given */
	bool ran;
};

struct scene {
	struct report report;
	struct errands a;
	struct gate gate;
	struct test_errand list[ERRANDS_MAX + 2];
};

/* Hangs until its gate is opened. */
static void run(struct errand *e, struct host *h)
{
	struct test_errand *t = (struct test_errand *)e;

	assert_non_null(h->xch);
	t->xsh = h->xsh;
	t->ran = true;
	if (!t->gate)
		return;
	pthread_mutex_lock(&t->gate->lock);
	t->gate->at++;
	pthread_cond_broadcast(&t->gate->changed);
	while (!t->gate->open)
		pthread_cond_wait(&t->gate->changed, &t->gate->lock);
	t->gate->at--;
	pthread_mutex_unlock(&t->gate->lock);
}

static void open_scene(struct scene *s)
{
	struct err e;

	memset(s, 0, sizeof(*s));
	fake_reset();
	pthread_mutex_init(&s->gate.lock, NULL);
	pthread_cond_init(&s->gate.changed, NULL);
	s->report.log.fd = -1;
	s->report.out.fd = open(kit_path("said"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	assert_true(s->report.out.fd >= 0);
	KIT_CHECK(errands_open(&s->a, &s->report, false, &e) == 0, "%s", e.msg);
	for (size_t i = 0; i < sizeof(s->list) / sizeof(s->list[0]); i++) {
		s->list[i].e.run = run;
		s->list[i].e.who = "web";
		s->list[i].e.what = "the look at it";
	}
}

static void close_scene(struct scene *s)
{
	assert_true(errands_close(&s->a));
	close(s->report.out.fd);
	kit_nothing_held(true);
}

static void said(struct scene *s, const char *want)
{
	char text[4096];

	assert_string_equal(kit_read("said", text, sizeof(text)), want);
	assert_int_equal(ftruncate(s->report.out.fd, 0), 0);
}

static struct errand *take(struct scene *s)
{
	struct pollfd p = {.fd = s->a.done_fd, .events = POLLIN};
	struct errand *e;

	while (!(e = errand_take(&s->a)))
		assert_int_equal(poll(&p, 1, 20000), 1);
	assert_false(e->away);
	return e;
}

static void wait_at_gate(struct scene *s, unsigned n)
{
	pthread_mutex_lock(&s->gate.lock);
	while (s->gate.at < n)
		pthread_cond_wait(&s->gate.changed, &s->gate.lock);
	pthread_mutex_unlock(&s->gate.lock);
}

static void open_gate(struct scene *s)
{
	pthread_mutex_lock(&s->gate.lock);
	s->gate.open = true;
	pthread_cond_broadcast(&s->gate.changed);
	pthread_mutex_unlock(&s->gate.lock);
}

static void test_comes_back(void **state)
{
	struct pollfd p = {.events = POLLIN};
	struct scene s;

	(void)state;
	open_scene(&s);
	p.fd = s.a.done_fd;
	assert_null(errand_take(&s.a));
	assert_true(errands_tick(&s.a, clock_ns()) == UINT64_MAX); /* nothing is due */
	for (unsigned i = 0; i < 3; i++) { /* an errand may be given again */
		s.list[0].ran = false;
		errand_give(&s.a, &s.list[0].e);
		assert_ptr_equal(take(&s), &s.list[0].e);
		assert_true(s.list[0].ran && s.list[0].e.rc == 0);
		assert_null(s.list[0].xsh);
		assert_null(errand_take(&s.a));
		assert_int_equal(poll(&p, 1, 0), 0);
	}
	assert_int_equal(s.a.n, 1); /* one thread is enough for one errand at a time */
	said(&s, "");
	close_scene(&s);
}

/* One that hangs: said once, and taken up when it comes back; the others go on meanwhile. */
static void test_hangs(void **state)
{
	struct scene s;
	uint64_t given;

	(void)state;
	open_scene(&s);
	s.list[0].gate = &s.gate;
	errand_give(&s.a, &s.list[0].e);
	wait_at_gate(&s, 1);
	given = s.list[0].e.given;
	for (unsigned i = 1; i < 4; i++) {
		errand_give(&s.a, &s.list[i].e);
		assert_ptr_equal(take(&s), &s.list[i].e);
	}
	assert_true(errands_tick(&s.a, given) == given + ERRAND_LATE_NS);
	assert_true(errands_tick(&s.a, given + ERRAND_LATE_NS - 1) == given + ERRAND_LATE_NS);
	said(&s, "");
	assert_true(errands_tick(&s.a, given + ERRAND_LATE_NS) == UINT64_MAX);
	said(&s, "earlydom: web: the look at it has not answered for 10 s\n");
	assert_true(s.list[0].e.late && s.list[0].e.away);
	assert_true(errands_tick(&s.a, given + 2 * ERRAND_LATE_NS) == UINT64_MAX);
	said(&s, "");
	open_gate(&s);
	assert_ptr_equal(take(&s), &s.list[0].e);
	said(&s, "earlydom: web: the look at it has come to its end, after 0 s\n");
	assert_false(s.list[0].e.late);
	close_scene(&s);
}

/* Many hang: there are more threads then, but not without bound. */
static void test_many_hang(void **state)
{
	struct scene s;
	uint64_t now;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < ERRANDS_MAX; i++) {
		s.list[i].gate = &s.gate;
		errand_give(&s.a, &s.list[i].e);
	}
	wait_at_gate(&s, ERRANDS_USUAL);
	assert_int_equal(s.a.n, ERRANDS_USUAL);
	now = s.list[ERRANDS_USUAL].e.given;
	assert_true(errands_tick(&s.a, now) == now + ERRAND_WAIT_NS);
	assert_int_equal(s.a.n, ERRANDS_USUAL); /* they may be only slow */
	for (unsigned n = ERRANDS_USUAL + 1; n <= ERRANDS_MAX; n++) {
		errands_tick(&s.a, clock_ns() + ERRAND_WAIT_NS);
		wait_at_gate(&s, n);
		assert_int_equal(s.a.n, n);
	}
	errand_give(&s.a, &s.list[ERRANDS_MAX].e);
	errands_tick(&s.a, clock_ns() + ERRAND_WAIT_NS);
	assert_int_equal(s.a.n, ERRANDS_MAX);
	assert_null(errand_take(&s.a));
	open_gate(&s);
	for (unsigned i = 0; i <= ERRANDS_MAX; i++)
		take(&s);
	assert_true(s.list[ERRANDS_MAX].ran);
	close_scene(&s);
}

/* The end: what is on its way comes back, what is late is left. */
static void test_end(void **state)
{
	struct scene s;
	uint64_t began;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < 5; i++)
		errand_give(&s.a, &s.list[i].e);
	assert_true(errands_close(&s.a));
	for (unsigned i = 0; i < 5; i++)
		assert_true(s.list[i].ran);
	kit_nothing_held(true);
	close(s.report.out.fd);

	open_scene(&s);
	s.list[0].gate = &s.gate;
	errand_give(&s.a, &s.list[0].e);
	wait_at_gate(&s, 1);
	errands_tick(&s.a, clock_ns() + ERRAND_LATE_NS);
	errand_give(&s.a, &s.list[1].e);
	assert_ptr_equal(take(&s), &s.list[1].e);
	began = clock_ns();
	assert_false(errands_close(&s.a));
	assert_true(clock_ns() - began < ERRANDS_END_MS / 2 * NS_PER_MS);
	open_gate(&s);
	take(&s);
	close_scene(&s);

	/* One that is not late yet is waited for, but not for long. */
	open_scene(&s);
	s.list[0].gate = &s.gate;
	errand_give(&s.a, &s.list[0].e);
	wait_at_gate(&s, 1);
	began = clock_ns();
	assert_false(errands_close(&s.a));
	assert_true(clock_ns() - began < 10 * ERRANDS_END_MS * NS_PER_MS);
	open_gate(&s);
	close_scene(&s);
}

/* The threads' store comes and goes; without one that is wanted nothing is done. */
static void test_store(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	errands_store(&s.a, true);
	errand_give(&s.a, &s.list[0].e);
	take(&s);
	assert_false(s.list[0].ran);
	assert_int_equal(s.list[0].e.rc, -1);
	assert_memory_equal(s.list[0].e.err.msg, "cannot reach xenstored at ", 26);
	fake_store()->running = true;
	errand_give(&s.a, &s.list[0].e);
	take(&s);
	assert_true(s.list[0].ran && s.list[0].xsh && !s.list[0].e.rc);
	errands_store(&s.a, false);
	errand_give(&s.a, &s.list[0].e);
	take(&s);
	assert_null(s.list[0].xsh);
	close_scene(&s);
}

/* Without the hypervisor there is nothing to work with. */
static void test_no_host(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	fake_fail_call("xc_interface_open", 1, EIO);
	errand_give(&s.a, &s.list[0].e);
	take(&s);
	assert_false(s.list[0].ran);
	assert_int_equal(s.list[0].e.rc, -1);
	kit_good_message(&s.list[0].e.err);
	errand_give(&s.a, &s.list[0].e);
	take(&s);
	assert_true(s.list[0].ran);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_back), cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_many_hang),  cmocka_unit_test(test_end),
		cmocka_unit_test(test_store),      cmocka_unit_test(test_no_host),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
