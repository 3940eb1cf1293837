/*
 * dom0's weight: raised, kept over a process that is lost, and given back.
 */
#include "builder/fake/kit.h"

#include <unistd.h>

#include <xen/sysctl.h>

#include "builder/host/dom0_weight.h"

struct scene {
	struct host h;
	struct rundir run;
	struct err e;
};

static void open_scene(struct scene *s, int scheduler)
{
	fake_reset();
	fake_host()->scheduler = scheduler;
	assert_int_equal(host_open(&s->h, false, &s->e), 0);
	assert_int_equal(rundir_open(&s->run, kit_path("run"), &s->e), 0);
}

static void close_scene(struct scene *s)
{
	rundir_close(&s->run);
	host_close(&s->h);
	kit_nothing_held(false);
}

static void test_raise(void **state)
{
	static const int schedulers[] = {XEN_SCHEDULER_CREDIT, XEN_SCHEDULER_CREDIT2};
	char text[16];
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		open_scene(&s, schedulers[i]);
		assert_int_equal(dom0_weight_raise(&s.h, &s.run, &s.e), 0);
		assert_int_equal(fake_dom0_weight(), 65535);
		assert_string_equal(kit_read("run/dom0-weight", text, sizeof(text)), "256\n");
		/* Another process does not take that for dom0's own. */
		assert_int_equal(dom0_weight_raise(&s.h, &s.run, &s.e), 0);
		assert_int_equal(dom0_weight_restore(&s.h, &s.run, &s.e), 0);
		assert_int_equal(fake_dom0_weight(), 256);
		assert_int_equal(access(kit_path("run/dom0-weight"), F_OK), -1);
		/* Once. */
		assert_int_equal(dom0_weight_restore(&s.h, &s.run, &s.e), 0);
		close_scene(&s);
	}
	open_scene(&s, XEN_SCHEDULER_RTDS);
	assert_int_equal(dom0_weight_raise(&s.h, &s.run, &s.e), 0);
	assert_int_equal(fake_dom0_weight(), 256);
	assert_int_equal(access(kit_path("run/dom0-weight"), F_OK), -1);
	close_scene(&s);
}

static void test_failures(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, XEN_SCHEDULER_CREDIT2);
	fake_fail_call("xc_sched_credit2_domain_get", 1, EPERM);
	assert_int_equal(dom0_weight_raise(&s.h, &s.run, &s.e), -1);
	kit_good_message(&s.e);
	fake_fail_call("xc_sched_credit2_domain_set", 1, EPERM);
	assert_int_equal(dom0_weight_raise(&s.h, &s.run, &s.e), -1);
	kit_good_message(&s.e);
	assert_int_equal(fake_dom0_weight(), 256);
	assert_int_equal(access(kit_path("run/dom0-weight"), F_OK), -1);
	/* What can't be given back now is given back later. */
	assert_int_equal(dom0_weight_raise(&s.h, &s.run, &s.e), 0);
	fake_fail_call("xc_sched_credit2_domain_set", 1, EPERM);
	assert_int_equal(dom0_weight_restore(&s.h, &s.run, &s.e), -1);
	kit_good_message(&s.e);
	assert_int_equal(fake_dom0_weight(), 65535);
	assert_int_equal(dom0_weight_restore(&s.h, &s.run, &s.e), 0);
	assert_int_equal(fake_dom0_weight(), 256);
	/* A file that says nothing is none. */
	kit_text("run/dom0-weight", "much\n");
	assert_int_equal(dom0_weight_restore(&s.h, &s.run, &s.e), 0);
	assert_int_equal(dom0_weight_raise(&s.h, &s.run, &s.e), 0);
	assert_int_equal(fake_dom0_weight(), 65535);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raise),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
