/*
 * dom0's services for guests: store and consoles, in each of the ways in which they may be there,
 * and what is done about them later. Bridges are bridge_test's.
 */
#include "builder/fake/daemons.h"
#include "builder/fake/units.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/supervise/services.h"

struct scene {
	struct guest_config cfgs[2];
	struct kit_units k;
	struct services a;
	struct supervise_options o;
	size_t bad;
	bool held[2]; /* those that are to be started */
};

static void open_scene(struct scene *s)
{
	fake_reset();
	fake_daemons_reset();
	fake_daemons()->on = true;
	fake_daemons()->programs = true;
	s->cfgs[0] = kit_config("web", GUEST_PV);
	s->cfgs[1] = kit_config("db", GUEST_PV);
	kit_units_open(&s->k, s->cfgs, 2);
	s->bad = 0;
	s->held[0] = s->held[1] = false;
	services_init(&s->a);
	services_lend(&s->a, &s->k.host);
	services_lend(&s->a, &s->k.worker_host);
	s->k.errands.link = &s->a.link;
}

static void close_scene(struct scene *s)
{
	struct err e;

	/* The threads look at the link as long as they work. */
	worker_stop(&s->k.worker);
	while (s->k.errands.away) {
		usleep(1000);
		units_take_errands(&s->k.all);
	}
	assert_true(errands_close(&s->k.errands));
	store_handle_close(&s->k.host);
	store_handle_close(&s->k.worker_host);
	services_close(&s->a);
	s->k.host.link = s->k.worker_host.link = NULL;
	s->k.all.tails_fd = -1;
	assert_int_equal(worker_start(&s->k.worker, &s->k.worker_host, 1, &(struct err){.msg = ""}),
			 0);
	assert_int_equal(errands_open(&s->k.errands, &s->k.report, false, &e), 0);
	kit_units_close(&s->k);
	fake_daemons_reset();
	fake_reset();
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* What the loop does: so many ms, or until the condition holds. */
#define AWAIT(s, cond)                                                                             \
	do {                                                                                       \
		const uint64_t until = clock_ns() + 40 * NS_PER_S;                                 \
                                                                                                   \
		while (!(cond)) {                                                                  \
			turn(s);                                                                   \
			KIT_CHECK(clock_ns() < until, "never: %s", #cond);                         \
		}                                                                                  \
	} while (0)

static void turn(struct scene *s)
{
	struct pollfd p[] = {{.fd = s->k.errands.done_fd, .events = POLLIN},
			     {.fd = s->a.news, .events = POLLIN},
			     {.fd = s->k.worker.done_fd, .events = POLLIN}};
	struct job *j;

	poll(p, 3, 20);
	units_take_errands(&s->k.all);
	if (p[1].revents)
		s->bad += services_take(&s->a, &s->k.all);
	while ((j = worker_take(&s->k.worker)))
		for (size_t i = 0; i < s->k.all.n; i++)
			if (&s->k.all.list[i].job == j)
				unit_job_done(&s->k.all, &s->k.all.list[i]);
	services_tick(&s->a, &s->k.all, clock_ns());
	for (size_t i = 0; i < s->k.all.n; i++)
		if (s->held[i])
			unit_tick(&s->k.all, &s->k.all.list[i], clock_ns());
}

static void hold(struct scene *s, size_t i)
{
	kit_unit_hold(&s->k, i);
	s->held[i] = true;
}

static void turns(struct scene *s, unsigned ms)
{
	const uint64_t until = clock_ns() + ms * NS_PER_MS;

	while (clock_ns() < until)
		turn(s);
}

static void open_with(struct scene *s, enum store_wish store, const struct services_file *files,
		      size_t n)
{
	struct err e;

	s->o = (struct supervise_options){.store = store};
	KIT_CHECK(services_open(&s->a, &s->o, files, n, &e) == 0, "%s", e.msg);
	s->k.all.store = STORE_SOUGHT;
	AWAIT(s, s->a.decided);
}

/* Opens them; so many things go wrong, with these words. */
static void look_around(struct scene *s, enum store_wish store, size_t bad, const char *words)
{
	open_with(s, store, NULL, 0);
	assert_null(s->k.host.xsh); /* the loop's own: a connect may block */
	assert_int_equal(s->bad, bad);
	assert_string_equal(kit_units_said(&s->k), words);
}

static void has_store(struct scene *s, bool has)
{
	assert_int_equal(s->k.all.store == STORE_SERVES, has);
	assert_int_equal(store_handle(&s->k.host) != NULL, has);
	assert_int_equal(store_handle(&s->k.worker_host) != NULL, has);
	if (has)
		assert_string_equal(fake_store_read("/local/domain/0/name"), "Domain-0");
}

static void test_no_store(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	look_around(&s, STORE_NEVER, 0, "");
	has_store(&s, false);
	assert_int_equal(fake_daemons()->stores, 0);
	assert_int_equal(s.k.all.consoles, CONSOLES_OURS);
	close_scene(&s);

	open_scene(&s);
	fake_daemons()->programs = false;
	look_around(&s, STORE_IF_THERE, 0, "");
	has_store(&s, false);
	close_scene(&s);

	open_scene(&s);
	fake_daemons()->programs = false;
	look_around(
		&s, STORE_ALWAYS, 1,
		"earlydom: earlydom.store=on, but there is no xenstored: none runs, and run/bin "
		"has none\n");
	has_store(&s, false);
	close_scene(&s);
}

/* From the image, both. */
static void test_started(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	look_around(&s, STORE_IF_THERE, 0, "");
	has_store(&s, true);
	assert_int_equal(fake_daemons()->stores, 1);
	assert_int_equal(fake_daemons()->consoles, 1);
	assert_int_equal(s.k.all.consoles, CONSOLES_LOGGED);
	assert_true(s.a.tails_fd >= 0 && s.a.tails_wake >= 0);
	close_scene(&s);
}

/* Somebody else's, who keeps no logs for us; they do not need to be in the image. */
static void test_found(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	fake_daemons()->programs = false;
	fake_daemons()->store = fake_daemons()->console = fake_store()->running = true;
	look_around(&s, STORE_ALWAYS, 0, "");
	has_store(&s, true);
	assert_int_equal(fake_daemons()->stores + fake_daemons()->consoles, 0);
	assert_int_equal(s.k.all.consoles, CONSOLES_ELSEWHERE);
	assert_int_equal(s.a.tails_fd, -1);
	close_scene(&s);
}

static void test_failures(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	fake_daemons()->store_bad = true;
	look_around(&s, STORE_IF_THERE, 1,
		    "earlydom: no guest has a store: xenstored ended with status 1\n");
	has_store(&s, false);
	assert_int_equal(s.k.all.consoles, CONSOLES_OURS);
	close_scene(&s);

	/* A store without xenconsoled is still a store. */
	open_scene(&s);
	fake_daemons()->console_bad = true;
	look_around(&s, STORE_IF_THERE, 1,
		    "earlydom: earlydom drains the consoles itself: xenconsoled ended with status "
		    "1\n");
	has_store(&s, true);
	assert_int_equal(s.k.all.consoles, CONSOLES_OURS);
	close_scene(&s);
}

/* Each call to the store fails once: then there is none, and no handle of it. */
static void test_store_fails(void **state)
{
	struct scene s;
	unsigned n;

	(void)state;
	for (n = 1; n < 50; n++) {
		bool whole;

		open_scene(&s);
		fake_fail_at(n, EPIPE);
		open_with(&s, STORE_IF_THERE, NULL, 0);
		whole = !fake_failed() || s.k.all.store == STORE_SERVES;
		if (whole) {
			assert_int_equal(s.bad, 0);
			close_scene(&s);
			break;
		}
		assert_int_equal(s.bad, 1);
		has_store(&s, false);
		assert_memory_equal(kit_units_said(&s.k), "earlydom: no guest has a store: cannot ",
				    39);
		close_scene(&s);
	}
	assert_in_range(n, 8, 40);
}

/* A store that comes later, for hand-over, is of use with a xenconsoled only. */
static void test_find_store(void **state)
{
	struct scene s;
	struct err e;

	(void)state;
	open_scene(&s);
	look_around(&s, STORE_NEVER, 0, "");
	assert_int_equal(services_find_store(&s.a, &e), -1);
	assert_string_equal(e.msg, "no xenstored runs (/run/xenstored/socket does not answer)");
	fake_daemons_start_store();
	assert_int_equal(services_find_store(&s.a, &e), -1);
	assert_string_equal(e.msg, "no xenconsoled runs (/run/xenconsoled.pid names none), to "
				   "which the consoles go");
	has_store(&s, false);
	fake_daemons_start();
	fake_fail_call("xs_watch", 1, EPIPE);
	assert_int_equal(services_find_store(&s.a, &e), -1);
	assert_string_equal(e.msg, "the xenstored that runs can't be used");
	has_store(&s, false);
	KIT_CHECK(services_find_store(&s.a, &e) == 0, "%s", e.msg);
	AWAIT(&s, s.k.all.store == STORE_SERVES);
	has_store(&s, true);
	AWAIT(&s, s.k.all.consoles == CONSOLES_ELSEWHERE);
	assert_int_equal(fake_daemons()->stores, 0);
	assert_string_equal(kit_units_said(&s.k), "");
	close_scene(&s);
}

/* News of back ends, and of nothing else, wakes the supervisor. */
static void test_store_news(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	look_around(&s, STORE_IF_THERE, 0, "");
	turns(&s, 200); /* a watch begins with an event */
	assert_false(readable(s.a.news));
	assert_int_equal(fake_calls_of("xs_watch"), 3);
	fake_store_write("/tool/x", "1");
	usleep(100000);
	assert_false(readable(s.a.news));
	fake_store_write("/local/domain/0/backend/x/state", "1");
	for (unsigned i = 0; i < 10000 && !readable(s.a.news); i++)
		usleep(1000);
	assert_true(readable(s.a.news));
	turns(&s, 200);
	assert_false(readable(s.a.news));
	close_scene(&s);
}

static void append(const char *name)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "tails/guest-%s.log", name);
	f = fopen(path, "a");
	assert_non_null(f);
	fputs("output", f);
	fclose(f);
}

static off_t size_of(const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "tails/guest-%s.log", name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void test_tails(void **state)
{
	const uint64_t t = clock_ns() + 1000 * NS_PER_S;
	struct scene s;

	(void)state;
	open_scene(&s);
	look_around(&s, STORE_IF_THERE, 0, "");
	assert_false(services_tails_changed(&s.a));
	append("web");
	append("other");
	assert_true(readable(s.a.tails_wake));
	assert_true(services_tails_changed(&s.a));
	assert_false(readable(s.a.tails_wake));
	/* Those of others are emptied now and then, and that is no news. */
	services_tick(&s.a, &s.k.all, t);
	assert_int_equal(size_of("other"), 0);
	assert_int_equal(size_of("web"), 6);
	append("other");
	assert_true(services_tails_changed(&s.a));
	services_tick(&s.a, &s.k.all, t + 10 * NS_PER_S - 1);
	assert_int_equal(size_of("other"), 6);
	services_tick(&s.a, &s.k.all, t + 10 * NS_PER_S);
	assert_int_equal(size_of("other"), 0);
	/* A guest that was released is one of them: earlydom no longer reads its log. */
	append("db");
	assert_true(services_tails_changed(&s.a));
	s.k.all.list[1].state = UNIT_RELEASED;
	services_tick(&s.a, &s.k.all, t + 20 * NS_PER_S);
	assert_int_equal(size_of("db"), 0);
	assert_int_equal(size_of("web"), 6);
	close_scene(&s);
}

/* ---- daemons that come and go while guests run ---- */

static void open_guests(struct scene *s)
{
	look_around(s, STORE_IF_THERE, 0, "");
	hold(s, 0);
	hold(s, 1);
	AWAIT(s, s->k.all.list[0].state == UNIT_RUNNING && s->k.all.list[1].state == UNIT_RUNNING);
	kit_units_said(&s->k);
}

/* xenconsoled that ends is started again at once, and its logs go on. */
static void test_console_ends(void **state)
{
	struct scene s;
	uint64_t before;

	(void)state;
	open_scene(&s);
	open_guests(&s);
	before = clock_ns();
	fake_daemons_end_console();
	AWAIT(&s, fake_daemons_consoles() == 2);
	assert_in_range(clock_ns() - before, 0, 5 * NS_PER_S);
	turns(&s, 100);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: xenconsoled had ended; it was started again\n");
	assert_int_equal(s.k.all.consoles, CONSOLES_LOGGED);
	append("web");
	AWAIT(&s, services_tails_changed(&s.a));
	close_scene(&s);
}

/* One that does not come up again is tried again and again, and that is said once. */
static void test_console_stays_away(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	open_guests(&s);
	fake_daemons_console_bad(true);
	fake_daemons_end_console();
	turns(&s, 2000);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: xenconsoled has ended, and guests stop when their consoles "
			    "are full: xenconsoled ended with status 1\n");
	fake_daemons_console_bad(false);
	AWAIT(&s, fake_daemons_consoles() == 2);
	turns(&s, 100);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: xenconsoled had ended; it was started again\n");
	close_scene(&s);
}

#define GONE "earlydom: xenstored has ended: guests run on, and what needs the store waits\n"
#define ANEW                                                                                       \
	"earlydom: another xenstored serves: guests are handed over to it, but dom0's kernel "     \
	"does not hear it, and guests with disks or network interfaces wait until dom0 is "        \
	"started anew\n"

/*
 * xenstored ends: guests run on, one that needs no store is started again without, and no second
 * xenstored is started. One that comes later is used, and has all guests.
 */
static void test_store_ends(void **state)
{
	struct scene s;
	struct unit *web, *db;
	const char *said;

	(void)state;
	open_scene(&s);
	open_guests(&s);
	web = &s.k.all.list[0];
	db = &s.k.all.list[1];
	fake_daemons_end_store();
	AWAIT(&s, s.k.all.store == STORE_GONE);
	turns(&s, 50);
	assert_string_equal(kit_units_said(&s.k), GONE);
	has_store(&s, false);
	assert_int_equal(web->state, UNIT_RUNNING);
	assert_false(web->guest.in_store);
	/* xenconsoled would hold the rings of domains that end: it is ended. */
	AWAIT(&s, s.k.all.consoles == CONSOLES_OURS);
	assert_non_null(web->console.ring);
	assert_non_null(db->console.ring);
	fake_print(db->guest.domid, "heard\n");
	assert_int_equal(unit_console(&s.k.all, db), 6);
	fake_shutdown(web->guest.domid, SHUTDOWN_reboot);
	kit_units_look(&s.k, 0);
	AWAIT(&s, web->state == UNIT_RUNNING);
	assert_int_equal(web->guest.domid, 3);
	assert_false(web->guest.in_store);
	assert_non_null(web->console.ring); /* nobody else drains it */
	turns(&s, 500);
	assert_int_equal(fake_daemons()->stores, 1);
	kit_units_said(&s.k);

	fake_daemons_start_store();
	AWAIT(&s, !unit_busy(web) && web->guest.in_store && !unit_busy(db) && db->guest.in_store);
	has_store(&s, true);
	assert_int_equal(fake_daemons()->stores, 1);
	/* Ours, started for it. */
	assert_int_equal(fake_daemons_consoles(), 2);
	assert_int_equal(s.k.all.consoles, CONSOLES_LOGGED);
	assert_null(web->console.ring);
	assert_true(web->tail.fd >= 0);
	assert_true(fake_store_introduced(db->guest.domid));
	said = kit_units_said(&s.k);
	KIT_CHECK(strstr(said, ANEW), "said: %s", said);
	KIT_CHECK(strstr(said, "web: domain 3 is in the store now"), "said: %s", said);
	KIT_CHECK(strstr(said, "db: domain 2 is in the store now"), "said: %s", said);
	/* What is in its new store does not reach a kernel that knew the old one. */
	assert_true(db->guest.store_lost);
	close_scene(&s);
}

/* A guest with disks that ends meanwhile stays as it is: its domain could not go. One that is to
 * be started waits, and is not late. */
static void test_store_ends_devices(void **state)
{
	struct scene s;
	struct unit *web, *db;

	(void)state;
	open_scene(&s);
	fake_devices()->on = true;
	kit_devices(&s.cfgs[0]);
	kit_devices(&s.cfgs[1]);
	look_around(&s, STORE_IF_THERE, 0, "");
	web = &s.k.all.list[0];
	db = &s.k.all.list[1];
	hold(&s, 0);
	AWAIT(&s, web->state == UNIT_RUNNING);
	kit_units_said(&s.k);
	fake_daemons_end_store();
	AWAIT(&s, s.k.all.store == STORE_GONE);
	kit_units_said(&s.k);
	hold(&s, 1);
	fake_shutdown(web->guest.domid, SHUTDOWN_reboot);
	kit_units_look(&s.k, 0);
	kit_units_look(&s.k, 0);
	turns(&s, 100);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: web: domain 1 has ended; it stays until the store is "
			    "there\n");
	assert_int_equal(web->state, UNIT_RUNNING);
	assert_int_equal(db->state, UNIT_WAITING);
	unit_proceed(&s.k.all, db, clock_ns() + 3600 * NS_PER_S);
	assert_int_equal(db->state, UNIT_WAITING);
	fake_daemons_start_store();
	AWAIT(&s, s.k.all.store == STORE_SERVES);
	kit_units_look(&s.k, 0);
	assert_int_equal(web->state, UNIT_RUNNING);
	assert_int_equal(db->state, UNIT_WAITING);
	close_scene(&s);
}

/* One that was being connected is not. */
static void test_store_ends_connecting(void **state)
{
	struct scene s;
	struct unit *web;
	const char *said;

	(void)state;
	open_scene(&s);
	fake_devices()->on = true;
	fake_store()->back_ends = false;
	kit_devices(&s.cfgs[0]);
	s.cfgs[0].start_retries = 0; /* if its look fails first, too */
	look_around(&s, STORE_IF_THERE, 0, "");
	web = &s.k.all.list[0];
	hold(&s, 0);
	AWAIT(&s, web->state == UNIT_CONNECTING);
	fake_daemons_end_store();
	/* A look at its devices that is under way may fail before. */
	AWAIT(&s, web->state == UNIT_FAILED && s.k.all.store == STORE_GONE);
	said = kit_units_said(&s.k);
	KIT_CHECK(strstr(said, GONE) && strstr(said, "earlydom: web: ") &&
			  strstr(said, "; domain destroyed\n"),
		  "said: %s", said);
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

/* A store that is silent for 10 s while somebody waits for it is said to hang; guests that need
 * none go on. It is used again when it answers. */
static void test_store_hangs(void **state)
{
	static char never[] = "data/never";
	struct scene s;
	struct unit *web;

	(void)state;
	open_scene(&s);
	s.cfgs[0].ready_timeout = 3600;
	open_guests(&s);
	web = &s.k.all.list[0];
	/* Nobody waits: nobody asks. */
	fake_daemons_hang(true);
	turns(&s, 500);
	assert_int_equal(s.k.all.store, STORE_SERVES);
	/* Somebody does: a guest that is not up yet. */
	s.cfgs[0].ready = never;
	web->up = false;
	AWAIT(&s, s.k.all.store == STORE_HANGS);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: xenstored does not answer: what needs it waits\n");
	has_store(&s, false);
	fake_shutdown(2, SHUTDOWN_reboot);
	kit_units_look(&s.k, 1);
	assert_int_equal(s.k.all.list[1].state, UNIT_RUNNING);
	fake_daemons_hang(false);
	AWAIT(&s, s.k.all.store == STORE_SERVES);
	kit_units_said(&s.k);
	kit_units_look(&s.k, 1);
	AWAIT(&s, s.k.all.list[1].state == UNIT_RUNNING && s.k.all.list[1].guest.domid == 3);
	close_scene(&s);
}

/* It hangs from the start. */
static void test_hangs_first(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	fake_daemons()->store = fake_daemons()->hangs = fake_store()->running = true;
	look_around(&s, STORE_IF_THERE, 1,
		    "earlydom: what needs the store waits: the xenstored that runs, process 7, "
		    "does not answer\n");
	assert_int_equal(s.k.all.store, STORE_HANGS);
	fake_daemons_hang(false);
	AWAIT(&s, s.k.all.store == STORE_SERVES);
	has_store(&s, true);
	turns(&s, 100);
	assert_string_equal(kit_units_said(&s.k), "earlydom: xenstored answers again\n");
	close_scene(&s);
}

/* Another supervisor has what this one had: the daemons are its own, and watched over. */
static void test_kept(void **state)
{
	struct services_file kept[SERVICES_FILES];
	struct scene s;
	size_t n;

	(void)state;
	open_scene(&s);
	look_around(&s, STORE_IF_THERE, 0, "");
	assert_true(services_files_changed(&s.a));
	assert_false(services_files_changed(&s.a));
	n = services_files(&s.a, kept);
	assert_int_equal(n, 2);
	assert_string_equal(kept[0].name, "xenstored");
	assert_string_equal(kept[1].name, "xenconsoled");
	for (size_t i = 0; i < n; i++)
		kept[i].fd = dup(kept[i].fd);
	store_handle_close(&s.k.host);
	worker_stop(&s.k.worker);
	services_close(&s.a);

	services_init(&s.a);
	s.k.worker_host.link = &s.a.link;
	assert_int_equal(worker_start(&s.k.worker, &s.k.worker_host, 1, &(struct err){.msg = ""}),
			 0);
	look_around(&s, STORE_IF_THERE, 0, "");
	services_close(&s.a);
	services_init(&s.a);
	open_with(&s, STORE_IF_THERE, kept, n);
	assert_string_equal(kit_units_said(&s.k), "");
	has_store(&s, true);
	assert_int_equal(s.k.all.consoles, CONSOLES_LOGGED);
	assert_int_equal(fake_daemons()->stores, 1);
	assert_int_equal(fake_daemons_consoles(), 1);
	fake_daemons_end_console();
	AWAIT(&s, fake_daemons_consoles() == 2);
	fake_daemons_end_store();
	AWAIT(&s, s.k.all.store == STORE_GONE && s.k.all.consoles == CONSOLES_OURS);
	n = services_files(&s.a, kept);
	assert_int_equal(n, 1); /* xenconsoled has ended with it */
	assert_string_equal(kept[0].name, "store-lost");
	kept[0].fd = dup(kept[0].fd);
	services_close(&s.a);

	/* The store is not started by the next one either. */
	services_init(&s.a);
	open_with(&s, STORE_IF_THERE, kept, 1);
	assert_int_equal(s.k.all.store, STORE_GONE);
	assert_int_equal(fake_daemons()->stores, 1);
	close_scene(&s);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0 || mkdir("tails", 0700) < 0)
		return -1;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_store),
		cmocka_unit_test(test_started),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_store_fails),
		cmocka_unit_test(test_find_store),
		cmocka_unit_test(test_store_news),
		cmocka_unit_test(test_tails),
		cmocka_unit_test(test_console_ends),
		cmocka_unit_test(test_console_stays_away),
		cmocka_unit_test(test_store_ends),
		cmocka_unit_test(test_store_ends_devices),
		cmocka_unit_test(test_store_ends_connecting),
		cmocka_unit_test(test_store_hangs),
		cmocka_unit_test(test_hangs_first),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
