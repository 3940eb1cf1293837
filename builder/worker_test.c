/* The worker: every job comes back, in order, and what was given is done before it ends. */
#include "fake/kit.h"

#include <poll.h>
#include <unistd.h>

#include "worker.h"

#define GUESTS 5

struct scene {
	struct host host;
	struct worker worker;
	struct image_cache images;
	struct guest_config cfgs[GUESTS];
	struct guest guests[GUESTS];
	struct job jobs[GUESTS];
	struct err err;
};

static void open_scene(struct scene *s)
{
	static const char *const names[GUESTS] = {"a", "b", "c", "d", "e"};
	unsigned i;

	memset(s, 0, sizeof(*s));
	fake_reset();
	assert_int_equal(host_open(&s->host, false, &s->err), 0);
	KIT_CHECK(!worker_start(&s->worker, &s->host, &s->err), "%s", s->err.msg);
	for (i = 0; i < GUESTS; i++) {
		s->cfgs[i] = kit_config(names[i], i % 2 ? GUEST_PVH : GUEST_PV);
		assert_int_equal(guest_init(&s->guests[i], &s->cfgs[i], &s->err), 0);
		assert_int_equal(guest_hold_images(&s->guests[i], &s->images, &s->err), 0);
		s->jobs[i].guest = &s->guests[i];
	}
}

static void close_scene(struct scene *s)
{
	unsigned i;

	for (i = 0; i < GUESTS; i++)
		guest_drop_images(&s->guests[i], &s->images);
	host_close(&s->host);
	kit_nothing_held(true);
}

static void give_all(struct scene *s, enum job_kind kind)
{
	unsigned i;

	for (i = 0; i < GUESTS; i++) {
		s->jobs[i].kind = kind;
		worker_give(&s->worker, &s->jobs[i]);
	}
}

static struct job *take(struct scene *s)
{
	struct pollfd p = {.fd = s->worker.done_fd, .events = POLLIN};
	struct job *j;

	while (!(j = worker_take(&s->worker)))
		assert_int_equal(poll(&p, 1, 20000), 1);
	return j;
}

static void test_order(void **state)
{
	struct scene s;
	unsigned i;

	(void)state;
	open_scene(&s);
	assert_null(worker_take(&s.worker));
	give_all(&s, JOB_START);
	for (i = 0; i < GUESTS; i++) {
		assert_ptr_equal(take(&s), &s.jobs[i]);
		KIT_CHECK(s.jobs[i].rc == 0, "%s", s.jobs[i].err.msg);
		assert_int_equal(s.guests[i].domid, i + 1);
		/* Built, and paused: the supervisor lets it run. */
		assert_true(fake_domain(i + 1)->loaded && !fake_domain(i + 1)->running);
	}
	assert_null(worker_take(&s.worker));
	/* Restarted: the old domain goes first. */
	give_all(&s, JOB_RESTART);
	for (i = 0; i < GUESTS; i++) {
		assert_ptr_equal(take(&s), &s.jobs[i]);
		assert_int_equal(s.jobs[i].rc, 0);
		assert_false(fake_domain(i + 1)->there);
		assert_int_equal(s.guests[i].domid, GUESTS + i + 1);
		assert_false(fake_domain(GUESTS + i + 1)->running);
	}
	assert_int_equal(s.images.files->kernel_users, 0);
	give_all(&s, JOB_DESTROY);
	worker_stop(&s.worker); /* what was given is done */
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

/* One that fails does not keep the next from its turn. */
static void test_failures(void **state)
{
	struct scene s;
	unsigned i;

	(void)state;
	open_scene(&s);
	fake_fail_call("xc_domain_create", 2, EIO);
	give_all(&s, JOB_START);
	for (i = 0; i < GUESTS; i++) {
		assert_ptr_equal(take(&s), &s.jobs[i]);
		assert_int_equal(s.jobs[i].rc, i == 1 ? -1 : 0);
	}
	kit_good_message(&s.jobs[1].err);
	/* A restart whose old domain does not go is not begun. */
	fake_fail_call("xc_domain_destroy", 1, EIO);
	s.jobs[0].kind = JOB_RESTART;
	worker_give(&s.worker, &s.jobs[0]);
	take(&s);
	assert_int_equal(s.jobs[0].rc, -1);
	assert_int_equal(s.guests[0].domid, 1);
	assert_true(fake_domain(1)->there);
	assert_int_equal(fake_calls_of("xc_domain_create"), GUESTS);
	assert_int_equal(s.images.files->kernel_users, 0);
	give_all(&s, JOB_DESTROY);
	for (i = 0; i < GUESTS; i++)
		assert_int_equal(take(&s)->rc, 0);
	worker_stop(&s.worker);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
