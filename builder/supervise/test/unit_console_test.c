/*
 * A guest's console: from its ring, or from the log of the xenconsoled that drains the ring.
 */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/io/console.h>
#include <xen/sched.h>

#include "base/clock.h"

#define LOG "tails/guest-web.log"
#define TTY "/local/domain/1/console/tty"

/* One guest, running, whose console is ours. */
static void open_running(struct kit_units *k, const struct guest_config *cfg)
{
	fake_reset();
	kit_units_open(k, cfg, 1);
	kit_units_start(k);
	kit_units_jobs(k);
	assert_int_equal(k->all.list[0].state, UNIT_RUNNING);
	kit_units_said(k);
}

/* One whose console is served by xenconsoled: ours, or somebody else's. */
static void open_served(struct kit_units *k, const struct guest_config *cfg, enum consoles consoles)
{
	fake_reset();
	kit_units_open(k, cfg, 1);
	kit_units_store(k);
	kit_units_consoled(k);
	k->all.consoles = consoles;
	kit_units_start(k);
	kit_units_jobs(k);
	assert_int_equal(k->all.list[0].state, UNIT_RUNNING);
	kit_units_said(k);
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
	struct kit_units k;
	struct unit *u;

	(void)state;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	fake_print(1, "one\ntw");
	assert_int_equal(unit_console(&k.all, u), 6);
	fake_print(1, "o\nthree");
	assert_int_equal(unit_console(&k.all, u), 7);
	assert_int_equal(unit_console(&k.all, u), 0);
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "one\ntwo\nthree");
	assert_string_equal(kit_read("echo", text, sizeof(text)), "web: one\nweb: two\n");
	/* The rest of the line comes with the end. */
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_string_equal(kit_read("echo", text, sizeof(text)),
			    "web: one\nweb: two\nweb: three\n");
	kit_units_close(&k);
}

/* A guest that floods its console is heard so often in a tick, and then in the next one. */
static void test_flood(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;
	unsigned i;
	int port;

	(void)state;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	port = xenevtchn_pending(k.all.xce); /* of the binding */
	assert_int_equal(port, u->console.port);
	unit_console(&k.all, u);
	for (i = 1; i < 1000 && !u->console_masked; i++) {
		fake_print(1, "x");
		assert_int_equal(xenevtchn_pending(k.all.xce), port);
		assert_int_equal(unit_console(&k.all, u), 1);
	}
	assert_in_range(i, 50, 200);
	fake_print(1, "later"); /* no event of it comes through: xenevtchn_pending would wait */
	unit_tick(&k.all, u, clock_ns());
	assert_false(u->console_masked);
	assert_int_equal(xenevtchn_pending(k.all.xce), port);
	assert_int_equal(unit_console(&k.all, u), 5);
	kit_units_close(&k);
	fake_reset();
}

/* As much as the ring has room for, of letters that go round. Returns where they go on. */
static char print_full(char letter)
{
	char text[CONSOLE_RING_OUT + 1];

	for (size_t i = 0; i < CONSOLE_RING_OUT; i++) {
		text[i] = letter;
		letter = letter == 'z' ? 'a' : (char)(letter + 1);
	}
	text[CONSOLE_RING_OUT] = '\0';
	fake_print(1, text);
	return letter;
}

/* That the log has n such letters from the first on. */
static void assert_letters(size_t n)
{
	char text[16384];
	char letter = 'a';

	kit_read("run/console/web.log", text, sizeof(text));
	assert_int_equal(strlen(text), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(text[i], letter);
		letter = letter == 'z' ? 'a' : (char)(letter + 1);
	}
}

static bool has_event(struct kit_units *k)
{
	struct pollfd p = {.fd = xenevtchn_fd(k->all.xce), .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* One second's worth is read at once, and then no more than the rate: the rest stays in the ring,
 * no event comes of it, and none of it is lost. */
static void test_rate(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	uint64_t began, due;
	char letter = 'a';
	struct kit_units k;
	struct unit *u;
	int port;

	(void)state;
	cfg.console_rate = 8;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	port = xenevtchn_pending(k.all.xce); /* of the binding */
	unit_console(&k.all, u);
	began = clock_ns();
	for (int i = 0; i < 4; i++) {
		assert_int_equal(u->console_later, 0);
		letter = print_full(letter);
		assert_int_equal(xenevtchn_pending(k.all.xce), port);
		assert_int_equal(unit_console(&k.all, u), CONSOLE_RING_OUT);
	}
	assert_in_range(u->console_later - began, 100 * NS_PER_MS, 5 * NS_PER_S);
	letter = print_full(letter);
	assert_true(unit_console(&k.all, u) < CONSOLE_RING_OUT);
	/* A guest that goes on writes into a ring that is full, or nearly. */
	letter = print_full(letter);
	assert_false(has_event(&k));
	while ((due = units_console_later(&k.all, clock_ns())) != UINT64_MAX) {
		assert_int_equal(due, u->console_later);
		usleep(20000);
	}
	assert_int_equal(u->console_later, 0);
	/* 2048 bytes at 8 KiB a second. */
	assert_true(clock_ns() - began >= 250 * NS_PER_MS);
	assert_int_equal(u->console.ring->out_cons, u->console.ring->out_prod);
	assert_letters(u->console.ring->out_prod);
	assert_in_range(u->console.ring->out_prod, 5 * CONSOLE_RING_OUT, 6 * CONSOLE_RING_OUT);
	/* What is printed while it waits for nothing is told by an event again: the first one was
	 * when the ring was filled up. */
	assert_int_equal(xenevtchn_pending(k.all.xce), port);
	assert_int_equal(unit_console(&k.all, u), 0);
	fake_print(1, "x");
	assert_int_equal(xenevtchn_pending(k.all.xce), port);
	kit_units_close(&k);
	fake_reset();
}

/* What is left in the ring at the guest's end is read at once, and that is all. */
static void test_rate_last_words(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;

	(void)state;
	cfg.console_rate = 1;
	cfg.on_poweroff = ACTION_PRESERVE;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	print_full('a');
	assert_in_range(unit_console(&k.all, u), 1024, 1500);
	assert_true(u->console_later > 0);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&k, 0);
	assert_true(u->heard);
	assert_letters(CONSOLE_RING_OUT);
	assert_int_equal(units_console_later(&k.all, UINT64_MAX), UINT64_MAX);
	kit_units_close(&k);
	fake_reset();
}

/* Without a bound it is what it was. Indices that make no sense cost nothing, and hold up nothing.
 */
static void test_rate_none(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;

	(void)state;
	cfg.console_rate = 0;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	for (int i = 0; i < 50; i++) {
		print_full('a');
		assert_int_equal(unit_console(&k.all, u), CONSOLE_RING_OUT);
	}
	assert_int_equal(u->console_later, 0);
	kit_units_close(&k);

	cfg.console_rate = 1;
	open_running(&k, &cfg);
	u = &k.all.list[0];
	for (int i = 0; i < 50; i++) {
		u->console.ring->out_prod += 1000000;
		assert_int_equal(unit_console(&k.all, u), 0);
		assert_int_equal(u->console.ring->out_cons, u->console.ring->out_prod);
		assert_int_equal(u->console_later, 0);
	}
	fake_print(1, "hello");
	assert_int_equal(unit_console(&k.all, u), 5);
	kit_units_close(&k);
	fake_reset();
}

static void test_tail(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	char text[256];
	struct kit_units k;
	struct unit *u;

	(void)state;
	open_served(&k, &cfg, CONSOLES_LOGGED);
	u = &k.all.list[0];
	assert_int_equal(unit_console(&k.all, u), 0);
	append("one\ntw");
	assert_int_equal(unit_console(&k.all, u), 6);
	append("o\nthree");
	assert_int_equal(unit_console(&k.all, u), 7);
	assert_int_equal(unit_console(&k.all, u), 0);
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "one\ntwo\nthree");
	assert_string_equal(kit_read("echo", text, sizeof(text)), "web: one\nweb: two\n");
	kit_units_close(&k);
	fake_reset();
}

/* What was in the log before the guest is of an earlier earlydom, and not its own. */
static void test_tail_old(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	kit_units_store(&k);
	kit_units_consoled(&k);
	append("long ago");
	kit_units_start(&k);
	kit_units_jobs(&k);
	assert_int_equal(unit_console(&k.all, &k.all.list[0]), 0);
	append("now");
	assert_int_equal(unit_console(&k.all, &k.all.list[0]), 3);
	kit_units_close(&k);
	fake_reset();
}

/* xenconsoled takes all that is in the ring, and writes of that so much later to its log. */
static size_t take_ring(uint32_t domid, char *buf)
{
	volatile struct xencons_interface *ring = fake_domain(domid)->ring;
	size_t n = 0;

	while (ring->out_cons != ring->out_prod)
		buf[n++] = ring->out[MASK_XENCONS_IDX(ring->out_cons++, ring->out)];
	buf[n] = '\0';
	return n;
}

/* Its end is looked at, so many ms after it was first seen. */
static bool ended_after(struct kit_units *k, unsigned ms)
{
	struct unit *u = &k->all.list[0];

	if (u->ended_at)
		u->ended_at = clock_ns() - ms * NS_PER_MS;
	kit_units_look(k, 0);
	return u->state != UNIT_RUNNING;
}

/*
 * The last words of a guest are in its ring, then on their way through xenconsoled, then in the
 * log. The domain stays until they have been read there, and no longer.
 */
static void test_last_words(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	char text[256], way[4096];
	struct kit_units k;
	struct unit *u;
	int log;

	(void)state;
	open_served(&k, &cfg, CONSOLES_LOGGED);
	u = &k.all.list[0];
	append("of nobody's\n");
	console_tail_begin(&u->tail);
	fake_print(1, "well, ");
	take_ring(1, way);
	append(way);
	fake_print(1, "good bye\n");
	fake_shutdown(1, SHUTDOWN_reboot);
	assert_false(ended_after(&k, 0));
	assert_false(ended_after(&k, 1900));
	take_ring(1, way);
	assert_false(ended_after(&k, 1900));
	append("good ");
	assert_false(ended_after(&k, 1900));
	append("bye\n");
	assert_true(ended_after(&k, 300));
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)),
			    "of nobody's\nwell, good bye\n");
	log = u->tail.fd;
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_RUNNING);
	assert_int_equal(u->guest.domid, 2);
	/* The next domain has the same log, still open; one that says no more is not waited for. */
	assert_int_equal(u->tail.fd, log);
	fake_shutdown(2, SHUTDOWN_poweroff);
	assert_true(ended_after(&k, 0));
	kit_units_jobs(&k);
	kit_units_close(&k);
	fake_reset();
}

/* A xenconsoled that does not read them: they are taken from the ring, behind what it has logged.
 */
static void last_words_of(enum consoles consoles, const char *want)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	char text[256], way[4096];
	struct kit_units k;

	cfg.on_poweroff = ACTION_PRESERVE;
	open_served(&k, &cfg, consoles);
	fake_print(1, "well, ");
	take_ring(1, way);
	append(way);
	fake_print(1, "good bye\n");
	fake_shutdown(1, SHUTDOWN_poweroff);
	assert_false(ended_after(&k, 0));
	assert_false(ended_after(&k, 1900));
	assert_true(ended_after(&k, 2000));
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), want);
	/* One that is kept is not read again and again; its page is not held. */
	assert_null(k.all.list[0].rest.ring);
	kit_units_look(&k, 0);
	assert_int_equal(fake_calls_of("xc_map_foreign_range"), 1);
	kit_units_close(&k);
	fake_reset();
}

static void test_last_words_unread(void **state)
{
	(void)state;
	last_words_of(CONSOLES_LOGGED, "well, good bye\n");
	last_words_of(CONSOLES_ELSEWHERE, "good bye\n");
}

/* Nobody waits for them when the domain is to be destroyed: it does not go while the ring is
 * mapped.
 */
static void test_last_words_cut(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct err e;

	(void)state;
	open_served(&k, &cfg, CONSOLES_LOGGED);
	fake_print(1, "good bye\n");
	fake_shutdown(1, SHUTDOWN_poweroff);
	assert_false(ended_after(&k, 0));
	assert_int_equal(fake_domain(1)->mapped, 1);
	assert_int_equal(unit_event(&k.all, &k.all.list[0], EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	assert_int_equal(fake_domain(1)->mapped, 0);
	kit_units_jobs(&k);
	assert_int_equal(fake_domains(), 0);
	kit_units_close(&k);
	fake_reset();
}

/* A ring that can't be looked at leaves nothing but time; one that makes no sense leaves nothing.
 */
static void test_last_words_lost(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;

	(void)state;
	open_served(&k, &cfg, CONSOLES_LOGGED);
	fake_print(1, "good bye\n");
	fake_shutdown(1, SHUTDOWN_poweroff);
	fake_fail_always("xc_map_foreign_range", 1, EPERM);
	assert_false(ended_after(&k, 0));
	assert_false(ended_after(&k, 1900));
	assert_true(ended_after(&k, 2000));
	kit_units_jobs(&k);
	kit_units_close(&k);

	open_served(&k, &cfg, CONSOLES_LOGGED);
	fake_domain(1)->ring->out_prod = 100000;
	fake_shutdown(1, SHUTDOWN_poweroff);
	assert_true(ended_after(&k, 0));
	kit_units_jobs(&k);
	kit_units_close(&k);
	fake_reset();
}

/* A log that can't be opened: nobody would hear the guest. */
static void test_no_log(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	char want[256];

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	kit_units_store(&k);
	kit_units_consoled(&k);
	assert_int_equal(symlink("/dev/null", kit_path(LOG)), 0);
	kit_units_start(&k);
	kit_units_jobs(&k);
	assert_int_equal(k.all.list[0].state, UNIT_FAILED);
	snprintf(want, sizeof(want),
		 "earlydom: web: cannot open xenconsoled's log guest-web.log: %s; domain "
		 "destroyed\n",
		 strerror(ELOOP));
	assert_string_equal(kit_units_said(&k), want);
	assert_int_equal(fake_domains(), 0);
	unlink(kit_path(LOG));
	kit_units_close(&k);
	fake_reset();
}

/* A xenconsoled that keeps no logs for us: nothing is heard, and no end is delayed for it. */
static void test_elsewhere(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;

	(void)state;
	open_served(&k, &cfg, CONSOLES_ELSEWHERE);
	append("not for us");
	assert_int_equal(unit_console(&k.all, &k.all.list[0]), 0);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&k, 0);
	assert_int_equal(k.all.list[0].state, UNIT_ENDING);
	kit_units_jobs(&k);
	kit_units_close(&k);
	fake_reset();
}

/* Typed into the terminal that xenconsoled names; where there is none, nothing is taken. */
/* Neither at once nor when it is known where. */
static void types_nothing(struct kit_units *k, struct unit *u)
{
	u->terminal.since = 0;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(unit_type(&k->all, u, "ls\n", 3), 0);
		kit_units_jobs(k);
	}
}

static void test_type(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct kit_units k;
	struct unit *u;
	struct err e;
	int master, kept;

	(void)state;
	open_served(&k, &cfg, CONSOLES_LOGGED);
	u = &k.all.list[0];
	types_nothing(&k, u);
	fake_store_write(TTY, kit_path("no-terminal"));
	types_nothing(&k, u);
	master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	kept = open(ptsname(master), O_RDWR | O_NOCTTY);
	fake_store_write(TTY, ptsname(master));
	u->terminal.since = 0; /* what was found is looked up again after a while */
	assert_int_equal(unit_type(&k.all, u, "ls -l", 5), 0);
	kit_units_jobs(&k);
	assert_int_equal(unit_type(&k.all, u, "ls -l", 5), 5);
	kit_expect_typed(master, "ls -l");
	/* Not while it is the worker's. */
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	assert_int_equal(unit_type(&k.all, u, "x", 1), 0);
	kit_units_jobs(&k);
	assert_int_equal(unit_type(&k.all, u, "x", 1), 0);
	close(kept);
	close(master);
	kit_units_close(&k);
	fake_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console_output),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_rate_last_words),
		cmocka_unit_test(test_rate_none),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_tail_old),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_last_words_unread),
		cmocka_unit_test(test_last_words_lost),
		cmocka_unit_test(test_last_words_cut),
		cmocka_unit_test(test_no_log),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_type),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
