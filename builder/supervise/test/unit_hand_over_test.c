/*
 * Guests that are given away: released to whoever cares for them, or handed over to a store that
 * has come after them.
 */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"

#define LOG "tails/guest-web.log"

/* Finds the store that the test has made meanwhile, as the supervisor does. */
static int find_store(void *arg, struct err *e)
{
	struct kit_units *k = arg;

	if (!fake_store()->running)
		return err_set(e, "no xenstored runs");
	kit_units_store(k);
	k->all.consoles = CONSOLES_ELSEWHERE;
	return 0;
}

static void open_wards(struct kit_units *k, const struct guest_config *cfgs, size_t n, bool store)
{
	fake_reset();
	kit_units_open(k, cfgs, n);
	k->all.find_store = find_store;
	k->all.find_store_arg = k;
	if (store) {
		kit_units_store(k);
		kit_units_consoled(k);
	}
	kit_units_start(k);
	kit_units_jobs(k);
	kit_units_said(k);
}

static void close_wards(struct kit_units *k)
{
	kit_units_close(k);
	fake_reset();
}

static void append(const char *text)
{
	const int fd = open(kit_path(LOG), O_WRONLY | O_APPEND);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Release. */

static void test_release(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	char text[64];
	struct unit *u;
	struct err e;

	(void)state;
	kit_devices(&cfg);
	cfg.on_poweroff = ACTION_RESTART;
	open_wards(&k, &cfg, 1, true);
	u = &k.all.list[0];
	assert_int_equal(fake_devices()->held, 2);
	append("last heard\n");
	KIT_CHECK(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e) == 0, "%s", e.msg);
	assert_string_equal(kit_units_said(&k), "earlydom: web: domain 1 released\n");
	assert_int_equal(u->state, UNIT_RELEASED);
	kit_units_record(&k, 0, "state=released\ndomid=1");
	kit_units_record(&k, 0, "cause=released on request");
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "last heard\n");
	assert_true(unit_settled(u) && !unit_over(u) && !unit_undecided(u));
	kit_units_jobs(&k); /* which give back what was held */
	/* It runs on, with its nodes, and nothing is held for it. */
	assert_true(fake_domain(1)->running);
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	assert_int_equal(fake_devices()->held, 0);
	assert_null(k.images.files);
	append("not heard\n");
	assert_int_equal(unit_console(&k.all, u), 0);

	/* Nothing of what is asked of others can be asked any more. */
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web was released already");
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web was released: it is not earlydom's any more");
	assert_string_equal(fake_store_read("/local/domain/1/control/shutdown"), "");

	/* What it does is its own affair. */
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&k, 0);
	kit_units_tick(&k, clock_ns() + 100 * NS_PER_S);
	kit_units_jobs(&k);
	assert_string_equal(kit_units_said(&k), "");
	assert_int_equal(u->state, UNIT_RELEASED);
	assert_int_equal(fake_domains(), 1);
	/* But that it is no more is to be seen; what is left in the store is not ours to remove. */
	assert_int_equal(xc_domain_destroy(k.host.xch, 1), 0);
	kit_units_look(&k, 0);
	assert_false(unit_busy(u));
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(u->guest.domid, NO_DOMAIN);
	assert_string_equal(kit_units_said(&k),
			    "earlydom: web: domain 1 was destroyed by somebody else\n");
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	assert_true(unit_over(u));
	fake_store_remove("/local/domain");
	fake_store_remove("/libxl");
	fake_store_remove("/vm");
	close_wards(&k);
}

/* A guest whose ring nobody else drains would stop. */
static void test_release_refused(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	open_wards(&k, &cfg, 1, false);
	u = &k.all.list[0];
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web would stop when its console is full, which only earlydom "
				   "drains: `earlydom handover` gives it to xenconsoled first");
	assert_int_equal(u->state, UNIT_RUNNING);
	assert_non_null(u->console.ring);
	assert_non_null(k.images.files);
	/* As it says. */
	fake_store()->running = true;
	KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "%s", e.msg);
	KIT_CHECK(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e) == 0, "%s", e.msg);
	close_wards(&k);

	open_wards(&k, &cfg, 1, true);
	u = &k.all.list[0];
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is stopping; try again when it is running");
	kit_units_jobs(&k);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is not running");
	close_wards(&k);
}

/* A released guest is not destroyed by its name, either. */
static void test_release_destroy(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;
	struct err e;

	(void)state;
	kit_devices(&cfg);
	open_wards(&k, &cfg, 1, true);
	assert_int_equal(unit_event(&k.all, &k.all.list[0], EVENT_ASK_RELEASE, clock_ns(), &e), 0);
	assert_int_equal(unit_event(&k.all, &k.all.list[0], EVENT_ASK_DESTROY, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web was released: it is not earlydom's any more");
	kit_units_jobs(&k);
	assert_int_equal(k.all.list[0].state, UNIT_RELEASED);
	assert_int_equal(fake_domains(), 1);
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	close_wards(&k);
}

/* Hand-over. */

static void expect_closed(const struct unit *u)
{
	assert_null(u->console.ring);
	assert_int_equal(fake_domain(u->guest.domid)->mapped, 0);
}

static void test_hand_over(void **state)
{
	struct guest_config cfgs[2] = {kit_config("web", GUEST_PV), kit_config("db", GUEST_PVH)};
	const char *said;
	struct kit_units k;
	struct unit *web, *db;
	char text[64];
	struct err e;

	(void)state;
	open_wards(&k, cfgs, 2, false);
	web = &k.all.list[0];
	db = &k.all.list[1];
	assert_int_equal(web->guest.store_port, 0);
	assert_true(fake_domain(2)->hvm_param[HVM_PARAM_STORE_PFN] == ~UINT64_C(0));
	fake_print(1, "before\n");
	fake_store()->running = true;
	KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "%s", e.msg);
	said = kit_units_said(&k);
	assert_string_equal(
		said,
		"earlydom: web: domain 1 is in the store now, with its name and its console; as a "
		"pv guest that was started without one it does not see requests there (shutdown, "
		"memory, vcpus, devices)\n"
		"earlydom: db: domain 2 is in the store now\n");
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "before\n");
	/* They were not disturbed. */
	assert_true(fake_domain(1)->running && fake_domain(2)->running);
	assert_int_equal(web->state, UNIT_RUNNING);
	assert_int_equal(fake_calls_of("xc_domain_pause"), 0);
	/* Their rings are xenconsoled's from now on. */
	expect_closed(web);
	expect_closed(db);

	assert_true(web->guest.in_store && web->guest.handed_over);
	assert_string_equal(fake_store_read("/local/domain/1/name"), "web");
	assert_string_equal(fake_store_read("/local/domain/2/name"), "db");
	assert_true(fake_store_introduced(1) && fake_store_introduced(2));
	/* The pv guest got a channel that it does not know of, beside its console's. */
	assert_int_not_equal(web->guest.store_port, 0);
	assert_int_not_equal(web->guest.store_port, web->guest.console_port);
	assert_true(fake_domain(1)->port[web->guest.store_port]);
	/* The pvh guest has waited for this page. */
	assert_true(fake_domain(2)->hvm_param[HVM_PARAM_STORE_PFN] == db->guest.store_gfn);
	assert_true(fake_domain(2)->hvm_param[HVM_PARAM_STORE_EVTCHN] == db->guest.store_port);

	/* Once is enough. */
	KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "%s", e.msg);
	assert_string_equal(kit_units_said(&k), "");

	/* Restarted, it is a guest with a store from its beginning. */
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_int_equal(web->state, UNIT_RUNNING);
	assert_int_equal(web->guest.domid, 3);
	assert_true(web->guest.in_store && !web->guest.handed_over);
	assert_int_equal(fake_domain(3)->store_evtchn, web->guest.store_port);
	assert_null(web->console.ring);
	assert_null(fake_store_read("/local/domain/1"));
	close_wards(&k);
}

/* No store, and no change. */
static void test_no_store(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;
	struct err e;

	(void)state;
	open_wards(&k, &cfg, 1, false);
	assert_int_equal(kit_units_hand_over(&k, &e), -1);
	assert_string_equal(e.msg, "no xenstored runs");
	assert_non_null(k.all.list[0].console.ring);
	assert_false(k.all.list[0].guest.in_store);
	assert_string_equal(kit_units_said(&k), "");
	close_wards(&k);
}

/* A guest at which a worker is does not keep the others from it. */
static void test_busy(void **state)
{
	struct guest_config cfgs[2] = {kit_config("web", GUEST_PV), kit_config("db", GUEST_PV)};
	struct kit_units k;
	struct err e;

	(void)state;
	open_wards(&k, cfgs, 2, false);
	kit_units_store(&k);
	assert_int_equal(unit_event(&k.all, &k.all.list[1], EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "%s", e.msg);
	assert_true(k.all.list[0].guest.in_store);
	kit_units_jobs(&k);
	close_wards(&k);
}

/* One that has ended and is kept stays as it is. One that is asked to end may need its console. */
static void test_who(void **state)
{
	struct guest_config cfgs[2] = {kit_config("web", GUEST_PV), kit_config("db", GUEST_PV)};
	struct kit_units k;
	struct err e;

	(void)state;
	cfgs[0].on_crash = ACTION_PRESERVE;
	open_wards(&k, cfgs, 2, false);
	fake_store()->running = true;
	fake_shutdown(1, SHUTDOWN_crash);
	kit_units_look(&k, 0);
	assert_int_equal(unit_event(&k.all, &k.all.list[1], EVENT_ASK_STOP, clock_ns(), &e), 0);
	KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "%s", e.msg);
	assert_false(k.all.list[0].guest.in_store);
	assert_true(k.all.list[1].guest.in_store);
	assert_int_equal(k.all.list[1].state, UNIT_STOPPING);
	close_wards(&k);
}

/*
 * Every call fails once. Where it does the guest keeps its console, nothing of it is in the store,
 * the others are handed over all the same, and another try is right.
 */
static void sweep(enum guest_type type)
{
	struct guest_config cfgs[2] = {kit_config("web", type), kit_config("db", GUEST_PVH)};
	struct kit_units k;
	struct unit *web;
	const char *call, *said;
	struct err e;
	unsigned n;
	int rc;

	for (n = 1; n < 500; n++) {
		open_wards(&k, cfgs, 2, false);
		web = &k.all.list[0];
		fake_store()->running = true;
		assert_int_equal(find_store(&k, &e), 0);
		fake_fail_at(n, EIO);
		rc = kit_units_hand_over(&k, &e);
		call = fake_failed();
		fake_fail_at(0, 0);
		if (!rc) {
			KIT_CHECK(!call, "%s failed, and nobody cared", call);
			close_wards(&k);
			break;
		}
		kit_good_message(&e);
		KIT_CHECK(strstr(e.msg, strerror(EIO)), "%s: %s", call, e.msg);
		said = kit_units_said(&k);
		KIT_CHECK(strstr(said, e.msg), "%s: said: %s", call, said);
		assert_int_not_equal(web->guest.in_store, k.all.list[1].guest.in_store);
		if (!web->guest.in_store) {
			assert_memory_equal(e.msg, "web: ", 5);
			assert_non_null(web->console.ring);
			assert_false(web->guest.handed_over);
			assert_null(fake_store_read("/local/domain/1"));
			fake_print(1, "heard");
			assert_int_equal(unit_console(&k.all, web), 5);
			expect_closed(&k.all.list[1]);
		}
		assert_true(fake_domain(1)->running && fake_domain(2)->running);
		KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "after %s: %s", call, e.msg);
		assert_true(web->guest.in_store && k.all.list[1].guest.in_store);
		close_wards(&k);
	}
	assert_in_range(n, 60, 400);
}

static void test_nth_call(void **state)
{
	(void)state;
	sweep(GUEST_PV);
	sweep(GUEST_PVH);
}

/* The console does not come back, either: both causes are said. */
static void test_console_lost(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;
	struct err e;

	(void)state;
	open_wards(&k, &cfg, 1, false);
	fake_store()->running = true;
	assert_int_equal(find_store(&k, &e), 0);
	fake_store()->running = false;
	fake_fail_always("xc_map_foreign_range", 1, EIO);
	assert_int_equal(kit_units_hand_over(&k, &e), -1);
	assert_memory_equal(e.msg, "web: [cannot map ", 17);
	assert_non_null(strstr(e.msg, "] cannot reach xenstored at "));
	kit_good_message(&e);
	fake_fail_at(0, 0);
	close_wards(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_release_refused),
		cmocka_unit_test(test_release_destroy),
		cmocka_unit_test(test_hand_over),
		cmocka_unit_test(test_no_store),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_nth_call),
		cmocka_unit_test(test_console_lost),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
