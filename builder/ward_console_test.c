/*
 * A guest's console: from its ring, or from the log of the xenconsoled that drains the ring.
 */
#include "fake/wards.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/sched.h>

#include "clock.h"

#define LOG "tails/guest-web.log"
#define TTY "/local/domain/1/console/tty"

/* One guest, running, whose console is ours. */
static void open_running(struct kit_wards *k, const struct guest_config *cfg)
{
	fake_reset();
	kit_wards_open(k, cfg, 1);
	kit_wards_start(k);
	kit_wards_jobs(k);
	assert_int_equal(k->all.list[0].state, WARD_RUNNING);
	kit_wards_said(k);
}

/* One whose console is served by xenconsoled: ours, or somebody else's. */
static void open_served(struct kit_wards *k, const struct guest_config *cfg, enum consoles consoles)
{
	fake_reset();
	kit_wards_open(k, cfg, 1);
	kit_wards_store(k);
	kit_wards_consoled(k);
	k->all.consoles = consoles;
	kit_wards_start(k);
	kit_wards_jobs(k);
	assert_int_equal(k->all.list[0].state, WARD_RUNNING);
	kit_wards_said(k);
	/* The ring is xenconsoled's. */
	assert_null(k->all.list[0].console.ring);
	assert_int_equal(fake_calls_of("xenevtchn_bind_interdomain"), 0);
	assert_int_equal(fake_calls_of("xc_map_foreign_range"), 0);
}

/* As xenconsoled writes. */
static void append(const char *text)
{
	const int fd = open(kit_path(LOG), O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void test_console_output(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	char text[256];
	struct kit_wards k;
	struct ward *w;

	(void)state;
	open_running(&k, &cfg);
	w = &k.all.list[0];
	fake_print(1, "one\ntw");
	assert_int_equal(ward_console(&k.all, w), 6);
	fake_print(1, "o\nthree");
	assert_int_equal(ward_console(&k.all, w), 7);
	assert_int_equal(ward_console(&k.all, w), 0);
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "one\ntwo\nthree");
	assert_string_equal(kit_read("echo", text, sizeof(text)), "web: one\nweb: two\n");
	/* The rest of the line comes with the end. */
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_wards_look(&k, 0);
	kit_wards_jobs(&k);
	assert_string_equal(kit_read("echo", text, sizeof(text)),
			    "web: one\nweb: two\nweb: three\n");
	kit_wards_close(&k);
}

/* A guest that floods its console is heard so often in a tick, and then in the next one. */
static void test_flood(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_wards k;
	struct ward *w;
	unsigned i;
	int port;

	(void)state;
	open_running(&k, &cfg);
	w = &k.all.list[0];
	port = xenevtchn_pending(k.all.xce); /* of the binding */
	assert_int_equal(port, w->console.port);
	ward_console(&k.all, w);
	for (i = 1; i < 1000 && !w->console_masked; i++) {
		fake_print(1, "x");
		assert_int_equal(xenevtchn_pending(k.all.xce), port);
		assert_int_equal(ward_console(&k.all, w), 1);
	}
	assert_in_range(i, 50, 200);
	fake_print(1, "later"); /* no event of it comes through: xenevtchn_pending would wait */
	ward_tick(&k.all, w, clock_ns());
	assert_false(w->console_masked);
	assert_int_equal(xenevtchn_pending(k.all.xce), port);
	assert_int_equal(ward_console(&k.all, w), 5);
	kit_wards_close(&k);
	fake_reset();
}

static void test_tail(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	char text[256];
	struct kit_wards k;
	struct ward *w;

	(void)state;
	open_served(&k, &cfg, CONSOLES_LOGGED);
	w = &k.all.list[0];
	assert_int_equal(ward_console(&k.all, w), 0);
	append("one\ntw");
	assert_int_equal(ward_console(&k.all, w), 6);
	append("o\nthree");
	assert_int_equal(ward_console(&k.all, w), 7);
	assert_int_equal(ward_console(&k.all, w), 0);
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "one\ntwo\nthree");
	assert_string_equal(kit_read("echo", text, sizeof(text)), "web: one\nweb: two\n");
	kit_wards_close(&k);
	fake_reset();
}

/* What was in the log before the guest is of an earlier earlydom, and not its own. */
static void test_tail_old(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_wards k;

	(void)state;
	fake_reset();
	kit_wards_open(&k, &cfg, 1);
	kit_wards_store(&k);
	kit_wards_consoled(&k);
	append("long ago");
	kit_wards_start(&k);
	kit_wards_jobs(&k);
	assert_int_equal(ward_console(&k.all, &k.all.list[0]), 0);
	append("now");
	assert_int_equal(ward_console(&k.all, &k.all.list[0]), 3);
	kit_wards_close(&k);
	fake_reset();
}

/*
 * xenconsoled takes the last words of a guest after its end, within a moment: this is waited for
 * before the domain goes, and with it what xenconsoled has not read.
 */
static void test_last_words(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	uint64_t before;
	char text[256];
	struct kit_wards k;
	struct ward *w;
	int log;

	(void)state;
	open_served(&k, &cfg, CONSOLES_LOGGED);
	w = &k.all.list[0];
	fake_shutdown(1, SHUTDOWN_reboot);
	before = clock_ns();
	kit_wards_look(&k, 0);
	assert_int_equal(w->state, WARD_RUNNING);
	append("good bye\n");
	while (w->state == WARD_RUNNING) {
		usleep(10000);
		kit_wards_look(&k, 0);
		assert_true(clock_ns() - before < 20 * NS_PER_S);
	}
	assert_in_range((clock_ns() - before) / NS_PER_MS, 200, 5000);
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "good bye\n");
	log = w->tail.fd;
	append("between\n");
	kit_wards_jobs(&k);
	assert_int_equal(w->state, WARD_RUNNING);
	assert_int_equal(w->guest.domid, 2);
	/* The next domain has the same log, still open, and its end is waited for anew. */
	assert_int_equal(w->tail.fd, log);
	append("second life\n");
	assert_int_equal(ward_console(&k.all, w), 8 + 12);
	fake_shutdown(2, SHUTDOWN_poweroff);
	kit_wards_look(&k, 0);
	assert_int_equal(w->state, WARD_RUNNING);
	kit_wards_close(&k);
	fake_reset();
}

/* A log that can't be opened: nobody would hear the guest. */
static void test_no_log(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_wards k;
	char want[256];

	(void)state;
	fake_reset();
	kit_wards_open(&k, &cfg, 1);
	kit_wards_store(&k);
	kit_wards_consoled(&k);
	assert_int_equal(symlink("/dev/null", kit_path(LOG)), 0);
	kit_wards_start(&k);
	kit_wards_jobs(&k);
	assert_int_equal(k.all.list[0].state, WARD_FAILED);
	snprintf(want, sizeof(want),
		 "earlydom: web: cannot open xenconsoled's log guest-web.log: %s; domain "
		 "destroyed\n",
		 strerror(ELOOP));
	assert_string_equal(kit_wards_said(&k), want);
	assert_int_equal(fake_domains(), 0);
	unlink(kit_path(LOG));
	kit_wards_close(&k);
	fake_reset();
}

/* A xenconsoled that keeps no logs for us: nothing is heard, and no end is delayed for it. */
static void test_elsewhere(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_wards k;

	(void)state;
	open_served(&k, &cfg, CONSOLES_ELSEWHERE);
	append("not for us");
	assert_int_equal(ward_console(&k.all, &k.all.list[0]), 0);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_wards_look(&k, 0);
	assert_int_equal(k.all.list[0].state, WARD_STOPPING);
	kit_wards_jobs(&k);
	kit_wards_close(&k);
	fake_reset();
}

/* Typed into the terminal that xenconsoled names; where there is none, nothing is taken. */
static void test_type(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	char text[16] = "";
	struct kit_wards k;
	struct ward *w;
	struct err e;
	int master, kept;

	(void)state;
	open_served(&k, &cfg, CONSOLES_LOGGED);
	w = &k.all.list[0];
	assert_int_equal(ward_type(&k.all, w, "ls\n", 3), 0);
	fake_store_write(TTY, kit_path("no-terminal"));
	assert_int_equal(ward_type(&k.all, w, "ls\n", 3), 0);
	master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	kept = open(ptsname(master), O_RDWR | O_NOCTTY);
	fake_store_write(TTY, ptsname(master));
	assert_int_equal(ward_type(&k.all, w, "ls -l", 5), 5);
	assert_int_equal(read(master, text, sizeof(text)), 5);
	assert_memory_equal(text, "ls -l", 5);
	/* Not while it is the worker's. */
	assert_int_equal(ward_destroy(&k.all, w, &e), 0);
	assert_int_equal(ward_type(&k.all, w, "x", 1), 0);
	kit_wards_jobs(&k);
	assert_int_equal(ward_type(&k.all, w, "x", 1), 0);
	close(kept);
	close(master);
	kit_wards_close(&k);
	fake_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console_output), cmocka_unit_test(test_flood),
		cmocka_unit_test(test_tail),           cmocka_unit_test(test_tail_old),
		cmocka_unit_test(test_last_words),     cmocka_unit_test(test_no_log),
		cmocka_unit_test(test_elsewhere),      cmocka_unit_test(test_type),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
