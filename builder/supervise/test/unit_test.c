/*
 * A guest under supervision: what happens to it for everything that can happen to its domain, and
 * what is asked of it from outside.
 */
#include "builder/fake/units.h"

#include <unistd.h>

#include <xen/io/console.h>
#include <xen/sched.h>

#include "base/clock.h"
#include "builder/supervise/timeline.h"
#include "loaders/test/elf_build.h"
#include "loaders/test/pe_build.h"

/* One guest, running. */
static void open_running(struct kit_units *k, const struct guest_config *cfg)
{
	char want[128];

	fake_reset();
	kit_units_open(k, cfg, 1);
	kit_units_start(k);
	assert_int_equal(k->all.list[0].state, UNIT_STARTING);
	kit_units_jobs(k);
	assert_int_equal(k->all.list[0].state, UNIT_RUNNING);
	snprintf(want, sizeof(want),
		 "earlydom: web: started as domain %u (linux %s, 64 MiB, 1 vcpu, ",
		 k->all.list[0].guest.domid, guest_type_name(cfg->type));
	assert_memory_equal(kit_units_said(k), want, strlen(want));
}

static void expect_row(const struct unit *u, const char *want)
{
	char text[1024] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	unit_print_row(u, 0, f);
	fclose(f);
	assert_string_equal(text, want);
}

static void test_reports(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;
	struct unit *u;

	(void)state;
	cfg.vcpus = cfg.maxvcpus = 2;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	expect_row(u, "web\t-\tlinux\tpvh\t64\t2\twaiting\t0\t-\t0\t-\t-\n");
	kit_units_start(&k);
	kit_units_jobs(&k);
	assert_non_null(strstr(kit_units_said(&k),
			       "web: started as domain 1 (linux pvh, 64 MiB, 2 vcpus, "));
	u->guest.build_ns = 83 * NS_PER_MS + 999999;
	expect_row(u, "web\t1\tlinux\tpvh\t64\t2\trunning\t0\t83\t0\t-\t-\n");
	kit_units_record(&k, 0,
			 "name=web\nstate=running\ndomid=1\n"
			 "uuid=77656200-0000-0000-0000-000000000000\n"
			 "image=linux\ntype=pvh\nmemory=64\nvcpus=2\nrestarts=0\nbuild_ms=");
	kit_units_close(&k);
	fake_reset();
}

/* What is not used of a UKI is told of at the guest's start, and not again. */
static void test_kernel_note(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	static char path[256];
	static struct mk m;
	struct kit_units k;
	struct bytes b;
	const char *said;

	(void)state;
	mk_linux(&m);
	b = pb_uki(m.data, m.len);
	kit_write("uki", b.data, b.len);
	free(b.data);
	snprintf(path, sizeof(path), "%s", kit_path("uki"));
	cfg.kernel = path;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	kit_units_start(&k);
	kit_units_jobs(&k);
	said = kit_units_said(&k);
	assert_memory_equal(said, "earlydom: web: note: kernel /", 29);
	assert_non_null(strstr(said, "/uki is a UKI, of which only the section .linux is used, not "
				     ".initrd and .cmdline: the guest has no ramdisk\n"
				     "earlydom: web: started as domain 1 ("));
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	said = kit_units_said(&k);
	assert_non_null(strstr(said, "web: restarted as domain 2 ("));
	assert_null(strstr(said, "UKI"));
	kit_units_close(&k);
	fake_reset();
}

/* Whether u's row of the timeline has phases, and whether it has their end. */
static void expect_phases(const struct unit *u, bool some, bool end)
{
	const struct phases none = {0};
	struct timeline t = {.began = 1};
	char text[1024] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	unit_print_phases(u, f);
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	assert_true(timeline_add(&t, text));
	assert_string_equal(t.guests[0].name, "web");
	assert_int_equal(memcmp(&t.guests[0].phases, &none, sizeof(none)) != 0, some);
	assert_int_equal(t.guests[0].phases.end != 0, end);
	timeline_free(&t);
}

static void test_phases(void **state)
{
	const struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	kit_unit_hold(&k, 0);
	expect_phases(u, true, false);
	/* What looks for its files has it for itself. */
	u->errand.kind = UNIT_ERRAND_IMAGES;
	u->errand.errand.away = true;
	expect_phases(u, false, false);
	u->errand.errand.away = false;
	/* So has the worker, for the first build; what is over is shown whatever it does. */
	unit_proceed(&k.all, u, clock_ns());
	assert_true(unit_busy(u));
	expect_phases(u, false, false);
	kit_units_jobs(&k);
	expect_phases(u, true, true);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	assert_true(unit_busy(u));
	expect_phases(u, true, true);
	kit_units_jobs(&k);
	kit_units_close(&k);

	/* One that is ended before it ran has come to the end of its start as well. */
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	kit_units_start(&k);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	expect_phases(u, true, true);
	kit_units_close(&k);
}

static void test_paused(void **state)
{
	const struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	k.all.paused = true;
	kit_units_start(&k);
	kit_units_jobs(&k);
	assert_non_null(strstr(kit_units_said(&k),
			       "web: built, paused, as domain 1 (linux pv, 64 MiB, 1 vcpu, "));
	assert_int_equal(k.all.list[0].state, UNIT_RUNNING);
	assert_int_equal(fake_calls_of("xc_domain_unpause"), 0);
	kit_units_close(&k);
	fake_reset();
}

static void test_endings(void **state)
{
	static const struct {
		unsigned reason;
		const char *text;
	} endings[] = {
		{SHUTDOWN_poweroff, "powered off"},
		{SHUTDOWN_reboot, "rebooted"},
		{SHUTDOWN_crash, "crashed"},
		{SHUTDOWN_watchdog, "was ended by its watchdog"},
		{SHUTDOWN_suspend, "crashed"},
	};
	static const char *const done[] = {
		[ACTION_DESTROY] = "destroyed",
		[ACTION_RESTART] = "restarting",
		[ACTION_PRESERVE] = "preserved",
	};
	struct guest_config cfg;
	struct kit_units k;
	char want[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		for (unsigned a = ACTION_DESTROY; a <= ACTION_PRESERVE; a++) {
			struct unit *u;

			cfg = kit_config("web", GUEST_PV);
			/* The others must not matter. */
			cfg.on_poweroff = cfg.on_reboot = cfg.on_crash = cfg.on_watchdog =
				(a + 1) % 3;
			if (endings[i].reason == SHUTDOWN_poweroff)
				cfg.on_poweroff = a;
			else if (endings[i].reason == SHUTDOWN_reboot)
				cfg.on_reboot = a;
			else if (endings[i].reason == SHUTDOWN_watchdog)
				cfg.on_watchdog = a;
			else
				cfg.on_crash = a;
			open_running(&k, &cfg);
			u = &k.all.list[0];
			kit_units_look(&k, 0); /* it runs: nothing is to be done */
			assert_string_equal(kit_units_said(&k), "");
			fake_print(1, "last words\n");
			fake_shutdown(1, endings[i].reason);
			kit_units_look(&k, 0);
			snprintf(want, sizeof(want), "earlydom: web: domain 1 %s; %s\n",
				 endings[i].text, done[a]);
			assert_string_equal(kit_units_said(&k), want);
			kit_units_jobs(&k);
			/* What it said at its end is in the log. */
			kit_read("run/console/web.log", want, sizeof(want));
			assert_string_equal(want, "last words\n");
			if (a == ACTION_RESTART) {
				assert_int_equal(u->state, UNIT_RUNNING);
				assert_int_equal(u->guest.domid, 2);
				assert_int_equal(u->restarts, 1);
				assert_false(fake_domain(1)->there);
				assert_true(fake_domain(2)->running);
				assert_non_null(
					strstr(kit_units_said(&k), "web: restarted as domain 2 ("));
				kit_units_record(&k, 0, "restarts=1");
			} else if (a == ACTION_DESTROY) {
				assert_int_equal(u->state, UNIT_ENDED);
				assert_int_equal(fake_domains(), 0);
				assert_true(unit_settled(u));
				kit_units_record(&k, 0, "state=ended");
				kit_units_record(&k, 0, endings[i].text);
			} else {
				assert_int_equal(u->state, UNIT_PRESERVED);
				assert_true(fake_domain(1)->there);
				kit_units_look(&k, 0); /* and it stays so */
				assert_int_equal(u->state, UNIT_PRESERVED);
				kit_units_record(&k, 0, "state=preserved\ndomid=1");
			}
			kit_units_close(&k);
			fake_reset();
		}
}

static void test_too_often(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;

	(void)state;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	for (unsigned i = 0; i < 5; i++) {
		fake_shutdown(u->guest.domid, SHUTDOWN_reboot);
		kit_units_look(&k, 0);
		kit_units_jobs(&k);
		assert_int_equal(u->state, UNIT_RUNNING);
		assert_int_equal(u->restarts, i + 1);
	}
	kit_units_said(&k);
	fake_shutdown(u->guest.domid, SHUTDOWN_reboot);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_string_equal(kit_units_said(&k),
			    "earlydom: web: domain 6 rebooted, more than 5 times within 60 s; "
			    "destroyed, not started again\n");
	assert_int_equal(u->state, UNIT_FAILED);
	assert_string_equal(u->why, "rebooted, more than 5 times within 60 s");
	assert_int_equal(fake_domains(), 0);
	kit_units_close(&k);
}

/* The images of a guest that may be restarted are kept, those of others are dropped. */
static void test_images_kept(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;

	(void)state;
	open_running(&k, &cfg);
	assert_non_null(k.images.files);
	assert_false(k.images.files->kernel_open); /* the packed file is enough */
	kit_units_close(&k);
	cfg.on_reboot = ACTION_PRESERVE;
	open_running(&k, &cfg);
	assert_null(k.images.files);
	kit_units_close(&k);
	fake_reset();
}

static void test_destroyed_by_others(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;

	(void)state;
	cfg.on_poweroff = cfg.on_crash = ACTION_RESTART;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	fake_print(1, "half a line");
	while (unit_console(&k.all, u))
		;
	fake_destroy(1); /* dying: its console is mapped still */
	assert_true(fake_domain(1)->there);
	kit_units_look(&k, 0);
	assert_string_equal(kit_units_said(&k),
			    "earlydom: web: domain 1 was destroyed by somebody else\n");
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(u->guest.domid, NO_DOMAIN);
	assert_false(fake_domain(1)->there); /* nothing of ours holds it */
	kit_units_look(&k, 0);
	assert_string_equal(kit_units_said(&k), "");
	kit_units_close(&k);
}

static void test_start_fails(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	char msg[512], want[600], missing[256];
	struct kit_units k;
	struct unit *u;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	fake_fail_call("xc_domain_create", 1, EPERM);
	kit_units_start(&k);
	kit_units_jobs(&k);
	snprintf(msg, sizeof(msg), "cannot create a domain: %s", strerror(EPERM));
	snprintf(want, sizeof(want), "earlydom: web: %s\n", msg);
	assert_string_equal(kit_units_said(&k), want);
	assert_string_equal(u->why, msg);
	assert_int_equal(u->state, UNIT_FAILED);
	assert_null(k.images.files);
	kit_units_record(&k, 0, "state=failed");
	kit_units_record(&k, 0, msg);
	kit_units_close(&k);

	snprintf(missing, sizeof(missing), "%s", kit_path("missing"));
	cfg.kernel = missing;
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	kit_units_start(&k);
	assert_false(unit_busy(u));
	assert_int_equal(u->state, UNIT_FAILED);
	assert_non_null(strstr(kit_units_said(&k), "web: cannot read kernel "));
	kit_units_close(&k);
}

/* A guest whose console can't be had is not started. */
static void test_console_fails(void **state)
{
	static const char *const calls[] = {"xc_map_foreign_range", "xenevtchn_bind_interdomain"};
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		fake_reset();
		kit_units_open(&k, &cfg, 1);
		fake_fail_call(calls[i], 1, EIO);
		kit_units_start(&k);
		kit_units_jobs(&k);
		assert_int_equal(k.all.list[0].state, UNIT_FAILED);
		assert_int_equal(fake_domains(), 0);
		assert_non_null(strstr(kit_units_said(&k), "the console of domain 1: "));
		assert_non_null(strstr(k.all.list[0].why, strerror(EIO)));
		kit_units_close(&k);
	}
}

static void end_stuck(const struct guest_config *cfg, enum unit_event command)
{
	struct kit_units k;
	struct unit *u;
	struct err e;

	open_running(&k, cfg);
	u = &k.all.list[0];
	fake_fail_call("xc_domain_destroy", 1, EPERM);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_STUCK);
	assert_int_equal(fake_domains(), 1);
	assert_true(unit_settled(u)); /* who asked for it is to be told */
	/* It reboots by itself: nobody may try to start it again, its images are gone. */
	kit_units_said(&k);
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_string_equal(kit_units_said(&k), "");
	assert_int_equal(u->state, UNIT_STUCK);
	assert_int_equal(fake_domains(), 1);
	/* Whichever way somebody wants its end, that is tried again. */
	assert_int_equal(unit_event(&k.all, u, command, clock_ns(), &e), 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	kit_units_close(&k);
}

/* As above, and the domain can't be destroyed either: which state follows, and is it destroyed in
 * the end? */
static void test_stuck_domain(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	fake_fail_call("xc_map_foreign_range", 1, EIO);
	kit_units_start(&k);
	/* The build is over; now the destruction. */
	while (!fake_failed() && unit_busy(u)) {
		struct job *j = worker_take(&k.worker);

		if (j)
			unit_job_done(&k.all, u);
	}
	kit_units_jobs(&k);
	assert_int_equal(fake_domains(), 0);
	kit_units_close(&k);

	end_stuck(&cfg, EVENT_ASK_DESTROY);
	end_stuck(&cfg, EVENT_ASK_STOP);
}

static void test_preserved(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	cfg.on_poweroff = ACTION_PRESERVE;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, clock_ns(), &e), 0);
	assert_false(unit_settled(u));
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&k, 0);
	assert_int_equal(u->state, UNIT_PRESERVED);
	/* Who asked for the end has it; the domain is there to be looked at. */
	assert_true(unit_settled(u));
	assert_true(fake_domain(1)->there);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is not running");
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	assert_false(unit_settled(u));
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	kit_units_close(&k);
}

static void test_destroy(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PVH);
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	assert_string_equal(kit_units_said(&k), "earlydom: web: domain 1 destroyed on request\n");
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e),
			 0); /* it is on its way */
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, clock_ns(), &e), 0);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_START, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is stopping; try again when it has ended");
	assert_false(unit_settled(u));
	kit_units_jobs(&k);
	assert_true(unit_settled(u));
	assert_int_equal(u->state, UNIT_ENDED);
	assert_string_equal(u->why, "destroyed on request");
	assert_int_equal(fake_domains(), 0);
	kit_units_close(&k);

	/* While it is built: as soon as it is. */
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	kit_units_start(&k);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e), -1);
	assert_string_equal(e.msg, "web is starting; try again when it is running");
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(fake_calls_of("xc_domain_unpause"), 0);
	assert_int_equal(fake_domains(), 0);
	kit_units_close(&k);

	/* One that has not run yet has nothing to shut down. */
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	u = &k.all.list[0];
	kit_units_start(&k);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, clock_ns(), &e), 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(fake_calls_of("xc_domain_unpause"), 0);
	kit_units_close(&k);
}

/* Two guests with one kernel: it is unpacked once, and one that restarts does not disturb. */
static void test_shared_kernel(void **state)
{
	struct guest_config cfgs[2] = {kit_config("web", GUEST_PV), kit_config("db", GUEST_PVH)};
	struct kit_units k;

	(void)state;
	fake_reset();
	cfgs[0].on_reboot = ACTION_DESTROY;
	kit_units_open(&k, cfgs, 2);
	kit_units_start(&k);
	assert_ptr_equal(k.all.list[0].guest.kernel, k.all.list[1].guest.kernel);
	assert_int_equal(k.images.files->users, 2);
	kit_units_jobs(&k);
	assert_int_equal(k.images.files->users, 1); /* web never comes back */
	assert_int_equal(k.images.files->kernel_users, 0);
	assert_false(k.images.files->kernel_open);
	fake_shutdown(2, SHUTDOWN_reboot);
	kit_units_look(&k, 1);
	kit_units_jobs(&k);
	assert_int_equal(k.all.list[1].state, UNIT_RUNNING);
	assert_int_equal(k.all.list[1].guest.domid, 3);
	assert_int_equal(k.images.files->kernel_users, 0);
	kit_units_close(&k);
	fake_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reports),      cmocka_unit_test(test_kernel_note),
		cmocka_unit_test(test_phases),       cmocka_unit_test(test_paused),
		cmocka_unit_test(test_endings),      cmocka_unit_test(test_too_often),
		cmocka_unit_test(test_images_kept),  cmocka_unit_test(test_destroyed_by_others),
		cmocka_unit_test(test_start_fails),  cmocka_unit_test(test_console_fails),
		cmocka_unit_test(test_stuck_domain), cmocka_unit_test(test_preserved),
		cmocka_unit_test(test_destroy),      cmocka_unit_test(test_shared_kernel),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
