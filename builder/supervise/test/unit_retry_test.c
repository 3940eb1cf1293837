/*
 * A start that fails for a cause that can pass is tried again: when, how often, what is said, and
 * what is asked of the guest meanwhile.
 */
#include "builder/fake/units.h"

#include <sys/resource.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"

static struct guest_config retried(const char *name, unsigned retries)
{
	struct guest_config cfg = kit_config(name, GUEST_PV);

	cfg.start_retries = retries;
	return cfg;
}

/* One guest, whose first start fails at the call with that errno. */
static struct unit *open_failed(struct kit_units *k, const struct guest_config *cfg,
				const char *call, int errnum)
{
	fake_reset();
	kit_units_open(k, cfg, 1);
	fake_fail_call(call, 1, errnum);
	kit_units_start(k);
	kit_units_jobs(k);
	return &k->all.list[0];
}

static void expect_row(const struct unit *u, uint64_t now, const char *want)
{
	char text[1024] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	unit_print_row(u, now, f);
	fclose(f);
	assert_string_equal(text, want);
}

/* From the failure over the pause to the success. */
static void test_comes_up(void **state)
{
	const struct guest_config cfg = retried("web", 3);
	char want[256];
	struct kit_units k;
	struct unit *u = open_failed(&k, &cfg, "xc_domain_create", ENOMEM);

	(void)state;
	snprintf(want, sizeof(want),
		 "earlydom: web: cannot create a domain: %s; tried again in 2 s\n",
		 strerror(ENOMEM));
	assert_string_equal(kit_units_said(&k), want);
	assert_int_equal(u->state, UNIT_RETRYING);
	assert_true(unit_failed_so_far(u));
	assert_false(unit_failed(u) || unit_over(u) || unit_undecided(u));
	assert_non_null(k.images.files);
	snprintf(want, sizeof(want),
		 "web\t-\tlinux\tpv\t64\t1\tretrying\t0\t-\t1\t2\tcannot create a domain: %s\n",
		 strerror(ENOMEM));
	expect_row(u, u->retry_at - 2 * NS_PER_S + 1, want);
	kit_units_record(&k, 0, "state=retrying");
	kit_units_record(&k, 0, "failed_starts=1");

	kit_units_tick(&k, u->retry_at - 1);
	assert_int_equal(u->state, UNIT_RETRYING);
	kit_units_tick(&k, u->retry_at);
	assert_int_equal(u->state, UNIT_STARTING);
	/* It is known by now that it is not up: nobody waits for this try. */
	assert_false(unit_undecided(u));
	assert_true(unit_failed_so_far(u));
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_RUNNING);
	assert_non_null(strstr(kit_units_said(&k), " ms), after 1 failed try\n"));
	assert_false(unit_failed_so_far(u));
	assert_string_equal(u->why, "");
	kit_units_close(&k);
}

/* Tries until u is not retrying any more; each fails. Returns how many there were. */
static unsigned try_all(struct kit_units *k, struct unit *u, unsigned most)
{
	unsigned n = 0;

	while (u->state == UNIT_RETRYING && n < most) {
		fake_fail_call("xc_domain_create", 1, ENOMEM);
		kit_units_tick(k, u->retry_at);
		kit_units_tick(k, u->retry_at);
		kit_units_jobs(k);
		n++;
	}
	return n;
}

static void test_limits(void **state)
{
	struct guest_config cfg = retried("web", 2);
	struct kit_units k;
	struct unit *u = open_failed(&k, &cfg, "xc_domain_create", ENOMEM);

	(void)state;
	assert_int_equal(try_all(&k, u, 10), 2);
	assert_int_equal(u->state, UNIT_FAILED);
	assert_null(k.images.files);
	assert_non_null(strstr(kit_units_said(&k), "; not tried again, after 3 tries\n"));
	kit_units_close(&k);

	/* A cause that does not pass. */
	u = open_failed(&k, &cfg, "xc_domain_create", EINVAL);
	assert_int_equal(u->state, UNIT_FAILED);
	kit_units_close(&k);

	/* As usual: three times before it has run, then without end. */
	cfg.start_retries = RETRIES_AS_USUAL;
	u = open_failed(&k, &cfg, "xc_domain_create", ENOMEM);
	assert_int_equal(try_all(&k, u, 10), 3);
	assert_int_equal(u->state, UNIT_FAILED);
	kit_units_close(&k);
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	kit_units_start(&k);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_RUNNING);
	fake_shutdown(u->guest.domid, SHUTDOWN_reboot);
	fake_fail_call("xc_domain_create", 1, ENOMEM);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_int_equal(try_all(&k, u, 20), 20);
	assert_int_equal(u->state, UNIT_RETRYING);
	assert_int_equal(u->tries, 21);
	kit_units_close(&k);
}

/* What fails after the build is undone first. */
static void test_undone(void **state)
{
	const struct guest_config cfg = retried("web", RETRIES_UNLIMITED);
	struct kit_units k;
	struct unit *u = open_failed(&k, &cfg, "xc_domain_unpause", EIO);
	const char *said = kit_units_said(&k);
	struct err e;

	(void)state;
	assert_non_null(strstr(said, "; domain destroyed\nearlydom: web: tried again in 2 s\n"));
	assert_int_equal(u->state, UNIT_RETRYING);
	assert_int_equal(fake_domains(), 0);
	assert_non_null(strstr(u->why, strerror(EIO)));
	kit_units_tick(&k, u->retry_at);
	kit_units_tick(&k, u->retry_at);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_RUNNING);
	kit_units_close(&k);

	/* Somebody asks for its end while it is undone. */
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	fake_fail_call("xc_domain_unpause", 1, EIO);
	kit_units_start(&k);
	while (u->state != UNIT_FAILING) {
		struct job *j = worker_take(&k.worker);

		if (j)
			unit_job_done(&k.all, u);
	}
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_FAILED);
	kit_units_close(&k);
}

/* Commands while it waits for its next try. */
static void test_commands(void **state)
{
	static const enum unit_event ends[] = {EVENT_ASK_STOP, EVENT_ASK_DESTROY};
	const struct guest_config cfg = retried("web", 3);
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		u = open_failed(&k, &cfg, "xc_domain_create", ENOMEM);
		kit_units_said(&k);
		assert_int_equal(unit_event(&k.all, u, ends[i], clock_ns(), &e), 0);
		assert_string_equal(kit_units_said(&k),
				    "earlydom: web: not tried again, on request\n");
		assert_int_equal(u->state, UNIT_ENDED);
		assert_string_equal(u->why, "destroyed on request");
		assert_null(k.images.files);
		/* A fresh start has all its tries. */
		fake_fail_call("xc_domain_create", 1, ENOMEM);
		assert_int_equal(unit_event(&k.all, u, EVENT_ASK_START, clock_ns(), &e), 0);
		kit_units_tick(&k, clock_ns());
		kit_units_jobs(&k);
		assert_int_equal(u->state, UNIT_RETRYING);
		assert_int_equal(u->tries, 1);
		kit_units_close(&k);
	}
	u = open_failed(&k, &cfg, "xc_domain_create", ENOMEM);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e), -1);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_START, clock_ns(), &e), 0);
	kit_units_tick(&k, clock_ns());
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_RUNNING);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_START, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is running already");
	kit_units_close(&k);
}

/* What comes after it waits for its first try alone. */
static void test_after(void **state)
{
	static char first[] = "web", *names[] = {first};
	struct guest_config cfgs[2] = {retried("web", 3), retried("db", 3)};
	struct kit_units k;

	(void)state;
	cfgs[1].after = (struct strings){names, 1};
	fake_reset();
	kit_units_open(&k, cfgs, 2);
	fake_fail_call("xc_domain_create", 1, ENOMEM);
	kit_units_start(&k);
	kit_units_jobs(&k);
	assert_int_equal(k.all.list[0].state, UNIT_RETRYING);
	kit_units_tick(&k, clock_ns());
	kit_units_jobs(&k);
	assert_int_equal(k.all.list[1].state, UNIT_RUNNING);
	assert_non_null(strstr(kit_units_said(&k),
			       "db: starts without web, which it comes after (retrying)\n"));
	kit_units_close(&k);
}

/* A guest with a store, whose first try has failed. */
static struct unit *open_with_disks(struct kit_units *k, const struct guest_config *cfg)
{
	fake_reset();
	kit_units_open(k, cfg, 1);
	kit_units_store(k);
	fake_fail_call("xc_domain_create", 1, ENOMEM);
	kit_units_start(k);
	kit_units_jobs(k);
	assert_int_equal(k->all.list[0].state, UNIT_RETRYING);
	return &k->all.list[0];
}

/* Disks that it has stay its own from one try to the next. */
static void test_disks(void **state)
{
	struct guest_config cfg = retried("web", 3);
	struct disk *held;
	struct kit_units k;
	struct unit *u;

	(void)state;
	kit_devices(&cfg);
	u = open_with_disks(&k, &cfg);
	assert_non_null(u->guest.disks);
	held = u->guest.disks[0];
	kit_units_tick(&k, u->retry_at);
	kit_units_tick(&k, u->retry_at + NS_PER_S);
	assert_int_equal(u->state, UNIT_STARTING);
	assert_ptr_equal(u->guest.disks[0], held);
	assert_int_equal(fake_devices()->holds, 2);
	kit_units_jobs(&k);
	kit_units_close(&k);

	/* But for those that were unplugged meanwhile. */
	u = open_with_disks(&k, &cfg);
	fake_devices()->lost = true;
	kit_units_tick(&k, u->retry_at);
	fake_devices()->lost = false;
	kit_units_jobs(&k);
	kit_units_tick(&k, u->retry_at + NS_PER_S);
	assert_int_equal(fake_devices()->holds, 4);
	kit_units_jobs(&k);
	kit_units_close(&k);
}

/* How many files may be open. */
static rlim_t files_now(void)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	return r.rlim_cur;
}

static void set_files(rlim_t n)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
}

/* A file that can't be read now is read at the next try; one that is not there is not waited for.
 */
static void test_files(void **state)
{
	struct guest_config cfg = retried("web", 3);
	const rlim_t old = files_now();
	char missing[256];
	struct kit_units k;
	struct unit *u;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	unit_enter(&k.all, u, UNIT_WAITING);
	set_files(3);
	kit_units_tick(&k, clock_ns());
	set_files(old);
	assert_int_equal(u->state, UNIT_RETRYING);
	assert_null(k.images.files);
	kit_units_tick(&k, u->retry_at);
	assert_int_equal(u->state, UNIT_STARTING);
	kit_units_jobs(&k);
	assert_non_null(k.images.files);
	assert_int_equal(u->state, UNIT_RUNNING);
	kit_units_close(&k);

	snprintf(missing, sizeof(missing), "%s", kit_path("missing"));
	cfg.kernel = missing;
	kit_units_open(&k, &cfg, 1);
	kit_units_start(&k);
	assert_int_equal(k.all.list[0].state, UNIT_FAILED);
	kit_units_close(&k);
}

/* A guest whose log can't be made runs without. */
static void test_no_log(void **state)
{
	const struct guest_config cfg = retried("web", 0);
	struct kit_units k;
	struct unit u;
	struct err e;
	int console;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	console = k.run.console;
	k.run.console = -1;
	assert_int_equal(unit_init(&k.all, &u, &cfg, &e), 0);
	k.run.console = console;
	assert_non_null(strstr(kit_units_said(&k), "earlydom: web: cannot write the console log "));
	assert_int_equal(u.log.fd, -1);
	unit_release(&k.all, &u);
	kit_units_start(&k);
	kit_units_jobs(&k);
	kit_units_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_up), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_undone),   cmocka_unit_test(test_commands),
		cmocka_unit_test(test_after),    cmocka_unit_test(test_disks),
		cmocka_unit_test(test_files),    cmocka_unit_test(test_no_log),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
