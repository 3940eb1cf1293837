/*
 * When init is told that dom0's boot may go on, and what it is told.
 */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/supervise/boot_end.h"

struct scene {
	struct kit_units k;
	struct guest_config cfgs[2];
	struct boot_end b;
	int fd; /* init's */
};

static void open_scene(struct scene *s, bool bounded, unsigned wait_s)
{
	struct supervise_options o = {.bounded = bounded, .wait_s = wait_s};
	int fds[2];

	fake_reset();
	s->cfgs[0] = kit_config("web", GUEST_PV);
	s->cfgs[1] = kit_config("db", GUEST_PVH);
	kit_units_open(&s->k, s->cfgs, 2);
	s->k.all.began = clock_ns();
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	s->fd = fds[0];
	o.status_fd = fds[1];
	boot_end_begin(&s->b, &o, 1, s->k.all.began);
}

static void close_scene(struct scene *s)
{
	if (s->b.status_fd >= 0)
		close(s->b.status_fd);
	close(s->fd);
	kit_units_close(&s->k);
	fake_reset();
}

static void look(struct scene *s, uint64_t after_ns)
{
	struct pollfd p = {.fd = s->k.errands.done_fd, .events = POLLIN};

	boot_end_look(&s->b, &s->k.all, 0, s->k.all.began + after_ns);
	while (s->b.ending) {
		assert_int_equal(poll(&p, 1, 20000), 1);
		units_take_errands(&s->k.all);
		boot_end_look(&s->b, &s->k.all, 0, s->k.all.began + after_ns);
	}
}

/* What init has been told: the status, or -1 for nothing yet. */
static int told(const struct scene *s)
{
	unsigned char status;

	return read(s->fd, &status, 1) == 1 ? status : -1;
}

static void test_all_tried(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, false, 0);
	s.b.bad = 0;
	kit_units_start(&s.k);
	look(&s, 1000 * NS_PER_S);
	assert_int_equal(told(&s), -1);
	kit_units_jobs(&s.k);
	kit_units_said(&s.k);
	look(&s, 7 * NS_PER_MS);
	assert_int_equal(told(&s), 0);
	assert_string_equal(kit_units_said(&s.k), "earlydom: 2 of 2 guests started in 7 ms\n");
	assert_int_equal(s.k.all.over, s.k.all.began + 7 * NS_PER_MS);
	/* Once. */
	look(&s, NS_PER_S);
	assert_string_equal(kit_units_said(&s.k), "");
	close_scene(&s);
}

/* One that is tried again counts as failed, and is not waited for. */
static void test_failed(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, true, 60);
	s.cfgs[0].start_retries = 3;
	fake_fail_call("xc_domain_create", 1, ENOMEM);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	assert_int_equal(s.k.all.list[0].state, UNIT_RETRYING);
	kit_units_said(&s.k);
	look(&s, 9 * NS_PER_MS);
	assert_int_equal(told(&s), 1);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: 1 of 3 guests started in 9 ms; failed: web\n");
	close_scene(&s);
}

static void test_late(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, true, 60);
	s.b.bad = 0;
	kit_unit_hold(&s.k, 0);
	kit_unit_hold(&s.k, 1);
	unit_proceed(&s.k.all, &s.k.all.list[0], clock_ns());
	kit_units_jobs(&s.k);
	kit_units_said(&s.k);
	look(&s, 60 * NS_PER_S - 1);
	assert_int_equal(told(&s), -1);
	look(&s, 60 * NS_PER_S);
	assert_int_equal(told(&s), 0);
	assert_string_equal(
		kit_units_said(&s.k),
		"earlydom: dom0's boot goes on; 1 of 2 guests not up within 60 s: db\n");
	assert_true(s.b.left && !s.k.all.over);
	look(&s, 61 * NS_PER_S);
	assert_string_equal(kit_units_said(&s.k), "");
	/* The rest comes up behind it. */
	unit_proceed(&s.k.all, &s.k.all.list[1], clock_ns());
	kit_units_jobs(&s.k);
	kit_units_said(&s.k);
	look(&s, 70 * NS_PER_S);
	assert_string_equal(kit_units_said(&s.k), "earlydom: 2 of 2 guests started in 70000 ms\n");
	assert_int_equal(told(&s), -1);
	close_scene(&s);
}

/* The root is not another one while a file is looked for, unless that hangs. */
static void test_disk_hangs(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, true, 60);
	kit_devices(&s.cfgs[0]);
	kit_units_store(&s.k);
	fake_slow("disk_hold", 500);
	kit_unit_hold(&s.k, 0);
	kit_unit_hold(&s.k, 1);
	unit_proceed(&s.k.all, &s.k.all.list[0], clock_ns());
	assert_true(s.k.all.list[0].errand.errand.away);
	boot_end_look(&s.b, &s.k.all, 0, s.k.all.began + 60 * NS_PER_S);
	assert_true(s.b.ending && s.k.all.root_moves && !s.b.begun);
	assert_int_equal(told(&s), -1);
	/* Nothing is to be done until it is late. */
	assert_true(boot_end_due(&s.b, &s.k.all) > 0);
	errands_tick(&s.k.errands, clock_ns() + ERRAND_LATE_NS);
	assert_int_equal(boot_end_due(&s.b, &s.k.all), 0);
	look(&s, 60 * NS_PER_S);
	assert_int_equal(told(&s), 1);
	assert_true(s.b.left && !s.k.all.root_moves);
	kit_units_jobs(&s.k);
	fake_slow(NULL, 0);
	close_scene(&s);
}

/* dom0 goes before the guests while they are started, but not for ever. */
static void test_weight(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, true, 600);
	boot_end_raise(&s.b, &s.k.all);
	assert_int_equal(fake_dom0_weight(), 65535);
	kit_units_start(&s.k);
	look(&s, 120 * NS_PER_S - 1);
	assert_int_equal(fake_dom0_weight(), 65535);
	look(&s, 120 * NS_PER_S);
	assert_int_equal(fake_dom0_weight(), 256);
	assert_int_equal(told(&s), -1);
	kit_units_jobs(&s.k);
	close_scene(&s);

	open_scene(&s, false, 0);
	boot_end_raise(&s.b, &s.k.all);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	assert_int_equal(fake_dom0_weight(), 65535);
	look(&s, NS_PER_S);
	assert_int_equal(fake_dom0_weight(), 256);
	close_scene(&s);

	/* A supervisor that is told to end. */
	open_scene(&s, false, 0);
	boot_end_raise(&s.b, &s.k.all);
	boot_end_close(&s.b, &s.k.all);
	assert_int_equal(fake_dom0_weight(), 256);
	close_scene(&s);
}

/* A failure so far is told, and "no" waits for nothing. */
static void test_no_wait(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, true, 0);
	kit_units_start(&s.k);
	kit_units_said(&s.k);
	look(&s, 0);
	assert_int_equal(told(&s), 1);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: dom0's boot goes on; 2 of 3 guests not up: web db\n");
	kit_units_jobs(&s.k);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_tried), cmocka_unit_test(test_failed),
		cmocka_unit_test(test_late),      cmocka_unit_test(test_weight),
		cmocka_unit_test(test_no_wait),   cmocka_unit_test(test_disk_hangs),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
