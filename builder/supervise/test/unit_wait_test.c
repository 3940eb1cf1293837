/*
 * What guests wait for before they are built: the guests that they come after, whatever happens to
 * these.
 */
#include "builder/fake/units.h"

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/supervise/unit_save.h"

static char *after_netvm[] = {"netvm"};

/* "web", which comes after "netvm". */
struct scene {
	struct guest_config cfgs[2];
	struct kit_units k;
	struct unit *netvm, *web;
};

/* Both are configured, and nothing is started. */
static void configure(struct scene *s)
{
	fake_reset();
	s->cfgs[0] = kit_config("netvm", GUEST_PVH);
	s->cfgs[1] = kit_config("web", GUEST_PV);
	s->cfgs[1].after = (struct strings){after_netvm, 1};
}

static void open_scene(struct scene *s)
{
	kit_units_open(&s->k, s->cfgs, 2);
	s->netvm = &s->k.all.list[0];
	s->web = &s->k.all.list[1];
}

/* With a store, where netvm runs and is not up yet. */
static void open_not_up(struct scene *s)
{
	open_scene(s);
	kit_units_store(&s->k);
	kit_units_start(&s->k);
	kit_units_jobs(&s->k);
	assert_int_equal(s->netvm->state, UNIT_RUNNING);
	kit_units_said(&s->k);
}

static void close_scene(struct scene *s)
{
	kit_units_close(&s->k);
	fake_reset();
}

static uint64_t soon(const struct scene *s)
{
	return s->netvm->since + NS_PER_MS;
}

static void still_waits(struct scene *s, uint64_t now)
{
	kit_units_tick(&s->k, now);
	kit_units_jobs(&s->k);
	assert_int_equal(s->web->state, UNIT_WAITING);
	assert_int_equal(s->web->guest.domid, NO_DOMAIN);
	assert_string_equal(kit_units_said(&s->k), "");
}

/* web is started with those words about netvm before its own. */
static void goes_on(struct scene *s, uint64_t now, const char *words)
{
	char want[256];
	const char *said;

	kit_units_tick(&s->k, now);
	assert_int_equal(s->web->state, UNIT_STARTING);
	kit_units_jobs(&s->k);
	assert_int_equal(s->web->state, UNIT_RUNNING);
	snprintf(want, sizeof(want), "%searlydom: web: started as domain %u (", words,
		 s->web->guest.domid);
	said = kit_units_said(&s->k);
	KIT_CHECK(!strncmp(said, want, strlen(want)), "said: %s\nwanted: %s", said, want);
}

/* Without `after` nobody waits for anybody. */
static void test_independent(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	s.cfgs[1].after.n = 0;
	open_scene(&s);
	assert_int_equal(s.web->state, UNIT_WAITING); /* for the supervisor */
	kit_units_start(&s.k);
	assert_int_equal(s.netvm->state, UNIT_STARTING);
	assert_int_equal(s.web->state, UNIT_STARTING);
	kit_units_jobs(&s.k);
	assert_int_equal(s.web->state, UNIT_RUNNING);
	close_scene(&s);
}

/* Where nothing more can be known of it, a guest that runs is up. */
static void test_without_store(void **state)
{
	static char ready[] = "control/ready";
	struct scene s;

	(void)state;
	configure(&s);
	s.cfgs[0].ready = ready;
	open_scene(&s);
	kit_units_start(&s.k);
	assert_int_equal(s.netvm->state, UNIT_STARTING);
	assert_int_equal(s.web->state, UNIT_WAITING);
	assert_true(unit_undecided(s.web));
	kit_units_record(&s.k, 1, "state=waiting");
	kit_units_tick(&s.k, clock_ns()); /* it is being built */
	assert_int_equal(s.web->state, UNIT_WAITING);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	kit_units_said(&s.k);
	goes_on(&s, soon(&s), "");
	close_scene(&s);
}

/* A guest is up when its devices are all connected. */
static void test_devices(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	kit_devices(&s.cfgs[0]);
	open_not_up(&s);
	still_waits(&s, soon(&s));
	fake_store_write("/local/domain/1/device/vbd/51712/state", "4");
	fake_store_write("/local/domain/1/device/vbd/51728/state", "4");
	assert_string_equal(fake_store_read("/local/domain/0/backend/vbd/1/51712/state"), "4");
	still_waits(&s, soon(&s));
	fake_store_connect(1);
	goes_on(&s, soon(&s), "");
	close_scene(&s);
}

/* While it is lent to its hand-over it is not looked at, and is late all the same: the record of it
 * stays what it was until it is back. */
static void test_handed_over_meanwhile(void **state)
{
	char before[LEDGER_TEXT_MAX + 1], text[LEDGER_TEXT_MAX + 1];
	struct scene s;

	(void)state;
	configure(&s);
	kit_devices(&s.cfgs[0]);
	open_scene(&s);
	kit_units_store(&s.k);
	kit_units_ledger(&s.k);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	assert_false(s.netvm->up);
	assert_true(ledger_read(&s.k.ledger, unit_record(&s.k.all, s.netvm), before));
	s.netvm->handing_over = true;
	s.netvm->restarts++; /* something that a record would have */
	unit_proceed(&s.k.all, s.netvm, soon(&s));
	assert_false(s.netvm->errand.errand.away);
	unit_proceed(&s.k.all, s.netvm, s.netvm->since + 3600 * NS_PER_S);
	assert_true(s.netvm->up);
	assert_true(ledger_read(&s.k.ledger, unit_record(&s.k.all, s.netvm), text));
	assert_string_equal(text, before);
	s.netvm->handing_over = false;
	kit_units_jobs(&s.k);
	close_scene(&s);
}

/* A guest with a store and without devices has none to connect. */
static void test_no_devices(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	open_not_up(&s);
	goes_on(&s, soon(&s), "");
	close_scene(&s);
}

/* A guest with `ready` is up when it has written that node; devices do not matter then. */
static void test_ready(void **state)
{
	static char ready[] = "control/feature-up";
	struct scene s;

	(void)state;
	configure(&s);
	s.cfgs[0].ready = ready;
	open_not_up(&s);
	still_waits(&s, soon(&s));
	fake_store_write("/local/domain/1/control/feature-up2", "1");
	fake_store_write("/local/domain/2/control/feature-up", "1");
	still_waits(&s, soon(&s));
	/* A toolstack makes some of them empty, for the guest to fill. */
	fake_store_write("/local/domain/1/control/feature-up", "");
	still_waits(&s, soon(&s));
	fake_store_write("/local/domain/1/control/feature-up", "1");
	goes_on(&s, soon(&s), "");
	fake_store_remove("/local/domain/2/control/feature-up");
	close_scene(&s);
}

/* The guest is waited for so long, and no longer. */
static void time_out(char *ready, bool devices, const char *words)
{
	struct scene s;

	configure(&s);
	s.cfgs[0].ready = ready;
	s.cfgs[0].ready_timeout = 7;
	if (devices)
		kit_devices(&s.cfgs[0]);
	open_not_up(&s);
	still_waits(&s, s.netvm->since + 7 * NS_PER_S - 1);
	goes_on(&s, s.netvm->since + 7 * NS_PER_S, words);
	/* That is said once. */
	kit_units_tick(&s.k, s.netvm->since + 70 * NS_PER_S);
	assert_string_equal(kit_units_said(&s.k), "");
	close_scene(&s);
}

static void test_time_out(void **state)
{
	static char ready[] = "control/up";

	(void)state;
	time_out(ready, true,
		 "earlydom: netvm: not up after 7 s (control/up); what comes after it waits no "
		 "longer\n");
	time_out(NULL, true,
		 "earlydom: netvm: not up after 7 s (its devices are not connected); what comes "
		 "after it waits no longer\n");
}

/* Where nobody waits there is nothing to say: some guests never connect all that they have. */
static void test_nobody_waits(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	kit_devices(&s.cfgs[0]);
	s.cfgs[1].after.n = 0;
	open_not_up(&s);
	assert_int_equal(s.web->state, UNIT_RUNNING);
	kit_units_tick(&s.k, s.netvm->since + 59 * NS_PER_S);
	assert_false(s.netvm->up);
	kit_units_tick(&s.k, s.netvm->since + 60 * NS_PER_S);
	assert_true(s.netvm->up);
	assert_string_equal(kit_units_said(&s.k), "");
	close_scene(&s);
}

/* A back end that gives up after the start is not the end of the guest, and does not make it up. */
static void test_back_end_fails_later(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	kit_devices(&s.cfgs[0]);
	open_not_up(&s);
	fake_store_write("/local/domain/0/backend/vbd/1/51712/state", "5");
	still_waits(&s, soon(&s));
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	close_scene(&s);
}

/* `after` is an order: where the first can't come, the second comes all the same, and says so. */
static void test_failed(void **state)
{
	static char missing[] = "/no/where";
	struct scene s;

	(void)state;
	/* Its files are not there: it has failed before anything is started. */
	configure(&s);
	s.cfgs[0].kernel = missing;
	open_scene(&s);
	kit_units_start(&s.k);
	assert_int_equal(s.netvm->state, UNIT_FAILED);
	assert_int_equal(s.web->state, UNIT_STARTING);
	kit_units_jobs(&s.k);
	assert_non_null(strstr(kit_units_said(&s.k),
			       "earlydom: web: starts without netvm, which it comes after "
			       "(failed)\n"));
	close_scene(&s);

	/* Its build fails. */
	configure(&s);
	open_scene(&s);
	fake_fail_call("xc_domain_create", 1, EIO);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	kit_units_said(&s.k);
	goes_on(&s, clock_ns(),
		"earlydom: web: starts without netvm, which it comes after (failed)\n");
	close_scene(&s);

	/* Its back ends do not come: waited for until all of it is undone. */
	configure(&s);
	kit_devices(&s.cfgs[0]);
	open_scene(&s);
	kit_units_store(&s.k);
	fake_store()->back_ends = false;
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_CONNECTING);
	kit_units_tick(&s.k, s.netvm->since + 10 * NS_PER_S);
	assert_int_equal(s.netvm->state, UNIT_FAILING);
	assert_int_equal(s.web->state, UNIT_WAITING);
	kit_units_jobs(&s.k);
	kit_units_said(&s.k);
	goes_on(&s, clock_ns(),
		"earlydom: web: starts without netvm, which it comes after (failed)\n");
	close_scene(&s);
}

/* One that was not up and never will be, for other reasons. */
static void test_over(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	configure(&s);
	kit_devices(&s.cfgs[0]);
	open_not_up(&s);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&s.k, 0);
	assert_int_equal(s.netvm->state, UNIT_ENDING);
	kit_units_jobs(&s.k);
	kit_units_said(&s.k);
	goes_on(&s, clock_ns(),
		"earlydom: web: starts without netvm, which it comes after (ended)\n");
	close_scene(&s);

	configure(&s);
	kit_devices(&s.cfgs[0]);
	s.cfgs[0].on_crash = ACTION_PRESERVE;
	open_not_up(&s);
	fake_shutdown(1, SHUTDOWN_crash);
	kit_units_look(&s.k, 0);
	kit_units_said(&s.k);
	goes_on(&s, clock_ns(),
		"earlydom: web: starts without netvm, which it comes after (preserved)\n");
	close_scene(&s);

	configure(&s);
	kit_devices(&s.cfgs[0]);
	open_scene(&s);
	kit_units_store(&s.k);
	kit_units_consoled(&s.k);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	assert_int_equal(unit_event(&s.k.all, s.netvm, EVENT_ASK_RELEASE, clock_ns(), &e), 0);
	kit_units_said(&s.k);
	goes_on(&s, clock_ns(),
		"earlydom: web: starts without netvm, which it comes after (released)\n");
	close_scene(&s);
}

/* A guest that was up once has been up: its end is not reported to those after it. */
static void test_was_up(void **state)
{
	struct scene s;

	(void)state;
	configure(&s);
	open_not_up(&s);
	unit_tick(&s.k.all, s.netvm, soon(&s));
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&s.k, 0);
	kit_units_said(&s.k);
	goes_on(&s, clock_ns(), ""); /* before that end is over, even */
	close_scene(&s);
}

/* A guest that restarts before it was up is waited for again, from its new start. */
static void test_restarts(void **state)
{
	struct scene s;
	uint64_t before;

	(void)state;
	configure(&s);
	kit_devices(&s.cfgs[0]);
	open_not_up(&s);
	before = s.netvm->since;
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&s.k, 0);
	kit_units_said(&s.k);
	kit_units_tick(&s.k, before + NS_PER_S);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	assert_true(s.netvm->since > before);
	kit_units_said(&s.k);
	still_waits(&s, before + 60 * NS_PER_S);
	fake_store_connect(2);
	goes_on(&s, before + 60 * NS_PER_S, "");
	close_scene(&s);
}

static void test_not_selected(void **state)
{
	static char *after[] = {"nobody"};
	struct scene s;

	(void)state;
	configure(&s);
	s.cfgs[1].after.v = after;
	open_scene(&s);
	kit_units_start(&s.k);
	assert_int_equal(s.web->state, UNIT_STARTING);
	kit_units_jobs(&s.k);
	assert_null(strstr(kit_units_said(&s.k), "starts without"));
	close_scene(&s);
}

/* One after the other, in whatever order they are listed. */
static void test_chain(void **state)
{
	static char *after_b[] = {"b"}, *after_ab[] = {"a", "b"};
	struct guest_config cfgs[3] = {kit_config("c", GUEST_PV), kit_config("a", GUEST_PV),
				       kit_config("b", GUEST_PV)};
	struct kit_units k;
	struct unit *c, *a, *b;

	(void)state;
	fake_reset();
	cfgs[0].after = (struct strings){after_ab, 2};
	cfgs[1].after = (struct strings){after_b, 1};
	kit_units_open(&k, cfgs, 3);
	c = &k.all.list[0];
	a = &k.all.list[1];
	b = &k.all.list[2];
	kit_units_start(&k);
	assert_true(c->state == UNIT_WAITING && a->state == UNIT_WAITING);
	kit_units_jobs(&k);
	assert_true(b->state == UNIT_RUNNING && a->state == UNIT_WAITING);
	kit_units_tick(&k, clock_ns()); /* b is up */
	kit_units_tick(&k, clock_ns());
	kit_units_jobs(&k);
	assert_true(a->state == UNIT_RUNNING && c->state == UNIT_WAITING);
	kit_units_tick(&k, clock_ns());
	kit_units_tick(&k, clock_ns());
	kit_units_jobs(&k);
	assert_int_equal(c->state, UNIT_RUNNING);
	assert_int_equal(b->guest.domid, 1);
	assert_int_equal(a->guest.domid, 2);
	assert_int_equal(c->guest.domid, 3);
	kit_units_close(&k);
	fake_reset();
}

/* What is asked of one that waits. */
static void test_asked(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	configure(&s);
	kit_devices(&s.cfgs[0]);
	open_not_up(&s);
	assert_int_equal(unit_event(&s.k.all, s.web, EVENT_ASK_RELEASE, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is waiting; try again when it is running");
	assert_int_equal(unit_type(&s.k.all, s.web, "x", 1), 0);
	assert_int_equal(s.k.images.files->kernel_users, 1); /* the planned build */
	assert_false(unit_over(s.web));

	assert_int_equal(unit_event(&s.k.all, s.web, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	assert_string_equal(kit_units_said(&s.k), "earlydom: web: not started, on request\n");
	assert_int_equal(s.web->state, UNIT_ENDED);
	assert_string_equal(s.web->why, "destroyed on request");
	assert_true(unit_over(s.web) && unit_settled(s.web) && !unit_undecided(s.web));
	kit_units_record(&s.k, 1, "state=ended");
	assert_int_equal(s.k.images.files->kernel_users, 0);
	assert_false(s.k.images.files->kernel_open);
	assert_int_equal(s.k.images.files->users, 1);
	/* It stays so. */
	fake_store_connect(1);
	kit_units_tick(&s.k, clock_ns());
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	assert_int_equal(s.web->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 1);
	assert_int_equal(unit_event(&s.k.all, s.web, EVENT_ASK_DESTROY, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is not running");
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_independent),
		cmocka_unit_test(test_without_store),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_handed_over_meanwhile),
		cmocka_unit_test(test_no_devices),
		cmocka_unit_test(test_ready),
		cmocka_unit_test(test_time_out),
		cmocka_unit_test(test_nobody_waits),
		cmocka_unit_test(test_back_end_fails_later),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_was_up),
		cmocka_unit_test(test_restarts),
		cmocka_unit_test(test_not_selected),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
