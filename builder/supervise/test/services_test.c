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

#include "base/clock.h"
#include "builder/supervise/services.h"

struct scene {
	struct guest_config cfgs[2];
	struct kit_units k;
	struct services a;
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
	s->a = (struct services){
		.store = {-1}, .console = {-1}, .store_fd = -1, .tails_fd = -1, .tails_wake = -1};
}

static void close_scene(struct scene *s)
{
	services_close(&s->a, &s->k.host, &s->k.worker_host, 1);
	assert_true(!s->k.host.xsh && !s->k.worker_host.xsh);
	assert_true(s->a.store_fd == -1 && s->a.tails_fd == -1 && s->a.tails_wake == -1);
	assert_true(s->a.store.life == -1 && s->a.console.life == -1);
	kit_units_close(&s->k);
	fake_daemons_reset();
	fake_reset();
}

/* Opens them; so many things go wrong, with these words. */
static void look_around(struct scene *s, enum store_wish store, size_t bad, const char *words)
{
	const struct supervise_options o = {.store = store};

	assert_int_equal(services_open(&s->a, &o, &s->k.host, &s->k.worker_host, 1, &s->k.report),
			 bad);
	assert_string_equal(kit_units_said(&s->k), words);
}

static void has_store(const struct scene *s, bool has)
{
	assert_int_equal(s->k.host.xsh != NULL, has);
	assert_int_equal(s->k.worker_host.xsh != NULL, has);
	assert_int_equal(s->a.store_fd >= 0, has);
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
	assert_int_equal(s.a.consoles, CONSOLES_OURS);
	close_scene(&s);

	open_scene(&s);
	fake_daemons()->programs = false;
	look_around(&s, STORE_IF_THERE, 0, "");
	has_store(&s, false);
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
	assert_int_equal(s.a.consoles, CONSOLES_LOGGED);
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
	assert_int_equal(s.a.consoles, CONSOLES_ELSEWHERE);
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
	assert_int_equal(s.a.consoles, CONSOLES_OURS);
	close_scene(&s);

	/* A store without xenconsoled is still a store. */
	open_scene(&s);
	fake_daemons()->console_bad = true;
	look_around(&s, STORE_IF_THERE, 1,
		    "earlydom: earlydom drains the consoles itself: xenconsoled ended with status "
		    "1\n");
	has_store(&s, true);
	assert_int_equal(s.a.consoles, CONSOLES_OURS);
	close_scene(&s);
}

/* Each call to the store fails once: then there is none, and no handle of it. */
static void test_store_fails(void **state)
{
	struct scene s;
	unsigned n;

	(void)state;
	for (n = 1; n < 50; n++) {
		const struct supervise_options o = {.store = STORE_IF_THERE};
		size_t bad;

		open_scene(&s);
		fake_fail_at(n, EPIPE);
		bad = services_open(&s.a, &o, &s.k.host, &s.k.worker_host, 1, &s.k.report);
		if (!fake_failed()) {
			assert_int_equal(bad, 0);
			close_scene(&s);
			break;
		}
		assert_int_equal(bad, 1);
		KIT_CHECK(!s.k.host.xsh && !s.k.worker_host.xsh && s.a.store_fd == -1,
			  "%s failed and there is a store", fake_failed());
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
	assert_int_equal(services_find_store(&s.a, &s.k.host, &s.k.worker_host, 1, &e), -1);
	assert_string_equal(e.msg, "no xenstored runs (/run/xenstored/socket does not answer)");
	fake_daemons()->store = fake_store()->running = true;
	assert_int_equal(services_find_store(&s.a, &s.k.host, &s.k.worker_host, 1, &e), -1);
	assert_string_equal(e.msg, "no xenconsoled runs (/run/xenconsoled.pid names none), to "
				   "which the consoles go");
	has_store(&s, false);
	fake_daemons()->console = true;
	fake_fail_call("xs_watch", 1, EPIPE);
	assert_int_equal(services_find_store(&s.a, &s.k.host, &s.k.worker_host, 1, &e), -1);
	has_store(&s, false);
	KIT_CHECK(services_find_store(&s.a, &s.k.host, &s.k.worker_host, 1, &e) == 0, "%s", e.msg);
	has_store(&s, true);
	assert_int_equal(s.a.consoles, CONSOLES_ELSEWHERE);
	assert_int_equal(fake_daemons()->stores, 0);
	close_scene(&s);
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* News of back ends, and of nothing else, wakes the supervisor; it is taken all at once. */
static void test_store_news(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	look_around(&s, STORE_IF_THERE, 0, "");
	assert_true(readable(s.a.store_fd)); /* a watch begins with an event */
	assert_true(services_store_changed(&s.k.host));
	assert_false(readable(s.a.store_fd));
	assert_false(services_store_changed(&s.k.host));
	fake_store_write("/tool/x", "1");
	assert_false(readable(s.a.store_fd));
	fake_store_write("/local/domain/0/backend/x/state", "1");
	fake_store_write("/local/domain/0/backend/x/state", "2");
	assert_true(readable(s.a.store_fd));
	assert_true(services_store_changed(&s.k.host));
	assert_false(readable(s.a.store_fd));
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
	const uint64_t t = 1000 * NS_PER_S;
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
	services_tick(&s.a, &s.k.all, t + 10 * NS_PER_S - 1);
	assert_int_equal(size_of("other"), 6);
	services_tick(&s.a, &s.k.all, t + 10 * NS_PER_S);
	assert_int_equal(size_of("other"), 0);
	/* A guest that was released is one of them: earlydom no longer reads its log. */
	append("db");
	s.k.all.list[1].state = UNIT_RELEASED;
	services_tick(&s.a, &s.k.all, t + 20 * NS_PER_S);
	assert_int_equal(size_of("db"), 0);
	assert_int_equal(size_of("web"), 6);
	close_scene(&s);
}

/* The end of a daemon is said, once. */
static void test_daemons_end(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	look_around(&s, STORE_IF_THERE, 0, "");
	services_tick(&s.a, &s.k.all, NS_PER_S);
	assert_string_equal(kit_units_said(&s.k), "");
	close(fake_daemons()->console_life);
	fake_daemons()->console_life = -1;
	services_tick(&s.a, &s.k.all, NS_PER_S);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: xenconsoled has ended: guests stop when their consoles are "
			    "full\n");
	close(fake_daemons()->store_life);
	fake_daemons()->store_life = -1;
	services_tick(&s.a, &s.k.all, NS_PER_S);
	assert_string_equal(kit_units_said(&s.k),
			    "earlydom: xenstored has ended: guests can't be started, and none is "
			    "heard\n");
	services_tick(&s.a, &s.k.all, NS_PER_S);
	assert_string_equal(kit_units_said(&s.k), "");
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
		cmocka_unit_test(test_no_store),    cmocka_unit_test(test_started),
		cmocka_unit_test(test_found),       cmocka_unit_test(test_failures),
		cmocka_unit_test(test_store_fails), cmocka_unit_test(test_find_store),
		cmocka_unit_test(test_store_news),  cmocka_unit_test(test_tails),
		cmocka_unit_test(test_daemons_end),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
