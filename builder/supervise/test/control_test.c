/* The supervisor's socket: what it answers, and to whom it does not listen. */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/describe/disk_spec.h"
#include "builder/supervise/control.h"
#include "builder/supervise/unit_console.h"
#include "builder/supervise/unit_media.h"

struct scene {
	struct kit_units k;
	struct control c;
	struct guest_config cfgs[2];
};

static void open_scene(struct scene *s)
{
	struct err e;

	fake_reset();
	s->cfgs[0] = kit_config("web", GUEST_PV);
	s->cfgs[1] = kit_config("db", GUEST_PVH);
	s->cfgs[1].on_poweroff = ACTION_PRESERVE;
	kit_units_open(&s->k, s->cfgs, 2);
	for (size_t i = 0; i < 2; i++)
		kit_unit_hold(&s->k, i);
	for (size_t i = 0; i < 2; i++)
		unit_proceed(&s->k.all, &s->k.all.list[i], clock_ns());
	kit_units_jobs(&s->k);
	KIT_CHECK(control_open(&s->c, kit_path("run"), -1, &e) == 0, "%s", e.msg);
	s->k.all.output = control_output;
	s->k.all.output_arg = &s->c;
}

static void close_scene(struct scene *s)
{
	control_close(&s->c);
	kit_units_close(&s->k);
	fake_reset();
}

/* One turn of the supervisor's loop, as far as the socket goes. */
static void turn(struct scene *s)
{
	struct pollfd fds[CONTROL_FDS];

	control_settle(&s->c, &s->k.all);
	control_poll(&s->c, fds);
	if (poll(fds, CONTROL_FDS, 0) > 0)
		control_act(&s->c, &s->k.all, fds);
}

static int dial(struct scene *s)
{
	struct err e;
	const int fd = control_connect(kit_path("run"), &e);

	KIT_CHECK(fd >= 0, "%s", e.msg);
	turn(s);
	return fd;
}

static void send_text(struct scene *s, int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	turn(s);
	turn(s);
}

/* What has come for the client so far; *end tells whether the connection is over. */
static const char *received(int fd, bool *end)
{
	static char text[65536];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	*end = n == 0 || errno != EAGAIN;
	return text;
}

static void answers(struct scene *s, const char *request, const char *want)
{
	const int fd = dial(s);
	bool end;

	send_text(s, fd, request);
	kit_units_jobs(&s->k);
	turn(s);
	assert_string_equal(received(fd, &end), want);
	assert_true(end);
	close(fd);
}

static void waits(int fd)
{
	bool end;

	assert_string_equal(received(fd, &end), "");
	assert_false(end);
}

/* That, and then the end. */
static void hears(int fd, const char *want)
{
	bool end;

	assert_string_equal(received(fd, &end), want);
	assert_true(end);
	close(fd);
}

static void test_list(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	s.k.all.list[0].guest.build_ns = s.k.all.list[1].guest.build_ns = 5000000;
	s.k.all.longest_turn = 17;
	answers(&s, "list\n",
		"web\t1\tlinux\tpv\t64\t1\trunning\t0\t5\t0\t-\t-\n"
		"db\t2\tlinux\tpvh\t64\t1\trunning\t0\t5\t0\t-\t-\n"
		"\t17\n");
	close_scene(&s);
}

static void test_bad_requests(void **state)
{
	char line[CONTROL_REQUEST_MAX + 300];
	struct scene s;
	bool end;
	int fd;

	(void)state;
	open_scene(&s);
	answers(&s, "\n", "error: unknown request\n");
	answers(&s, "lists\n", "error: unknown request\n");
	answers(&s, "list web\n", "error: unknown request\n");
	answers(&s, "kill web\n", "error: unknown request\n");
	answers(&s, "stop\n", "error: unknown request\n");
	answers(&s, "stop \n", "error: no guest has the name \n");
	answers(&s, "stop nobody\n", "error: no guest has the name nobody\n");
	answers(&s, "stop web \n", "error: no guest has the name web \n");
	answers(&s, "console we\n", "error: no guest has the name we\n");
	memset(line, 'x', sizeof(line));
	strcpy(line + CONTROL_REQUEST_MAX, "\n");
	answers(&s, line, "error: the request is too long\n");
	memcpy(line, "stop ", 5);
	strcpy(line + 200, "\n");
	fd = dial(&s);
	send_text(&s, fd, line);
	received(fd, &end);
	assert_true(end);
	close(fd);
	/* One that says nothing waits; one that goes in the middle is forgotten. */
	fd = dial(&s);
	send_text(&s, fd, "sto");
	waits(fd);
	close(fd);
	turn(&s);
	/* In two parts. */
	fd = dial(&s);
	send_text(&s, fd, "stop nob");
	send_text(&s, fd, "ody\n");
	assert_string_equal(received(fd, &end), "error: no guest has the name nobody\n");
	close(fd);
	assert_int_equal(fake_domains(), 2);
	close_scene(&s);
}

/* Media, as far as no guest here has a drive (unit_media_test). */
static void test_media(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	answers(&s, "media\n", "error: unknown request\n");
	answers(&s, "media web\n", "error: unknown request\n");
	answers(&s, "media web hdc\n", "error: unknown request\n");
	answers(&s, "media web hdc insert\n", "error: unknown request\n");
	answers(&s, "media web hdc insert \n", "error: unknown request\n");
	answers(&s, "media web hdc eject /x\n", "error: unknown request\n");
	answers(&s, "media web hdc eject \n", "error: unknown request\n");
	answers(&s, "media nobody hdc eject\n", "error: no guest has the name nobody\n");
	answers(&s, "media web hdc eject\n", "error: web has no cdrom drive\n");
	answers(&s, "media web hdc insert /a b\n", "error: web has no cdrom drive\n");
	close_scene(&s);
}

/* Who asked is told what came of it, and not before. */
static void test_media_waits(void **state)
{
	static char vdev[] = "hdc";
	struct disk_spec drive = {.vdev = vdev, .vdev_number = 5632, .cdrom = true, .qdisk = true};
	struct disk disk = {.spec = &drive, .format = DISK_EMPTY, .fd = -1}, *list = &disk;
	struct scene s;
	struct unit *u;
	struct err e;
	int fd;

	(void)state;
	open_scene(&s);
	u = &s.k.all.list[0];
	s.cfgs[0].type = GUEST_HVM;
	s.cfgs[0].disks = &drive;
	s.cfgs[0].nr_disks = 1;
	u->guest.disks = &list;
	fd = dial(&s);
	send_text(&s, fd, "media web hdc insert /no/such file\n");
	waits(fd);
	kit_units_jobs(&s.k);
	turn(&s);
	hears(fd, "error: disk hdc: /no/such file: No such file or directory\n");
	/* And of no later change, which may be asked for before that is told. */
	fd = dial(&s);
	send_text(&s, fd, "media web hdc insert /no/such file\n");
	waits(fd);
	kit_units_jobs(&s.k);
	KIT_CHECK(unit_media_begin(&s.k.all, u, "hdc", "/another", &e) == 0, "%s", e.msg);
	turn(&s);
	hears(fd, "error: disk hdc: /no/such file: No such file or directory\n");
	kit_units_jobs(&s.k);
	u->guest.disks = NULL;
	s.cfgs[0].type = GUEST_PV;
	s.cfgs[0].nr_disks = 0;
	close_scene(&s);
}

static void test_destroy(void **state)
{
	struct scene s;
	bool end;
	int fd;

	(void)state;
	open_scene(&s);
	fd = dial(&s);
	send_text(&s, fd, "destroy web\n");
	send_text(&s, fd, "more that nobody reads\n");
	waits(fd); /* until the domain is gone */
	kit_units_jobs(&s.k);
	turn(&s);
	assert_string_equal(received(fd, &end), "ok\n");
	assert_true(end);
	close(fd);
	assert_int_equal(fake_domains(), 1);
	answers(&s, "destroy web\n", "error: web is not running\n");
	answers(&s, "stop web\n", "error: web is not running\n");
	/* One that can't be destroyed. */
	fake_fail_call("xc_domain_destroy", 1, EPERM);
	fd = dial(&s);
	send_text(&s, fd, "destroy db\n");
	kit_units_jobs(&s.k);
	turn(&s);
	{
		char want[128];

		snprintf(want, sizeof(want), "error: cannot destroy domain 2: %s\n",
			 strerror(EPERM));
		assert_string_equal(received(fd, &end), want);
	}
	assert_true(end);
	close(fd);
	close_scene(&s);
}

static void test_start(void **state)
{
	struct guest_config other = kit_config("late", GUEST_PV);
	struct scene s;
	char want[128];
	int fd;

	(void)state;
	open_scene(&s);
	s.k.all.others = &other;
	s.k.all.nr_others = 1;
	answers(&s, "start nobody\n", "error: no guest has the name nobody\n");
	answers(&s, "start web\n", "error: web is running already\n");
	answers(&s, "end late\n", "ok\n");
	fd = dial(&s);
	send_text(&s, fd, "start late\n");
	waits(fd);
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	turn(&s);
	hears(fd, "ok\n");
	/* A start that fails is an answer as well, and so is one that is tried again. */
	fd = dial(&s);
	send_text(&s, fd, "end late\n");
	kit_units_tick(&s.k, clock_ns());
	fake_shutdown(3, SHUTDOWN_poweroff);
	kit_units_look(&s.k, 2);
	kit_units_jobs(&s.k);
	turn(&s);
	hears(fd, "ok\n");
	answers(&s, "end late\n", "ok\n");
	fake_fail_call("xc_domain_create", 1, EINVAL);
	fd = dial(&s);
	send_text(&s, fd, "start late\n");
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	turn(&s);
	snprintf(want, sizeof(want), "error: cannot create a domain: %s\n", strerror(EINVAL));
	hears(fd, want);
	other.start_retries = 3;
	fake_fail_call("xc_domain_create", 1, ENOMEM);
	fd = dial(&s);
	send_text(&s, fd, "start late\n");
	kit_units_tick(&s.k, clock_ns());
	kit_units_jobs(&s.k);
	s.k.all.list[2].retry_at = clock_ns() + 9 * NS_PER_S;
	turn(&s);
	snprintf(want, sizeof(want), "error: cannot create a domain: %s; tried again in 9 s\n",
		 strerror(ENOMEM));
	hears(fd, want);
	close_scene(&s);
}

static void test_stop_all(void **state)
{
	static const char *const wrong[] = {"stop-all 0\n", "stop-all x\n", "stop-all 5 now\n",
					    "stop-all -1\n", "stop-all 5 force x\n"};
	struct scene s;
	int fd;

	(void)state;
	open_scene(&s);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		answers(&s, wrong[i], "error: unknown request\n");
	fd = dial(&s);
	send_text(&s, fd, "stop-all 60\n");
	waits(fd);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(s.k.all.list[i].state, UNIT_STOPPING);
		fake_shutdown(i + 1, SHUTDOWN_poweroff);
		kit_units_look(&s.k, i);
	}
	kit_units_jobs(&s.k);
	usleep(110 * 1000);
	turn(&s);
	hears(fd, "ok\n");
	close_scene(&s);

	open_scene(&s);
	fd = dial(&s);
	send_text(&s, fd, "stop-all 1 force\n");
	for (unsigned i = 0; i < 15; i++) {
		usleep(110 * 1000);
		turn(&s);
		kit_units_jobs(&s.k);
	}
	hears(fd, "ok\n");
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

static void test_stop(void **state)
{
	struct scene s;
	char keys[8];
	bool end;
	int fd;

	(void)state;
	open_scene(&s);
	fd = dial(&s);
	send_text(&s, fd, "stop web\n");
	waits(fd);
	unit_tick(&s.k.all, &s.k.all.list[0], s.k.all.list[0].stop_since);
	assert_int_equal(fake_typed(1, keys, sizeof(keys)), 2);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&s.k, 0);
	kit_units_jobs(&s.k);
	turn(&s);
	assert_string_equal(received(fd, &end), "ok\n");
	assert_true(end);
	close(fd);
	/* Preserved: it has ended, though its domain is there. */
	fd = dial(&s);
	send_text(&s, fd, "stop db\n");
	waits(fd);
	fake_shutdown(2, SHUTDOWN_poweroff);
	kit_units_look(&s.k, 1);
	turn(&s);
	assert_string_equal(received(fd, &end), "ok\n");
	assert_true(end);
	close(fd);
	close_scene(&s);
}

static void test_console(void **state)
{
	char keys[4096], text[2000];
	struct scene s;
	size_t n, sent = 0, got = 0;
	bool end;
	int fd, other;

	(void)state;
	open_scene(&s);
	fake_print(1, "before\n");
	unit_console(&s.k.all, &s.k.all.list[0]);
	fd = dial(&s);
	send_text(&s, fd, "console web\n");
	assert_string_equal(received(fd, &end), "ok\nbefore\n");
	other = dial(&s);
	send_text(&s, other, "console db\n");
	assert_string_equal(received(other, &end), "ok\n");
	fake_print(1, "now\n");
	unit_console(&s.k.all, &s.k.all.list[0]);
	assert_string_equal(received(fd, &end), "now\n");
	assert_false(end);
	waits(other); /* another guest's console */

	send_text(&s, fd, "typed\n");
	n = fake_typed(1, keys, sizeof(keys));
	assert_int_equal(n, 6);
	assert_memory_equal(keys, "typed\n", 6);
	/* More than the ring holds waits for its turn, and none is lost. */
	memset(text, 't', sizeof(text));
	text[0] = 'a';
	text[sizeof(text) - 1] = 'z';
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	for (n = 0; n < 50 && got < sizeof(text); n++) {
		turn(&s);
		sent = fake_typed(1, keys + got, n < 10 ? 1 : 400);
		got += sent;
	}
	assert_int_equal(got, sizeof(text));
	assert_memory_equal(keys, text, sizeof(text));
	close(fd);
	turn(&s);
	fake_print(1, "to nobody\n");
	unit_console(&s.k.all, &s.k.all.list[0]);
	waits(other);
	close(other);
	close_scene(&s);
}

/* A client that reads nothing neither stops the supervisor nor takes what is others'. */
static void test_slow_client(void **state)
{
	char buf[CONSOLE_RING_OUT];
	struct scene s;
	int slow;

	(void)state;
	open_scene(&s);
	slow = dial(&s);
	send_text(&s, slow, "console web\n");
	memset(buf, 'o', sizeof(buf));
	for (unsigned i = 0; i < 1000; i++) /* 2 MB, far more than a socket holds */
		control_output(&s.c, &s.k.all.list[0], buf, sizeof(buf));
	answers(&s, "stop nobody\n", "error: no guest has the name nobody\n");
	close(slow);
	turn(&s);
	close_scene(&s);
}

static void test_too_many(void **state)
{
	int fds[CONTROL_CLIENTS], one;
	struct scene s;
	bool end;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		fds[i] = dial(&s);
	one = dial(&s);
	turn(&s);
	assert_string_equal(received(one, &end), "error: too many connections\n");
	assert_true(end);
	close(one);
	close(fds[3]);
	turn(&s);
	answers(&s, "stop nobody\n", "error: no guest has the name nobody\n");
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (i != 3)
			close(fds[i]);
	turn(&s);
	close_scene(&s);
}

/* Without a file for one more client the loop does not turn without end; the client waits. */
static void test_no_files(void **state)
{
	struct pollfd fds[CONTROL_FDS];
	struct rlimit usual, none;
	struct scene s;
	struct err e;
	uint64_t began;
	bool end;
	int fd;

	(void)state;
	open_scene(&s);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	fd = control_connect(kit_path("run"), &e);
	assert_true(fd >= 0);
	/* No number is left for another one. */
	none = (struct rlimit){(rlim_t)dup(fd), usual.rlim_max};
	assert_true(none.rlim_cur >= CONTROL_FDS); /* what poll(2) may take then */
	close((int)none.rlim_cur);
	began = clock_ns();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	send_text(&s, fd, "list\n");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	waits(fd);
	control_poll(&s.c, fds);
	assert_int_equal(fds[0].fd, -1);
	assert_in_range(control_due(&s.c, clock_ns()), began + 1, clock_ns() + NS_PER_S);
	usleep(1100000);
	assert_true(control_due(&s.c, clock_ns()) == UINT64_MAX);
	turn(&s);
	turn(&s);
	assert_non_null(strstr(received(fd, &end), "web\t1\t"));
	assert_true(end);
	close(fd);
	close_scene(&s);
}

static void test_open(void **state)
{
	char dir[160], msg[512], path[256];
	struct control c;
	struct scene s;
	struct err e;
	struct stat st;

	(void)state;
	open_scene(&s);
	assert_int_equal(stat(kit_path("run/control"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600); /* root's alone */
	/* A second supervisor. */
	assert_int_equal(control_open(&c, kit_path("run"), -1, &e), -1);
	snprintf(msg, sizeof(msg), "another earlydom is running (%s answers)",
		 kit_path("run/control"));
	assert_string_equal(e.msg, msg);
	control_close(&c);
	/* One that died without a word leaves its socket. */
	control_close(&s.c);
	assert_int_equal(control_connect(kit_path("run"), &e), -1);
	snprintf(msg, sizeof(msg), "no supervisor is running (%s does not answer)",
		 kit_path("run/control"));
	assert_string_equal(e.msg, msg);
	KIT_CHECK(control_open(&s.c, kit_path("run"), -1, &e) == 0, "%s", e.msg);
	close_scene(&s);

	memset(dir, 'd', sizeof(dir));
	dir[sizeof(dir) - 1] = '\0';
	assert_int_equal(control_open(&c, dir, -1, &e), -1);
	snprintf(msg, sizeof(msg), "the path %s/control is too long for a socket", dir);
	assert_string_equal(e.msg, msg);
	snprintf(path, sizeof(path), "%s", kit_path("nowhere"));
	assert_int_equal(control_open(&c, path, -1, &e), -1);
	snprintf(msg, sizeof(msg), "cannot listen at %s/control: No such file or directory", path);
	assert_string_equal(e.msg, msg);
	control_close(&c);
}

/* Finds the store that the test has made meanwhile. */
static int find_store(void *arg, struct err *e)
{
	struct kit_units *k = arg;

	if (!fake_store()->running)
		return err_set(e, "no xenstored runs");
	kit_units_store(k);
	return 0;
}

/* A command that has to wait for an errand is answered when that is back and the command is done,
 * or is refused. */
static void test_waited(void **state)
{
	static const char refusal[] =
		"error: web would stop when its console is full, which only earlydom drains: "
		"`earlydom handover` gives it to xenconsoled first\n";
	struct scene s;
	struct unit *web;
	int fd;

	(void)state;
	open_scene(&s);
	web = &s.k.all.list[0];
	for (unsigned i = 0; i < 2; i++) {
		web->handing_over = true;
		fd = dial(&s);
		send_text(&s, fd, "release web\n");
		waits(fd);
		if (i)
			unit_console_close(&s.k.all, web);
		web->handing_over = false;
		assert_true(unit_event_waited(&s.k.all, web));
		turn(&s);
		hears(fd, i ? "ok\n" : refusal);
		assert_int_equal(web->state, i ? UNIT_RELEASED : UNIT_RUNNING);
	}
	close_scene(&s);
}

/* What is given away is answered at once, and whoever is attached to it loses it then. */
static void test_given_away(void **state)
{
	struct scene s;
	bool end;
	int fd, other;

	(void)state;
	open_scene(&s);
	s.k.all.find_store = find_store;
	s.k.all.find_store_arg = &s.k;
	answers(&s, "release\n", "error: unknown request\n");
	answers(&s, "release nobody\n", "error: no guest has the name nobody\n");
	answers(&s, "release web\n",
		"error: web would stop when its console is full, which only earlydom drains: "
		"`earlydom handover` gives it to xenconsoled first\n");
	answers(&s, "handover\n", "error: no xenstored runs\n");
	answers(&s, "handover web\n", "error: unknown request\n");
	fd = dial(&s);
	send_text(&s, fd, "console web\n");
	other = dial(&s);
	send_text(&s, other, "console db\n");
	assert_string_equal(received(other, &end), "ok\n");
	fake_print(1, "last heard here\n");
	fake_store()->running = true;
	s.k.all.consoles = CONSOLES_ELSEWHERE;
	/* One of the two is not handed over: that is the answer, and it keeps its console. */
	fake_fail_call("xc_hvm_param_set", 1, EPERM);
	answers(&s, "handover\n",
		"error: db: cannot tell the domain where its store is: Operation not permitted\n");
	turn(&s);
	assert_string_equal(received(fd, &end), "ok\nlast heard here\n");
	assert_true(end);
	close(fd);
	waits(other);
	answers(&s, "console web\n",
		"error: the console of web is served by xenconsoled: `xl console web`\n");
	answers(&s, "handover\n", "ok\n");
	turn(&s);
	assert_string_equal(received(other, &end), "");
	assert_true(end);
	close(other);

	answers(&s, "release web\n", "ok\n");
	assert_int_equal(s.k.all.list[0].state, UNIT_RELEASED);
	answers(&s, "release web\n", "error: web was released already\n");
	s.k.all.consoles = CONSOLES_LOGGED;
	answers(&s, "console web\n",
		"error: the console of web is served by xenconsoled: `xl console web`\n");
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),        cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_start),       cmocka_unit_test(test_stop_all),
		cmocka_unit_test(test_destroy),     cmocka_unit_test(test_media),
		cmocka_unit_test(test_media_waits), cmocka_unit_test(test_stop),
		cmocka_unit_test(test_console),     cmocka_unit_test(test_slow_client),
		cmocka_unit_test(test_too_many),    cmocka_unit_test(test_open),
		cmocka_unit_test(test_no_files),    cmocka_unit_test(test_given_away),
		cmocka_unit_test(test_waited),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
