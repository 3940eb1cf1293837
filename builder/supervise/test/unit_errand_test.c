/*
 * Units whose errands take their time: what the supervisor does meanwhile, and what it leaves
 * alone.
 */
#include "builder/fake/units.h"

#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"

#define SLOW_MS 150

static char *after_netvm[] = {"netvm"};

struct scene {
	struct guest_config cfgs[2];
	struct kit_units k;
	struct unit *netvm, *web;
};

/* "netvm", which has devices, and "web". */
static void open_scene(struct scene *s, bool after)
{
	fake_reset();
	s->cfgs[0] = kit_config("netvm", GUEST_PVH);
	s->cfgs[1] = kit_config("web", GUEST_PV);
	kit_devices(&s->cfgs[0]);
	if (after)
		s->cfgs[1].after = (struct strings){after_netvm, 1};
	kit_units_open(&s->k, s->cfgs, 2);
	kit_units_store(&s->k);
	s->netvm = &s->k.all.list[0];
	s->web = &s->k.all.list[1];
}

static void close_scene(struct scene *s)
{
	fake_slow(NULL, 0);
	kit_units_close(&s->k);
	fake_reset();
}

/* As the supervisor does, but errands do not come back yet: those for files, */
static void begin_with_files(struct scene *s)
{
	for (size_t i = 0; i < s->k.all.n; i++)
		unit_enter(&s->k.all, &s->k.all.list[i], UNIT_WAITING);
	units_proceed_waiting(&s->k.all, clock_ns());
}

/* or those for devices. */
static void begin(struct scene *s)
{
	for (size_t i = 0; i < s->k.all.n; i++)
		kit_unit_hold(&s->k, i);
	units_proceed_waiting(&s->k.all, clock_ns());
}

static int ask(struct scene *s, struct unit *u, enum unit_event command, struct err *e)
{
	return unit_event(&s->k.all, u, command, clock_ns(), e);
}

/* So do its files: nobody waits for them but itself, and those that may share a kernel with it. */
static void test_destroyed_while_files_held(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s, false);
	begin_with_files(&s);
	assert_true(unit_lent(s.netvm) && s.netvm->errand.kind == UNIT_ERRAND_IMAGES);
	assert_true(unit_lent(s.web) && s.web->errand.kind == UNIT_ERRAND_IMAGES);
	assert_true(errands_by_path(&s.k.errands));
	assert_int_equal(ask(&s, s.netvm, EVENT_ASK_DESTROY, &e), 0);
	assert_int_equal(s.netvm->state, UNIT_WAITING);
	kit_units_jobs(&s.k);
	assert_false(errands_by_path(&s.k.errands));
	assert_int_equal(s.netvm->state, UNIT_ENDED);
	assert_null(s.netvm->guest.kernel);
	/* One kernel for both, of which the other one has the rest. */
	assert_int_equal(s.web->state, UNIT_WAITING);
	assert_int_equal(s.web->guest.kernel->users, 1);
	assert_int_equal(s.web->guest.kernel->kernel_users, 1);
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	assert_int_equal(s.web->state, UNIT_RUNNING);
	close_scene(&s);
}

/* Nothing is built until it is known who shares a kernel; but files that hang are not waited for.
 */
static void test_files_hang(void **state)
{
	struct scene s;
	uint64_t now;

	(void)state;
	open_scene(&s, false);
	s.cfgs[0].nr_disks = s.cfgs[0].nr_vifs = 0;
	kit_unit_hold(&s.k, 0);
	now = clock_ns();
	unit_enter(&s.k.all, s.web, UNIT_WAITING);
	unit_proceed(&s.k.all, s.web, now);
	assert_true(s.web->errand.errand.away);
	unit_proceed(&s.k.all, s.netvm, now);
	assert_int_equal(s.netvm->state, UNIT_WAITING);
	unit_proceed(&s.k.all, s.netvm, now + NS_PER_S);
	assert_int_equal(s.netvm->state, UNIT_STARTING);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	close_scene(&s);
}

/* No file is looked for while the root is about to be another one. */
static void test_root_moves(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, false);
	s.k.all.root_moves = true;
	begin_with_files(&s);
	assert_false(s.netvm->errand.errand.away || s.web->errand.errand.away);
	s.k.all.root_moves = false;
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	assert_int_equal(s.web->state, UNIT_RUNNING);
	close_scene(&s);
}

/* While its disks are looked for it is not touched, and answers what that does not change. */
static void test_destroyed_while_held(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s, false);
	fake_slow("disk_hold", SLOW_MS);
	begin(&s);
	assert_true(unit_lent(s.netvm) && unit_busy(s.netvm) && !unit_has_job(s.netvm));
	assert_false(unit_settled(s.netvm));
	assert_int_equal(ask(&s, s.netvm, EVENT_ASK_RELEASE, &e), -1);
	assert_string_equal(e.msg, "netvm is waiting; try again when it is running");
	assert_int_equal(ask(&s, s.netvm, EVENT_ASK_DESTROY, &e), 0);
	assert_int_equal(s.netvm->state, UNIT_WAITING);
	assert_string_equal(kit_units_said(&s.k), "");
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_ENDED);
	assert_string_equal(kit_units_said(&s.k), "earlydom: netvm: not started, on request\n");
	assert_int_equal(fake_devices()->held, 0);
	assert_null(s.netvm->guest.disks);
	assert_int_equal(s.netvm->guest.domid, NO_DOMAIN);
	close_scene(&s);
}

static void test_destroyed_while_connecting(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s, true);
	fake_store()->back_ends = false;
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_CONNECTING);
	kit_units_said(&s.k);
	fake_slow("xs_read", SLOW_MS);
	unit_proceed(&s.k.all, s.netvm, clock_ns());
	assert_true(unit_lent(s.netvm));
	unit_proceed(&s.k.all, s.netvm, clock_ns()); /* one at a time */
	kit_units_look(&s.k, 0);                     /* left alone */
	assert_int_equal(ask(&s, s.netvm, EVENT_ASK_DESTROY, &e), 0);
	assert_int_equal(s.netvm->state, UNIT_CONNECTING);
	fake_slow(NULL, 0);
	fake_store()->back_ends = true;
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_ENDED);
	assert_memory_equal(kit_units_said(&s.k),
			    "earlydom: netvm: domain 1 destroyed on request\n", 47);
	close_scene(&s);
}

/* Whether it is up is asked without it: its end is seen, and the answer is of no use any more. */
static void test_ends_while_asked(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, true);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	fake_store_connect(1);
	fake_slow("xs_read", SLOW_MS);
	unit_proceed(&s.k.all, s.netvm, clock_ns());
	assert_true(s.netvm->errand.errand.away && !unit_busy(s.netvm));
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&s.k, 0);
	assert_int_equal(s.netvm->state, UNIT_STARTING);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	assert_int_equal(s.netvm->guest.domid, 2);
	assert_false(s.netvm->up);
	close_scene(&s);
}

/* A store that does not answer holds up nobody for longer than the descriptor says. */
static void test_late_whether_up(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, true);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	kit_units_said(&s.k);
	fake_slow("xs_read", SLOW_MS);
	unit_proceed(&s.k.all, s.netvm, clock_ns());
	errands_tick(&s.k.errands, clock_ns() + ERRAND_LATE_NS);
	unit_proceed(&s.k.all, s.netvm, s.netvm->since + 59 * NS_PER_S);
	assert_false(s.netvm->up);
	unit_proceed(&s.k.all, s.netvm, s.netvm->since + 60 * NS_PER_S);
	assert_true(s.netvm->up && s.netvm->errand.errand.away);
	assert_string_equal(
		kit_units_said(&s.k),
		"earlydom: netvm: the look whether it is up has not answered for 10 s\n"
		"earlydom: netvm: not up after 60 s (its devices are not connected); what comes "
		"after it waits no longer\n");
	close_scene(&s);
}

/* A disk that hangs is said, and what comes after its guest waits no longer. */
static void test_disk_hangs(void **state)
{
	static const char words[] =
		"earlydom: netvm: the look for its devices has not answered for 10 s\n"
		"earlydom: web: starts without netvm, which it comes after (waiting)\n";
	struct scene s;

	(void)state;
	open_scene(&s, true);
	fake_slow("disk_hold", 2 * SLOW_MS);
	begin(&s);
	assert_int_equal(s.web->state, UNIT_WAITING);
	errands_tick(&s.k.errands, clock_ns() + ERRAND_LATE_NS);
	units_proceed_waiting(&s.k.all, clock_ns() + ERRAND_LATE_NS);
	assert_int_equal(s.web->state, UNIT_STARTING);
	assert_true(unit_hangs(s.netvm));
	assert_string_equal(kit_units_said(&s.k), words);
	kit_units_jobs(&s.k);
	assert_int_equal(s.web->state, UNIT_RUNNING);
	/* It is taken up when it comes back. */
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	assert_non_null(strstr(kit_units_said(&s.k),
			       "earlydom: netvm: the look for its devices has come to its end, "));
	close_scene(&s);
}

static void set_unpacking(struct image_file *f, bool busy)
{
	pthread_mutex_lock(&f->lock);
	f->kernel_busy = busy;
	pthread_cond_broadcast(&f->unpacking_over);
	pthread_mutex_unlock(&f->lock);
}

/* A build that hangs is said, too, and is not waited for. */
static void test_build_hangs(void **state)
{
	static const char words[] =
		"earlydom: netvm: its build has not come to an end for 60 s\n"
		"earlydom: web: starts without netvm, which it comes after (starting)\n";
	struct image_file *kernel;
	struct scene s;

	(void)state;
	open_scene(&s, true);
	s.cfgs[0].nr_disks = s.cfgs[0].nr_vifs = 0;
	kit_unit_hold(&s.k, 0);
	kit_unit_hold(&s.k, 1);
	kernel = s.netvm->guest.kernel;
	set_unpacking(kernel, true);
	units_proceed_waiting(&s.k.all, clock_ns());
	assert_int_equal(s.netvm->state, UNIT_STARTING);
	assert_int_equal(s.web->state, UNIT_WAITING);
	while (!s.netvm->job.late) {
		assert_false(unit_hangs(s.netvm));
		worker_tick(&s.k.worker, clock_ns() + JOB_LATE_NS);
	}
	assert_true(unit_hangs(s.netvm) && unit_busy(s.netvm));
	units_proceed_waiting(&s.k.all, clock_ns());
	assert_int_equal(s.web->state, UNIT_STARTING);
	assert_string_equal(kit_units_said(&s.k), words);
	set_unpacking(kernel, false);
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->state, UNIT_RUNNING);
	assert_false(unit_hangs(s.netvm));
	assert_int_equal(s.web->state, UNIT_RUNNING);
	assert_non_null(strstr(kit_units_said(&s.k),
			       "earlydom: netvm: its build has come to its end, after "));
	close_scene(&s);
}

/* Builds begin in the guests' order, as long as nothing hangs. */
static void test_order(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, false);
	fake_slow("disk_hold", SLOW_MS);
	begin(&s);
	assert_int_equal(s.web->state, UNIT_WAITING);
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	assert_int_equal(s.netvm->guest.domid, 1);
	assert_int_equal(s.web->guest.domid, 2);
	close_scene(&s);

	open_scene(&s, false);
	fake_slow("disk_hold", SLOW_MS);
	begin(&s);
	units_proceed_waiting(&s.k.all, clock_ns() + NS_PER_S);
	assert_int_equal(s.web->state, UNIT_STARTING);
	assert_int_equal(s.netvm->state, UNIT_WAITING);
	close_scene(&s);
}

/* Two guests may want the same disk: the first one looks first. */
static void test_disks_in_order(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, false);
	kit_devices(&s.cfgs[1]);
	fake_slow("disk_hold", SLOW_MS);
	begin(&s);
	assert_true(s.netvm->errand.errand.away);
	assert_false(s.web->errand.errand.away || s.web->looks);
	units_proceed_waiting(&s.k.all, s.netvm->errand.now + NS_PER_S);
	assert_true(s.web->errand.errand.away);
	kit_units_jobs(&s.k);
	close_scene(&s);
}

/* A request that the store has not answered is not made twice, and no other domain's. */
static void test_request(void **state)
{
	struct scene s;
	unsigned writes;
	struct err e;

	(void)state;
	open_scene(&s, true);
	kit_units_start(&s.k);
	kit_units_jobs(&s.k);
	writes = fake_calls_of("xs_write");
	fake_slow("xs_write", SLOW_MS);
	assert_int_equal(ask(&s, s.netvm, EVENT_ASK_STOP, &e), 0);
	assert_int_equal(ask(&s, s.netvm, EVENT_ASK_STOP, &e), 0);
	assert_int_equal(s.netvm->state, UNIT_STOPPING);
	assert_true(s.netvm->request.errand.away && !unit_busy(s.netvm));
	s.netvm->request.domid = 17;
	assert_int_equal(ask(&s, s.netvm, EVENT_ASK_STOP, &e), -1);
	kit_good_message(&e);
	s.netvm->request.domid = 1;
	kit_units_jobs(&s.k);
	assert_string_equal(fake_store_read("/local/domain/1/control/shutdown"), "poweroff");
	assert_int_equal(fake_calls_of("xs_write"), writes + 1);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_destroyed_while_files_held),
		cmocka_unit_test(test_files_hang),
		cmocka_unit_test(test_root_moves),
		cmocka_unit_test(test_destroyed_while_held),
		cmocka_unit_test(test_destroyed_while_connecting),
		cmocka_unit_test(test_ends_while_asked),
		cmocka_unit_test(test_late_whether_up),
		cmocka_unit_test(test_disk_hangs),
		cmocka_unit_test(test_build_hangs),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_disks_in_order),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
