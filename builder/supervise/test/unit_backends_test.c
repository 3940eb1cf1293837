/*
 * "net" serves the interface of "web": the one waits for the other, and goes on without it, and
 * with the next one.
 */
#include "builder/fake/units.h"

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/describe/vif_spec.h"
#include "builder/supervise/stop_all.h"
#include "builder/supervise/unit_backends.h"
#include "builder/supervise/unit_before.h"

struct scene {
	struct guest_config cfgs[2];
	struct vif_spec vif;
	struct kit_units k;
	struct unit *net, *web;
};

static void configure(struct scene *s)
{
	static char name[] = "net", ready[] = "data/up";

	fake_reset();
	s->vif = (struct vif_spec){.backend_domain = name, .type = VIF_TYPE_VIF};
	s->cfgs[0] = kit_config("net", GUEST_PV);
	s->cfgs[0].ready = ready;
	s->cfgs[0].ready_timeout = 60;
	s->cfgs[1] = kit_config("web", GUEST_PV);
	s->cfgs[1].vifs = &s->vif;
	s->cfgs[1].nr_vifs = 1;
	s->cfgs[1].device_timeout = 4;
	s->cfgs[1].start_retries = RETRIES_UNLIMITED;
}

static void open_units(struct scene *s)
{
	kit_units_open(&s->k, s->cfgs, 2);
	s->net = &s->k.all.list[0];
	s->web = &s->k.all.list[1];
	kit_units_store(&s->k);
}

static void start(struct scene *s)
{
	open_units(s);
	kit_units_start(&s->k);
	kit_units_jobs(&s->k);
	kit_units_jobs(&s->k);
	assert_int_equal(s->net->state, UNIT_RUNNING);
	assert_int_equal(s->web->state, UNIT_WAITING);
}

static void tick(struct scene *s, uint64_t later_ms)
{
	kit_units_tick(&s->k, clock_ns() + later_ms * NS_PER_MS);
	kit_units_jobs(&s->k);
}

/* net says that it is up. */
static void up(struct scene *s)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/data/up", s->net->guest.domid);
	fake_store_write(path, "1");
	tick(s, 0);
	tick(s, 0);
	assert_true(s->net->up);
}

static void says(struct scene *s, const char *want)
{
	const char *text = kit_units_said(&s->k);

	KIT_CHECK(strstr(text, want), "'%s' was not said, but:\n%s", want, text);
}

/* Both run, web as domain 2. */
static void run(struct scene *s)
{
	start(s);
	up(s);
	tick(s, 1000);
	tick(s, 2000);
	assert_int_equal(s->web->state, UNIT_RUNNING);
	assert_int_equal(s->web->guest.domid, 2);
	assert_int_equal(s->web->guest.backends[0], 1);
	kit_units_said(&s->k);
}

/* net is gone for good; web has been told. */
static void lose(struct scene *s)
{
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_settle(&s->k);
	assert_int_equal(s->net->state, UNIT_ENDED);
	says(s, "earlydom: web: its back end net, domain 1, has ended; it goes without\n");
	assert_int_equal(s->web->guest.backends[0], NO_DOMAIN);
	assert_true(s->web->backends.next >= s->web->backends.lost + BACKENDS_OFF_NS);
	assert_null(fake_store_read("/local/domain/2/device/vif/0"));
	assert_null(fake_store_read("/libxl/2/device/vif/0"));
	kit_units_record(&s->k, 1, "cause=its back end net has ended\n");
}

static void restart_net(struct scene *s)
{
	struct err e;

	KIT_CHECK(unit_event(&s->k.all, s->net, EVENT_ASK_START, clock_ns(), &e) == 0, "%s", e.msg);
	tick(s, 0);
	tick(s, 0);
	tick(s, 0);
	assert_int_equal(s->net->state, UNIT_RUNNING);
}

static void close_scene(struct scene *s)
{
	kit_units_close(&s->k);
	fake_reset();
}

static void test_order(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	start(&s);
	assert_true(unit_serves(&s.k.all, s.net) && !unit_serves(&s.k.all, s.web));
	assert_true(unit_comes_after(&s.cfgs[1], s.net) && !unit_comes_after(&s.cfgs[0], s.web));
	tick(&s, 30000);
	assert_int_equal(s.web->state, UNIT_WAITING);
	kit_units_said(&s.k);
	up(&s);
	tick(&s, 1000);
	tick(&s, 1000);
	assert_int_equal(s.web->state, UNIT_RUNNING);
	assert_string_equal(fake_store_read("/local/domain/2/device/vif/0/backend"),
			    "/local/domain/1/backend/vif/2/0");
	/* Nothing was plugged here. */
	assert_int_equal(fake_devices()->plugs, 0);
	close_scene(&s);
}

/* The back end's kernel does not take it on. */
static void test_not_served(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	s.cfgs[1].start_retries = 0;
	start(&s);
	fake_store()->back_ends = false;
	up(&s);
	tick(&s, 1000);
	assert_int_equal(s.web->state, UNIT_CONNECTING);
	kit_units_said(&s.k);
	tick(&s, 5000);
	says(&s, "earlydom: web: vif 0: net, domain 1, does not serve it after 4 s: has it "
		 "xen-netback?; domain destroyed\n");
	assert_null(fake_store_read("/local/domain/1/backend/vif/2"));
	close_scene(&s);
}

/* It is a need, and no order alone. */
static void test_not_there(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	start(&s);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_jobs(&s.k);
	kit_units_look(&s.k, 0);
	kit_units_jobs(&s.k);
	assert_int_equal(s.net->state, UNIT_ENDED);
	tick(&s, 0);
	assert_int_equal(s.web->state, UNIT_WAITING);
	kit_units_said(&s.k);
	tick(&s, 5000);
	says(&s, "earlydom: web: its back end net is ended; tried again in 2 s\n");
	assert_int_equal(s.web->state, UNIT_RETRYING);
	restart_net(&s);
	up(&s);
	tick(&s, 8000);
	tick(&s, 9000);
	tick(&s, 9000);
	assert_int_equal(s.web->state, UNIT_RUNNING);
	close_scene(&s);
}

/* A domain that is none of ours */
static void test_foreign(void **state)
{
	static char vpn[] = "vpn";
	static const uint8_t uuid[16] = {7};
	uint32_t domid;
	struct scene s;

	(void)state;
	configure(&s);
	s.vif.backend_domain = vpn;
	open_units(&s);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	kit_units_jobs(&s.k);
	says(&s, "earlydom: web: vif 0: its back end vpn is not there: no such domain runs; tried "
		 "again in 2 s\n");
	domid = fake_foreign(0, uuid);
	fake_store_write("/local/domain/2/name", "vpn");
	assert_int_equal(domid, 2);
	tick(&s, 3000);
	tick(&s, 4000);
	tick(&s, 4000);
	assert_int_equal(s.web->state, UNIT_RUNNING);
	assert_int_equal(s.web->guest.backends[0], 2);
	kit_units_said(&s.k);
	/* It ends, and comes again. */
	fake_destroy(2);
	fake_store_remove("/local/domain/2");
	tick(&s, 0);
	says(&s, "earlydom: web: its back end vpn, domain 2, has ended; it goes without\n");
	tick(&s, 2000);
	assert_int_equal(s.web->guest.backends[0], NO_DOMAIN);
	domid = fake_foreign(0, uuid);
	fake_store_write("/local/domain/4/name", "vpn");
	assert_int_equal(domid, 4);
	tick(&s, 3000);
	tick(&s, 4000);
	says(&s, "earlydom: web: its back end vpn serves it again, domain 4\n");
	fake_destroy(4);
	fake_store_remove("/local/domain/4");
	close_scene(&s);
}

/* Restarted: web runs on, and has its interface with the next domain, when that is up. */
static void test_again(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	run(&s);
	assert_int_equal(unit_backends_due(s.web), UINT64_MAX);
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_settle(&s.k);
	assert_int_equal(s.net->guest.domid, 3);
	assert_false(s.net->up);
	says(&s, "earlydom: web: its back end net, domain 1, has ended; it goes without\n");
	tick(&s, 3000);
	assert_int_equal(s.web->guest.backends[0], NO_DOMAIN);
	assert_true(unit_backends_due(s.web) < UINT64_MAX);
	up(&s);
	/* Its guest's kernel is given time to see that the device is gone. */
	s.web->backends.next = clock_ns() + NS_PER_S;
	tick(&s, 0);
	assert_int_equal(s.web->guest.backends[0], NO_DOMAIN);
	kit_units_said(&s.k);
	fake_store()->back_ends = false;
	tick(&s, 2000);
	assert_int_equal(s.web->guest.backends[0], 3);
	assert_string_equal(fake_store_read("/local/domain/2/device/vif/0/backend-id"), "3");
	assert_string_equal(fake_store_read("/local/domain/3/backend/vif/2/0/state"), "1");
	tick(&s, 3000);
	assert_string_equal(kit_units_said(&s.k), "");
	fake_store()->back_ends = true;
	fake_store_write("/tool/now", "");
	tick(&s, 3500);
	says(&s, "earlydom: web: its back end net serves it again, domain 3\n");
	assert_int_equal(unit_backends_due(s.web), UINT64_MAX);
	assert_string_equal(s.web->why, "");
	assert_int_equal(s.web->state, UNIT_RUNNING);
	assert_int_equal(s.web->guest.domid, 2);
	fake_store_remove("/tool");
	close_scene(&s);
}

static void test_away(void **state)
{
	static const enum backend_lost answers[] = {BACKEND_LOST_WAIT, BACKEND_LOST_RESTART};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s;

		configure(&s);
		s.cfgs[1].on_backend_lost = answers[i];
		run(&s);
		lose(&s);
		tick(&s, 2000);
		assert_string_equal(kit_units_said(&s.k), "");
		tick(&s, 6000);
		says(&s, i ? "earlydom: web: its back end net is away for 4 s; it is restarted "
			     "when that is back\n"
			   : "earlydom: web: its back end net is away for 4 s; it waits for "
			     "that\n");
		tick(&s, 90000); /* that is said once */
		assert_string_equal(kit_units_said(&s.k), "");
		assert_int_equal(s.web->guest.domid, 2);
		restart_net(&s);
		up(&s);
		kit_units_said(&s.k);
		tick(&s, 100000);
		tick(&s, 110000);
		says(&s, i ? "earlydom: web: domain 2 was without its back end net for too long; "
			     "restarting\n"
			   : "earlydom: web: its back end net serves it again, domain 3\n");
		tick(&s, 110000);
		tick(&s, 110000);
		assert_int_equal(s.web->state, UNIT_RUNNING);
		assert_int_equal(s.web->guest.domid, i ? 4 : 2);
		assert_int_equal(s.web->guest.backends[0], 3);
		close_scene(&s);
	}
}

static void test_destroy(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	s.cfgs[1].on_backend_lost = BACKEND_LOST_DESTROY;
	run(&s);
	lose(&s);
	tick(&s, 6000);
	says(&s, "earlydom: web: domain 2 is without its back end net for 4 s; destroyed\n");
	tick(&s, 0);
	assert_int_equal(s.web->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

/* A store that fails: it is tried again. */
static void test_errors(void **state)
{
	char want[160];
	struct scene s;

	(void)state;
	configure(&s);
	run(&s);
	lose(&s);
	restart_net(&s);
	up(&s);
	kit_units_said(&s.k);
	fake_fail_call("xs_directory", 1, EIO);
	tick(&s, 2000);
	snprintf(want, sizeof(want),
		 "earlydom: web: its back end: cannot read /local/domain in the store: %s; tried "
		 "again\n",
		 strerror(EIO));
	says(&s, want);
	tick(&s, 10000);
	tick(&s, 11000);
	says(&s, "earlydom: web: its back end net serves it again, domain 3\n");
	close_scene(&s);
}

/* A supervisor that takes over goes on with it, wherever the one before was. */
static void test_adopt(void **state)
{
	struct scene s;

	(void)state;
	for (unsigned off = 0; off < 2; off++) {
		configure(&s);
		start(&s);
		kit_units_ledger(&s.k);
		up(&s);
		tick(&s, 1000);
		tick(&s, 2000);
		assert_int_equal(s.web->state, UNIT_RUNNING);
		unit_save(&s.k.all, s.net);
		kit_units_said(&s.k);
		if (off)
			lose(&s);
		kit_units_drop(&s.k);
		if (!off)
			fake_shutdown(1, SHUTDOWN_poweroff);
		else
			/* The one before had begun to put it back. */
			fake_store_write("/local/domain/2/device/vif/0/state", "1");
		open_units(&s);
		kit_units_adopt(&s.k);
		assert_int_equal(s.web->guest.backends[0], off ? NO_DOMAIN : 1);
		kit_units_settle(&s.k);
		assert_int_equal(s.web->state, UNIT_RUNNING);
		assert_int_equal(s.web->guest.backends[0], NO_DOMAIN);
		assert_null(fake_store_read("/local/domain/2/device/vif/0"));
		restart_net(&s);
		up(&s);
		kit_units_said(&s.k);
		tick(&s, 10000);
		tick(&s, 11000);
		says(&s, "earlydom: web: its back end net serves it again, domain 3\n");
		close_scene(&s);
	}
}

/* All are stopped: net is not asked while web is there. */
static void test_stop(void **state)
{
	struct stop_all stop;
	struct scene s;
	struct err e;

	(void)state;
	configure(&s);
	run(&s);
	stop_all_begin(&stop, 30, false, clock_ns());
	stop_all_look(&stop, &s.k.all, clock_ns(), &e);
	assert_int_equal(s.web->state, UNIT_STOPPING);
	assert_int_equal(s.net->state, UNIT_RUNNING);
	fake_shutdown(2, SHUTDOWN_poweroff);
	kit_units_settle(&s.k);
	stop_all_look(&stop, &s.k.all, clock_ns() + NS_PER_S, &e);
	assert_int_equal(s.net->state, UNIT_STOPPING);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_settle(&s.k);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),     cmocka_unit_test(test_not_served),
		cmocka_unit_test(test_not_there), cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_again),     cmocka_unit_test(test_away),
		cmocka_unit_test(test_destroy),   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_adopt),     cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
