/*
 * A guest is asked to shut down: by keys on its console where it has no store, else by its node.
 */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"

#define REQUEST "/local/domain/1/control/shutdown"

static int no_store(void *arg, struct err *e)
{
	(void)arg;
	return err_set(e, "there is none");
}

/* One guest, running. */
static void open_running_at(struct kit_units *k, const struct guest_config *cfg, bool store)
{
	fake_reset();
	kit_units_open(k, cfg, 1);
	k->all.find_store = no_store;
	if (store)
		kit_units_store(k);
	kit_units_start(k);
	kit_units_jobs(k);
	assert_int_equal(k->all.list[0].state, UNIT_RUNNING);
	kit_units_said(k);
}

static void open_running(struct kit_units *k, const struct guest_config *cfg)
{
	open_running_at(k, cfg, false);
}

static void expect_typed(uint32_t domid, const char *want)
{
	char buf[64] = "";
	const size_t n = fake_typed(domid, buf, sizeof(buf) - 1);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(buf, want, n);
}

static void test_stop(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	const uint64_t t = 1000 * NS_PER_S;
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	cfg.on_poweroff = ACTION_RESTART; /* not when an end was asked for */
	open_running(&k, &cfg);
	u = &k.all.list[0];
	unit_tick(&k.all, u, t);
	expect_typed(1, ""); /* nobody asked */
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, t, &e), 0);
	assert_int_equal(u->state, UNIT_STOPPING);
	unit_tick(&k.all, u, t);
	expect_typed(1, "\x0fs");
	unit_tick(&k.all, u, t + 499 * NS_PER_MS);
	expect_typed(1, "");
	unit_tick(&k.all, u, t + 500 * NS_PER_MS);
	expect_typed(1, "\x0fu");
	unit_tick(&k.all, u, t + 1499 * NS_PER_MS);
	expect_typed(1, "");
	unit_tick(&k.all, u, t + 1500 * NS_PER_MS);
	expect_typed(1, "\x0fo");
	unit_tick(&k.all, u, t + 60 * NS_PER_S);
	expect_typed(1, "");
	/* Given away before all is said: nothing more is typed. */
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, t + 60 * NS_PER_S, &e), 0);
	unit_tick(&k.all, u, t + 60 * NS_PER_S);
	expect_typed(1, "\x0fs");
	u->state = UNIT_RELEASED;
	unit_tick(&k.all, u, t + 62 * NS_PER_S);
	expect_typed(1, "");
	u->state = UNIT_STOPPING;
	/* Again: once more from the start. */
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, t + 63 * NS_PER_S, &e), 0);
	unit_tick(&k.all, u, t + 65 * NS_PER_S);
	expect_typed(1, "\x0fs\x0fu\x0fo");

	/* A reboot is an end, too, when an end was asked for. */
	kit_units_said(&k);
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_string_equal(kit_units_said(&k),
			    "earlydom: web: domain 1 stopped on request; destroyed\n");
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, t, &e), -1);
	assert_string_equal(e.msg, "web is not running");
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is not running");
	kit_units_close(&k);
}

/* A pvh guest is told to restart; a crash on the way is a crash, but not started again. */
static void test_stop_pvh(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;
	struct err e;
	uint64_t t = clock_ns();

	(void)state;
	cfg.on_crash = ACTION_RESTART;
	open_running(&k, &cfg);
	assert_int_equal(unit_event(&k.all, &k.all.list[0], EVENT_ASK_STOP, t, &e), 0);
	unit_tick(&k.all, &k.all.list[0], t + 3 * NS_PER_S);
	expect_typed(1, "\x0fs\x0fu\x0f"
			"b");
	kit_units_said(&k);
	fake_shutdown(1, SHUTDOWN_crash);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_string_equal(kit_units_said(&k), "earlydom: web: domain 1 crashed; destroyed\n");
	assert_int_equal(k.all.list[0].state, UNIT_ENDED);
	kit_units_close(&k);
	fake_reset();
}

/* A full ring takes the request later, and never half of it. */
static void test_stop_full_ring(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	const uint64_t t = 1000 * NS_PER_S;
	char input[1023], buf[2048];
	struct kit_units k;
	struct unit *u;
	struct err e;
	size_t n;

	(void)state;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	memset(input, 'i', sizeof(input));
	assert_int_equal(console_write(&u->console, k.all.xce, input, sizeof(input)), 1023);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, t, &e), 0);
	unit_tick(&k.all, u, t);
	n = fake_typed(1, buf, sizeof(buf));
	assert_int_equal(n, 1023); /* and no Ctrl-O alone */
	unit_tick(&k.all, u, t + NS_PER_MS);
	expect_typed(1, "\x0fs");
	kit_units_close(&k);
	fake_reset();
}

/* A guest that knows the store is asked there, as a toolstack asks it; its console stays clean. */
static void test_by_store(void **state)
{
	static const enum guest_type types[] = {GUEST_PV, GUEST_PVH};
	struct guest_config cfg;
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		cfg = kit_config("web", types[i]);
		cfg.on_poweroff = ACTION_RESTART;
		open_running_at(&k, &cfg, true);
		u = &k.all.list[0];
		assert_string_equal(fake_store_read(REQUEST), "");
		assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, clock_ns(), &e), 0);
		assert_int_equal(u->state, UNIT_STOPPING);
		kit_units_jobs(&k);
		assert_string_equal(fake_store_read(REQUEST), "poweroff");
		unit_tick(&k.all, u, clock_ns() + 10 * NS_PER_S);
		expect_typed(1, "");
		fake_shutdown(1, SHUTDOWN_poweroff);
		kit_units_look(&k, 0);
		kit_units_jobs(&k);
		assert_int_equal(u->state, UNIT_ENDED);
		assert_string_equal(u->why, "stopped on request");
		kit_units_close(&k);
		fake_reset();
	}
}

/* The store does not take it: said, and nothing else has changed. */
static void test_store_refuses(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	open_running_at(&k, &cfg, true);
	u = &k.all.list[0];
	fake_fail_call("xs_write", 1, ENOSPC);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, clock_ns(), &e), 0);
	assert_int_equal(u->state, UNIT_STOPPING);
	kit_units_jobs(&k);
	assert_int_equal(u->refusals, 1);
	assert_string_equal(u->refusal,
			    "cannot ask web to shut down: the store does not take " REQUEST);
	assert_string_equal(kit_units_said(&k), "earlydom: cannot ask web to shut down: the "
						"store does not take " REQUEST "\n");
	assert_int_equal(u->state, UNIT_RUNNING);
	assert_int_equal(u->stop_since, 0);
	kit_units_close(&k);
	fake_reset();
}

/*
 * Handed over: a pvh guest looks at its store from then on; a pv guest never does, and is asked on
 * the terminal that xenconsoled has for it.
 */
static void test_handed_over(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;
	const uint64_t t = 1000 * NS_PER_S;
	struct unit *u;
	struct err e;
	int terminal;

	(void)state;
	open_running_at(&k, &cfg, false);
	kit_units_store(&k);
	KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "%s", e.msg);
	assert_int_equal(unit_event(&k.all, &k.all.list[0], EVENT_ASK_STOP, t, &e), 0);
	kit_units_jobs(&k);
	assert_string_equal(fake_store_read(REQUEST), "poweroff");
	kit_units_close(&k);

	cfg = kit_config("web", GUEST_PV);
	open_running_at(&k, &cfg, false);
	kit_units_store(&k);
	u = &k.all.list[0];
	KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "%s", e.msg);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, t, &e), 0);
	assert_string_equal(fake_store_read(REQUEST), "");
	/* No terminal yet: the request is not lost. */
	kit_units_tick(&k, t);
	kit_units_tick(&k, t);
	assert_int_equal(u->stop_sent, 0);
	terminal = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(terminal >= 0 && !grantpt(terminal) && !unlockpt(terminal));
	fake_store_write("/local/domain/1/console/tty", ptsname(terminal));
	{
		/* Its other end, as xenconsoled keeps it: open, and raw. */
		const int kept = open(ptsname(terminal), O_RDWR | O_NOCTTY);

		assert_true(kept >= 0);
		usleep(150000); /* it is not looked for without end */
		kit_units_tick(&k, t);
		kit_units_tick(&k, t + 100 * NS_PER_MS);
		assert_int_equal(u->stop_sent, 1);
		kit_expect_typed(terminal, "\x0fs");
		unit_tick(&k.all, u, t + 2 * NS_PER_S);
		assert_int_equal(u->stop_sent, 3);
		kit_expect_typed(terminal, "\x0fu\x0fo");
		close(kept);
	}
	close(terminal);
	kit_units_close(&k);
	fake_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop),           cmocka_unit_test(test_stop_pvh),
		cmocka_unit_test(test_stop_full_ring), cmocka_unit_test(test_by_store),
		cmocka_unit_test(test_store_refuses),  cmocka_unit_test(test_handed_over),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
