/*
 * All guests are stopped: in which order, and what becomes of those that do not end.
 */
#include "builder/fake/units.h"

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/supervise/stop_all.h"

/* "c" comes after "b", and that after "a"; "d" is alone. */
enum { A, B, C, D, GUESTS };

struct scene {
	struct kit_units k;
	struct guest_config cfgs[GUESTS];
	struct unit *u;
	struct stop_all stop;
	uint64_t now;
};

static void open_scene(struct scene *s, bool force)
{
	static char a[] = "a", b[] = "b", *after_a[] = {a}, *after_b[] = {b};

	fake_reset();
	s->cfgs[A] = kit_config("a", GUEST_PV);
	s->cfgs[B] = kit_config("b", GUEST_PV);
	s->cfgs[C] = kit_config("c", GUEST_PV);
	s->cfgs[D] = kit_config("d", GUEST_PV);
	s->cfgs[B].after = (struct strings){after_a, 1};
	s->cfgs[C].after = (struct strings){after_b, 1};
	kit_units_open(&s->k, s->cfgs, GUESTS);
	s->u = s->k.all.list;
	kit_units_start(&s->k);
	for (unsigned i = 0; i < GUESTS; i++) {
		kit_units_jobs(&s->k);
		kit_units_tick(&s->k, clock_ns());
	}
	for (unsigned i = 0; i < GUESTS; i++)
		assert_int_equal(s->u[i].state, UNIT_RUNNING);
	kit_units_said(&s->k);
	s->now = clock_ns();
	stop_all_begin(&s->stop, 10, force, s->now);
}

static void close_scene(struct scene *s)
{
	kit_units_close(&s->k);
	fake_reset();
}

/* Time passes, and it is looked at once more. */
static enum stop_all_state look(struct scene *s, struct err *e)
{
	s->now += NS_PER_S;
	return stop_all_look(&s->stop, &s->k.all, s->now, e);
}

/* Letters of those that are asked to stop. */
static const char *asked(const struct scene *s)
{
	static char text[GUESTS + 1];
	size_t n = 0;

	for (unsigned i = 0; i < GUESTS; i++)
		if (s->u[i].state == UNIT_STOPPING)
			text[n++] = (char)('a' + i);
	text[n] = '\0';
	return text;
}

static void ends(struct scene *s, unsigned i)
{
	fake_shutdown(s->u[i].guest.domid, SHUTDOWN_poweroff);
	kit_units_look(&s->k, i);
	kit_units_jobs(&s->k);
	assert_int_equal(s->u[i].state, UNIT_ENDED);
}

static void test_order(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s, false);
	assert_int_equal(look(&s, &e), STOP_ALL_GOES_ON);
	assert_string_equal(asked(&s), "cd");
	ends(&s, D);
	assert_int_equal(look(&s, &e), STOP_ALL_GOES_ON);
	assert_string_equal(asked(&s), "c");
	ends(&s, C);
	assert_int_equal(look(&s, &e), STOP_ALL_GOES_ON);
	assert_string_equal(asked(&s), "b");
	ends(&s, B);
	/* Ten times a second. */
	s.stop.next = s.now + NS_PER_S + 1;
	assert_int_equal(look(&s, &e), STOP_ALL_GOES_ON);
	assert_string_equal(asked(&s), "");
	assert_int_equal(look(&s, &e), STOP_ALL_GOES_ON);
	assert_string_equal(asked(&s), "a");
	ends(&s, A);
	assert_int_equal(look(&s, &e), STOP_ALL_DONE);
	close_scene(&s);
}

/* One that does not end is named, with those that had to wait for it; the others end. */
static void test_late(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s, false);
	assert_int_equal(look(&s, &e), STOP_ALL_GOES_ON);
	ends(&s, D);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(look(&s, &e), STOP_ALL_GOES_ON);
	while (look(&s, &e) == STOP_ALL_GOES_ON)
		assert_true(s.now - s.u[C].stop_since <= 11 * NS_PER_S);
	assert_string_equal(e.msg, "not ended: a, b, c");
	assert_int_equal(s.u[C].state, UNIT_STOPPING);
	assert_int_equal(s.u[B].state, UNIT_RUNNING);
	close_scene(&s);
}

static void test_force(void **state)
{
	struct scene s;
	struct err e;
	unsigned n = 0;

	(void)state;
	open_scene(&s, true);
	while (look(&s, &e) == STOP_ALL_GOES_ON) {
		assert_true(n++ < 50);
		kit_units_jobs(&s.k);
	}
	assert_int_equal(fake_domains(), 0);
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_int_equal(s.u[i].state, UNIT_ENDED);
		assert_string_equal(s.u[i].why, "destroyed on request");
	}
	close_scene(&s);
}

/* Those that do not run: none is started, and none is waited for that needs nothing. */
static void test_not_running(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s, false);
	s.cfgs[A].on_poweroff = ACTION_PRESERVE;
	fake_shutdown(s.u[A].guest.domid, SHUTDOWN_poweroff);
	kit_units_look(&s.k, A);
	assert_int_equal(s.u[A].state, UNIT_PRESERVED);
	/* One that is tried again later. */
	s.cfgs[C].start_retries = 3;
	fake_shutdown(s.u[C].guest.domid, SHUTDOWN_reboot);
	fake_fail_call("xc_domain_create", 1, ENOMEM);
	kit_units_look(&s.k, C);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u[C].state, UNIT_RETRYING);
	ends(&s, D);
	/* One that is restarted at that moment. */
	fake_shutdown(s.u[B].guest.domid, SHUTDOWN_reboot);
	kit_units_look(&s.k, B);
	assert_int_equal(look(&s, &e), STOP_ALL_GOES_ON);
	assert_int_equal(s.u[B].state, UNIT_CANCELLED);
	assert_int_equal(s.u[C].state, UNIT_ENDED);
	kit_units_jobs(&s.k);
	assert_int_equal(s.u[B].state, UNIT_ENDED);
	assert_int_equal(look(&s, &e), STOP_ALL_DONE);
	assert_int_equal(s.u[A].state, UNIT_PRESERVED);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_force),
		cmocka_unit_test(test_not_running),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
