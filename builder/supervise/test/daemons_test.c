/*
 * Daemons: found, started, and what is said about those that do not serve. This program plays both,
 * when it is called @xenstored or @xenconsoled; what it then does is in a file beside the pid file.
 */
#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "base/interpreter.h"
#include "builder/supervise/daemon_calls.h"
#include "builder/supervise/daemons.h"

#define FAKE_LIFE_S 20 /* no fake is left behind by a test that fails */

/* ---- the fakes ---- */

static void fake_pid_file(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		_exit(9);
	fprintf(f, "%ld\n", (long)getpid());
	fclose(f);
}

/* Answers every question in one way: with what a xenstored says, with an error, or not at all. */
static void fake_store(const char *path, unsigned type)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct xsd_sockmsg head;
	char text[64];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;

	strncpy(at.sun_path, path, sizeof(at.sun_path) - 1);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0)
		_exit(9);
	for (;;) {
		client = accept(fd, NULL, NULL);
		if (!type)
			continue;
		if (read(client, &head, sizeof(head)) == sizeof(head) && head.len < sizeof(text) &&
		    read(client, text, head.len) == (ssize_t)head.len) {
			head.type = type;
			head.len = 0;
			if (write(client, &head, sizeof(head)) < 0)
				_exit(9);
		}
		close(client);
	}
}

static void fake_background(void)
{
	const pid_t first = fork();

	if (first)
		_exit(first < 0);
	setsid();
	if (fork())
		_exit(0);
	alarm(FAKE_LIFE_S); /* it is not inherited */
}

static void quiet(void)
{
	const int null = open("/dev/null", O_RDWR);

	dup2(null, 2);
}

/* What both daemons do that is not what they should. */
static void misbehave(const char *does)
{
	if (!strcmp(does, "status"))
		_exit(3);
	if (!strcmp(does, "signal"))
		kill(getpid(), SIGKILL);
	if (!strcmp(does, "last words")) {
		dprintf(2, "I am out of\n");
		kill(getpid(), SIGKILL);
	}
	if (!strcmp(does, "mounts"))
		umount2("/nowhere", 0);
	if (!strcmp(does, "forever"))
		pause();
	fake_background();
	if (!strcmp(does, "silent"))
		_exit(1);
	if (!strcmp(does, "says")) {
		dprintf(2, "FATAL: Failed to initialize dom0\n port: Not there\n\n");
		_exit(1);
	}
	if (!strcmp(does, "talks")) {
		for (int i = 0; i < 2000; i++)
			dprintf(2, "word\t%d ", i);
		_exit(1);
	}
	if (!strcmp(does, "late"))
		usleep(300000);
	if (!strcmp(does, "mute"))
		pause();
}

static int fake(int argc, char **argv)
{
	const char *pid_file = NULL, *logs = "";
	char path[256], does[64] = "";
	FILE *f;

	alarm(FAKE_LIFE_S);
	for (int i = 1; i + 1 < argc; i++) {
		if (!strcmp(argv[i], "--pid-file"))
			pid_file = argv[i + 1];
		if (!strcmp(argv[i], "--log-dir"))
			logs = argv[i + 1];
	}
	if (!pid_file)
		return 8;
	snprintf(path, sizeof(path), "%s.does", pid_file);
	f = fopen(path, "r");
	if (!f || !fgets(does, sizeof(does), f))
		return 8;
	fclose(f);
	misbehave(does);
	fake_pid_file(pid_file);
	if (!strcmp(argv[0], "@xenconsoled")) {
		quiet();
		snprintf(path, sizeof(path), "%s/guest-web.log", logs);
		close(open(path, O_WRONLY | O_CREAT | O_APPEND, 0644));
		for (;;)
			pause();
	}
	snprintf(path, sizeof(path), "%.*ssocket", (int)(strrchr(pid_file, '/') - pid_file + 1),
		 pid_file);
	if (strcmp(does, "quits") == 0) {
		quiet();
		usleep(300000);
		_exit(0);
	}
	fake_store(path, !strcmp(does, "deaf")    ? 0
			 : !strcmp(does, "wrong") ? XS_ERROR
						  : XS_DIRECTORY);
	return 0;
}

/* ---- the tests ---- */

/* What a fake makes of this program is not known: it may call what it likes but this. Of root's
 * powers it has none, where this is root. */
static const struct seccomp_rule not_acct[] = {SECCOMP_CALL_FAILS(acct)};
static const struct seccomp_list few = SECCOMP_LIST(not_acct);
static struct daemon_powers powers = {.calls = {&few}, .otherwise = SECCOMP_RET_ALLOW};

static struct daemons_where at; /* all in one directory */
static char paths[6][128];

static void place(const char *dir)
{
	static const char *const names[6] = {"bin",         "socket", "store.pid",
					     "console.pid", "logs",   "dev"};

	for (size_t i = 0; i < 6; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, names[i]);
	at = (struct daemons_where){
		.programs = paths[0],
		.socket = paths[1],
		.store_pid = paths[2],
		.console_pid = paths[3],
		.log_dir = paths[4],
		.xenbus = paths[5],
		.terminals = paths[5],
		.store_powers = &powers,
		.console_powers = &powers,
		.timeout_ms = 2000,
		.stop_fd = -1,
	};
}

static void put(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void tell(const char *pid_file, const char *does)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.does", pid_file);
	put(path, does);
}

static void put_programs(void)
{
	char self[256], path[256];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	assert_int_equal(mkdir(at.programs, 0755), 0);
	snprintf(path, sizeof(path), "%s/xenstored", at.programs);
	assert_int_equal(symlink(self, path), 0);
	snprintf(path, sizeof(path), "%s/xenconsoled", at.programs);
	assert_int_equal(symlink(self, path), 0);
	put(at.xenbus, "");
}

static long pid_in(const char *file)
{
	char text[32] = "";
	FILE *f = fopen(file, "r");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	return strtol(text, NULL, 10);
}

/* A file of /proc, to be freed. */
static char *read_proc(const char *path)
{
	char *text = calloc(1, 8192);
	FILE *f = fopen(path, "r");

	KIT_CHECK(f && text, "%s: %s", path, strerror(errno));
	assert_true(fread(text, 1, 8191, f) > 0);
	fclose(f);
	return text;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0)
		return -1;
	if (geteuid() != 0)
		powers.capabilities = DAEMON_ALL_CAPABILITIES;
	place(kit_path(""));
	put_programs();
	return 0;
}

/* Ends what runs, so that each test begins with nothing. */
static int end_fakes(void **state)
{
	const char *const files[2] = {at.store_pid, at.console_pid};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		if (access(files[i], F_OK) == 0 && pid_in(files[i]) > 1 &&
		    pid_in(files[i]) != getpid())
			kill((pid_t)pid_in(files[i]), SIGKILL);
	unlink(at.store_pid);
	unlink(at.console_pid);
	unlink(at.socket);
	return 0;
}

/* Whether the daemon's end is seen within a second. */
static bool seen_ended(const struct daemon *d)
{
	char c;

	for (int i = 0; i < 100; i++) {
		if (read(d->life, &c, 1) == 0)
			return true;
		usleep(10000);
	}
	return false;
}

/* Its life says so within that time, also to one that has not started it. */
static bool ends(const struct daemon *d, int ms)
{
	struct pollfd p = {.fd = d->life, .events = POLLIN};

	assert_true(d->life >= 0);
	return poll(&p, 1, ms) > 0;
}

static void test_there(void **state)
{
	char path[256], away[256];

	(void)state;
	assert_true(daemons_there(&at));
	snprintf(path, sizeof(path), "%s/xenconsoled", at.programs);
	snprintf(away, sizeof(away), "%s/away", at.programs);
	assert_int_equal(rename(path, away), 0);
	assert_false(daemons_there(&at));
	assert_int_equal(rename(away, path), 0);
	assert_false(daemons_store_answers(&at));
	assert_false(daemons_console_runs(&at));
}

static void test_start(void **state)
{
	struct daemon store, console, again, found;
	char text[256], *name;
	struct err e;
	long pid;

	(void)state;
	tell(at.store_pid, "late");
	tell(at.console_pid, "serve");
	put(at.store_pid, "999999999\n"); /* of one that is long gone */
	KIT_CHECK(daemons_store(&store, &at, NULL, &e) == 0, "%s", e.msg);
	assert_true(store.life >= 0);
	assert_true(daemons_store_answers(&at));
	KIT_CHECK(daemons_console(&console, &at, NULL, &e) == 0, "%s", e.msg);
	assert_true(console.life >= 0);
	assert_true(daemons_console_runs(&at));

	/* What start-stop-daemon and systemd look at. */
	pid = pid_in(at.store_pid);
	snprintf(text, sizeof(text), "/proc/%ld/cmdline", pid);
	name = read_proc(text);
	assert_string_equal(name, "@xenstored");
	free(name);

	/* Found, and left alone. */
	KIT_CHECK(daemons_store(&again, &at, NULL, &e) == 0, "%s", e.msg);
	assert_int_equal(pid_in(at.store_pid), pid);
	KIT_CHECK(daemons_console(&found, &at, NULL, &e) == 0, "%s", e.msg);
	assert_false(ends(&again, 0) || ends(&found, 0));

	/* The end of each is seen, and of it alone; by whoever has found it, too. */
	kill((pid_t)pid, SIGKILL);
	assert_true(seen_ended(&store));
	assert_true(ends(&again, 5000));
	assert_int_equal(read(console.life, text, 1), -1);
	assert_false(ends(&found, 0));
	kill((pid_t)pid_in(at.console_pid), SIGKILL);
	assert_true(seen_ended(&console));
	assert_true(ends(&found, 5000));
	daemon_close(&again);
	daemon_close(&found);
	daemon_close(&store);
	daemon_close(&console);
	daemon_close(&console);
	assert_int_equal(console.life, -1);
	assert_false(daemons_store_answers(&at));
}

/* Whether this process may tell the kernel to spare it when memory is out. */
static bool may_be_spared(void)
{
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	const bool may = write(fd, "-1000", 5) == 5;

	assert_int_equal(pwrite(fd, "0", 1, 0), 1);
	close(fd);
	return may;
}

/* Nothing of the supervisor's own is handed down: neither its blocked signals nor its files. */
static void test_clean_slate(void **state)
{
	const int leak = open("/dev/null", O_RDONLY);
	sigset_t block, old;
	struct daemon d;
	struct err e;
	char path[64], *text, *p;
	bool good;

	(void)state;
	tell(at.console_pid, "serve");
	assert_true(fcntl(leak, F_DUPFD, 50) >= 50);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &old);
	signal(SIGPIPE, SIG_IGN);
	KIT_CHECK(daemons_console(&d, &at, NULL, &e) == 0, "%s", e.msg);
	snprintf(path, sizeof(path), "/proc/%ld/status", pid_in(at.console_pid));
	text = read_proc(path);
	p = strstr(text, "SigBlk:\t");
	assert_non_null(p);
	assert_memory_equal(p, "SigBlk:\t0000000000000000\n", 25);
	p = strstr(text, "SigIgn:\t");
	assert_non_null(p);
	assert_int_equal(strtoull(p + 8, NULL, 16) & (1u << (SIGPIPE - 1)), 0);
	free(text);
	snprintf(path, sizeof(path), "/proc/%ld/fd/50", pid_in(at.console_pid));
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "/proc/%ld/oom_score_adj", pid_in(at.console_pid));
	text = read_proc(path);
	good = !may_be_spared() || !strcmp(text, "-1000\n");
	free(text);
	assert_true(good);
	kill((pid_t)pid_in(at.console_pid), SIGTERM);
	assert_true(seen_ended(&d));
	daemon_close(&d);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(50);
	close(leak);
}

/* A line of /proc/PID/status of the daemon. */
static void has_line(const char *pid_file, const char *line)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/%ld/status", pid_in(pid_file));
	text = read_proc(path);
	KIT_CHECK(strstr(text, line), "no line '%s' in:\n%s", line, text);
	free(text);
}

/* Each has what it needs and no more, and as many files as it wants. */
static void test_powers(void **state)
{
	struct daemon store, console;
	unsigned long files;
	char path[64], *text;
	struct rlimit usual, l;
	struct err e;

	(void)state;
	tell(at.store_pid, "serve");
	tell(at.console_pid, "serve");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	l = usual;
	l.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &l), 0);
	powers.files = 101;
	KIT_CHECK(daemons_store(&store, &at, NULL, &e) == 0, "%s", e.msg);
	KIT_CHECK(daemons_console(&console, &at, NULL, &e) == 0, "%s", e.msg);
	for (int i = 0; i < 2; i++) {
		const char *file = i ? at.console_pid : at.store_pid;

		has_line(file, "\nNoNewPrivs:\t1\nSeccomp:\t2\n");
		snprintf(path, sizeof(path), "/proc/%ld/limits", pid_in(file));
		text = read_proc(path);
		files = strtoul(strstr(text, "Max open files") + 14, NULL, 10);
		free(text);
		assert_int_equal(files, powers.files);
		if (powers.capabilities)
			continue;
		has_line(file, "\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
			       "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n");
	}
	if (powers.capabilities)
		fprintf(stderr, "daemons_test: NOT TESTED without capabilities, needs root\n");
	powers.files = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	daemon_close(&store);
	daemon_close(&console);
}

static void fails(const char *does, const char *message)
{
	struct daemon d;
	struct err e;

	tell(at.store_pid, does);
	KIT_CHECK(daemons_store(&d, &at, NULL, &e) == -1, "a xenstored that %s is good", does);
	KIT_CHECK(!strcmp(e.msg, message), "%s: '%s', not '%s'", does, e.msg, message);
	assert_int_equal(d.life, -1);
	kit_good_message(&e);
	end_fakes(NULL);
}

static void test_failures(void **state)
{
	struct daemon d;
	struct err e;

	(void)state;
	fails("status", "xenstored ended with status 3");
	fails("signal", "xenstored was ended by signal 9 (Killed)");
	fails("silent", "xenstored has ended; the system log may say why");
	fails("quits", "xenstored has ended; the system log may say why");
	fails("says", "xenstored ended: Failed to initialize dom0  port: Not there");
	tell(at.store_pid, "talks");
	assert_int_equal(daemons_store(&d, &at, NULL, &e), -1);
	kit_good_message(&e);
	assert_memory_equal(e.msg, "xenstored ended: word 0 word 1 ", 31);
}

/* The fakes are not what the real ones' lists were made for. */
static void test_filter(void **state)
{
	struct daemon_powers real = daemon_store_powers;

	(void)state;
	real.capabilities = powers.capabilities;
	real.may_be_shared = false;
	at.store_powers = &real;
	fails("serve", "xenstored was ended by signal 31 (Bad system call)");
	at.store_powers = &powers;
	fails("last words", "xenstored was ended by signal 9 (Killed): I am out of");
}

/* But one with shared libraries may call what it likes, as long as it serves. */
static void test_shared(void **state)
{
	struct daemon_powers real = daemon_store_powers;
	struct daemon d;
	struct err e;

	(void)state;
	if (!has_interpreter("/proc/self/exe"))
		return;
	real.capabilities = powers.capabilities;
	at.store_powers = &real;
	tell(at.store_pid, "serve");
	KIT_CHECK(daemons_store(&d, &at, NULL, &e) == 0, "%s", e.msg);
	daemon_close(&d);
	end_fakes(NULL);
	fails("mounts", "xenstored was ended by signal 31 (Bad system call)");
	at.store_powers = &powers;
}

static void test_time(void **state)
{
	(void)state;
	at.timeout_ms = 1000;
	fails("forever", "xenstored does not serve within 1 s");
	fails("deaf", "xenstored does not serve within 1 s");
	fails("wrong", "xenstored does not serve within 1 s");
	fails("mute", "xenstored does not serve within 1 s");
	at.timeout_ms = 2000;
}

/* Somebody else's xenstored that does not answer is not pushed aside. */
static void test_hangs(void **state)
{
	const char *const names[] = {"xenstored", "oxenstored"};
	char text[64], was[16];
	struct daemon d;
	struct err e;

	(void)state;
	at.timeout_ms = 100;
	tell(at.store_pid, "serve");
	snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	prctl(PR_GET_NAME, was);
	for (size_t i = 0; i < 2; i++) {
		put(at.store_pid, text);
		prctl(PR_SET_NAME, names[i]);
		assert_int_equal(daemons_store(&d, &at, NULL, &e), -1);
		snprintf(text, sizeof(text),
			 "the xenstored that runs, process %ld, does not answer", (long)getpid());
		assert_string_equal(e.msg, text);
		snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	}
	/* The number is another program's by now. */
	prctl(PR_SET_NAME, was);
	at.timeout_ms = 2000;
	KIT_CHECK(daemons_store(&d, &at, NULL, &e) == 0, "%s", e.msg);
	daemon_close(&d);
	unlink(at.store_pid);
	end_fakes(NULL);
}

static void test_missing(void **state)
{
	char program[256], away[256], message[512];
	struct daemon d;
	struct err e;

	(void)state;
	tell(at.store_pid, "serve");
	snprintf(program, sizeof(program), "%s/xenstored", at.programs);
	snprintf(away, sizeof(away), "%s/away", at.programs);
	assert_int_equal(rename(program, away), 0);
	snprintf(message, sizeof(message), "cannot run %s: No such file or directory", program);
	fails("serve", message);
	assert_int_equal(rename(away, program), 0);

	assert_int_equal(unlink(at.xenbus), 0);
	snprintf(message, sizeof(message),
		 "cannot start xenstored: no %s (is xenfs mounted there?): No such file or "
		 "directory",
		 at.xenbus);
	fails("serve", message);
	assert_int_equal(daemons_console(&d, &at, NULL, &e), -1);
	snprintf(message, sizeof(message),
		 "cannot start xenconsoled: no %s (is devpts mounted there?): No such file or "
		 "directory",
		 at.xenbus);
	assert_string_equal(e.msg, message);
	put(at.xenbus, "");
	at.log_dir = kit_path("no/where");
	assert_int_equal(daemons_console(&d, &at, NULL, &e), -1);
	kit_good_message(&e);
	at.log_dir = paths[4];
}

/* Nobody waits any longer for a daemon when that is not wanted; it goes on, and is found later. */
static void test_stopped(void **state)
{
	struct daemon d;
	struct err e;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	at.stop_fd = fds[0];
	at.timeout_ms = 60000;
	tell(at.console_pid, "serve");
	KIT_CHECK(daemons_console(&d, &at, NULL, &e) == 0, "%s", e.msg);
	daemon_close(&d);
	assert_int_equal(write(fds[1], "", 1), 1);
	tell(at.store_pid, "deaf");
	alarm(30);
	assert_int_equal(daemons_store(&d, &at, NULL, &e), -1);
	assert_string_equal(e.msg, "xenstored is not waited for any more");
	/* It is in no later test's way. */
	while (access(at.store_pid, F_OK) < 0)
		usleep(10000);
	alarm(0);
	at.stop_fd = -1;
	at.timeout_ms = 2000;
	close(fds[0]);
	close(fds[1]);
}

/* One that is to end does, also when it is stopped; one that is not known does not. */
static void test_end_console(void **state)
{
	struct daemon d;
	struct err e;

	(void)state;
	tell(at.console_pid, "serve");
	KIT_CHECK(daemons_console(&d, &at, NULL, &e) == 0, "%s", e.msg);
	kill((pid_t)pid_in(at.console_pid), SIGSTOP);
	assert_true(daemons_end_console(&d, &at));
	assert_int_equal(d.life, -1);
	assert_false(daemons_console_runs(&at));
	assert_false(daemons_end_console(&d, &at));
}

/* ---- what the system does not give ---- */

static void start_store(const struct own_root *r, struct err *e)
{
	struct daemon d;

	if (daemons_store(&d, &at, r, e) == 0)
		err_set(e, "it was started");
	else if (d.life != -1)
		err_set(e, "its life is open");
}

static void no_files(struct err *e)
{
	child_no_files();
	start_store(NULL, e);
}

static void no_process(struct err *e)
{
	child_refuse(SYS_clone, EAGAIN);
	child_refuse(SYS_fork, EAGAIN);
	start_store(NULL, e);
}

static void no_exec(struct err *e)
{
	child_refuse(SYS_execve, EACCES);
	start_store(NULL, e);
}

static void no_capset(struct err *e)
{
	child_refuse(SYS_capset, EPERM);
	powers.capabilities = 0;
	start_store(NULL, e);
}

static void no_seccomp(struct err *e)
{
	child_refuse(SYS_seccomp, ENOSYS);
	start_store(NULL, e);
}

static void too_many_calls(struct err *e)
{
	static struct seccomp_rule rules[SECCOMP_RULES_MAX + 1];
	static const struct seccomp_list all = SECCOMP_LIST(rules);

	for (int i = 0; i <= SECCOMP_RULES_MAX; i++)
		rules[i].nr = i;
	powers.calls[1] = &all;
	start_store(NULL, e);
}

static void closed_root(struct err *e)
{
	const struct own_root closed = {.dir = -1};

	start_store(&closed, e);
}

static void test_not_given(void **state)
{
	char want[512];

	(void)state;
	tell(at.store_pid, "serve");
	snprintf(want, sizeof(want), "cannot start xenstored: %s", strerror(EMFILE));
	assert_string_equal(child_says(no_files), want);
	snprintf(want, sizeof(want), "cannot start xenstored: %s", strerror(EAGAIN));
	assert_string_equal(child_says(no_process), want);
	snprintf(want, sizeof(want), "cannot run %s/xenstored: Permission denied", at.programs);
	assert_string_equal(child_says(no_exec), want);
	snprintf(want, sizeof(want),
		 "cannot run %s/xenstored with fewer capabilities: Operation not permitted",
		 at.programs);
	assert_string_equal(child_says(no_capset), want);
	snprintf(want, sizeof(want),
		 "cannot run %s/xenstored with a filter of its system calls (seccomp): %s",
		 at.programs, strerror(ENOSYS));
	assert_string_equal(child_says(no_seccomp), want);
	assert_string_equal(child_says(too_many_calls),
			    "cannot start xenstored: the list of its system calls is too long");
	snprintf(want, sizeof(want), "cannot copy %s/xenstored to the refuge: %s", at.programs,
		 strerror(EBADF));
	assert_string_equal(child_says(closed_root), want);
}

/* A directory in the place of a root: what is copied there is seen, and nothing is started. */
static void copy_to(const char *name, struct err *e)
{
	const struct own_root r = {.dir = open(kit_path(name), O_RDONLY | O_DIRECTORY)};

	start_store(&r, e);
}

static void copy_short(struct err *e)
{
	child_short_files(20000);
	copy_to("short", e);
}

static void copy_none(struct err *e)
{
	child_short_files(0);
	copy_to("short", e);
}

static void copy_below_file(struct err *e)
{
	copy_to("file", e);
}

static void copy_nothing(struct err *e)
{
	copy_to("short", e);
}

static void test_not_copied(void **state)
{
	char want[512], inside[512], top[64], away[256], program[256];

	(void)state;
	assert_int_equal(mkdir(kit_path("short"), 0700), 0);
	assert_int_equal(mkdir(kit_path("file"), 0700), 0);
	snprintf(want, sizeof(want), "cannot copy %s/xenstored to the refuge: %s", at.programs,
		 strerror(ENOSPC));
	assert_string_equal(child_says(copy_short), want);
	/* A part of it is not left: a later try would take it for the whole. */
	snprintf(inside, sizeof(inside), "%s%s/xenstored", kit_path("short"), at.programs);
	assert_int_equal(access(inside, F_OK), -1);
	snprintf(want, sizeof(want), "cannot copy %s/xenstored to the refuge: %s", at.programs,
		 strerror(EFBIG));
	assert_string_equal(child_says(copy_none), want);
	assert_int_equal(access(inside, F_OK), -1);
	/* A file where a directory has to be. */
	snprintf(top, sizeof(top), "file/%.*s", (int)strcspn(at.programs + 1, "/"),
		 at.programs + 1);
	kit_text(top, "");
	snprintf(want, sizeof(want), "cannot copy %s/xenstored to the refuge: %s", at.programs,
		 strerror(ENOTDIR));
	assert_string_equal(child_says(copy_below_file), want);
	snprintf(program, sizeof(program), "%s/xenstored", at.programs);
	snprintf(away, sizeof(away), "%s/away", at.programs);
	assert_int_equal(rename(program, away), 0);
	snprintf(want, sizeof(want), "cannot run %s: No such file or directory", program);
	assert_string_equal(child_says(copy_nothing), want);
	assert_int_equal(rename(away, program), 0);
}

static void start_console(const struct own_root *r, struct err *e)
{
	struct daemon d;

	if (daemons_console(&d, &at, r, e) == 0)
		err_set(e, "it was started");
	else if (d.life != -1)
		err_set(e, "its life is open");
}

static void console_no_mount(struct err *e)
{
	const struct own_root r = {.dir = AT_FDCWD};

	child_refuse(SYS_mount, EPERM);
	start_console(&r, e);
}

static void test_no_log_dir(void **state)
{
	char want[512];

	(void)state;
	tell(at.console_pid, "serve");
	snprintf(want, sizeof(want), "cannot mount a tmpfs on %s: Operation not permitted",
		 at.log_dir);
	assert_string_equal(child_says(console_no_mount), want);
}

/* A path that no socket can have is answered by nobody; no file of the process is lost by that. */
static void test_long_path(void **state)
{
	struct daemons_where far = at;
	char path[300];
	const int before = dup(0);

	(void)state;
	close(before);
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	far.socket = path;
	assert_false(daemons_store_answers(&far));
	assert_int_equal(dup(0), before);
	close(before);
	/* A pid file without a number, and one of a process without a name. */
	put(at.console_pid, "");
	assert_false(daemons_console_runs(&at));
	put(at.console_pid, "-1\n");
	assert_false(daemons_console_runs(&at));
	unlink(at.console_pid);
	far.programs = kit_path("nowhere");
	assert_false(daemons_there(&far));
}

/* ---- in a real own root; where this program has shared libraries, with these ---- */

/* Ends this process, a child of the test's, when something is wrong. */
#define MUST(cond, ...)                                                                            \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			dprintf(2, "daemons_test: " __VA_ARGS__);                                  \
			dprintf(2, "\n");                                                          \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static void look_at(const struct daemons_where *w, const char *pid_file, const char *name)
{
	char path[64], exe[256] = "", want[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%ld/exe", pid_in(pid_file));
	n = readlink(path, exe, sizeof(exe) - 1);
	MUST(n > 0, "%s: %s", path, strerror(errno));
	exe[n] = '\0';
	snprintf(want, sizeof(want), "%s/%s", w->programs, name);
	MUST(!strcmp(exe, want), "%s is %s, not %s", path, exe, want);
}

static void in_refuge(void)
{
	struct daemon store, console;
	struct own_root r;
	char path[256], link[256];
	struct stat st;
	struct err e;

	MUST(own_root_make(&r, &e) == 0, "%s", e.msg);
	/* One that does not serve is not left behind: a later try would meet it. */
	tell(at.store_pid, "deaf");
	at.timeout_ms = 1000;
	MUST(daemons_store(&store, &at, &r, &e) == -1, "a deaf one was started");
	MUST(!strcmp(e.msg, "xenstored does not serve within 1 s"), "%s", e.msg);
	usleep(100000);
	/* Nobody may have waited for it, but it runs no program any more. */
	snprintf(path, sizeof(path), "/proc/%ld/exe", pid_in(at.store_pid));
	MUST(readlink(path, link, sizeof(link)) < 0, "it is left behind");
	at.timeout_ms = 5000;
	tell(at.store_pid, "serve");
	tell(at.console_pid, "serve");
	MUST(daemons_store(&store, &at, &r, &e) == 0, "%s", e.msg);
	MUST(daemons_console(&console, &at, &r, &e) == 0, "%s", e.msg);
	look_at(&at, at.store_pid, "xenstored");
	look_at(&at, at.console_pid, "xenconsoled");
	snprintf(path, sizeof(path), "%s/guest-web.log", at.log_dir);
	usleep(100000);
	MUST(stat(path, &st) == 0, "the log is not seen from here");
	MUST(own_root_enter(&r, NULL, &e) == 0, "%s", e.msg);
	MUST(stat(path, &st) == 0, "the log is not seen from the own root");
	MUST(daemons_store_answers(&at), "it does not answer any more");
	kill((pid_t)pid_in(at.store_pid), SIGKILL);
	kill((pid_t)pid_in(at.console_pid), SIGKILL);
	MUST(seen_ended(&store) && seen_ended(&console), "their end is not seen");
	_exit(0);
}

static void test_refuge(void **state)
{
	char dir[64] = "/run/earlydom-test.XXXXXX", log[256];
	const char *const programs = kit_path("bin");
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0 || !mkdtemp(dir)) {
		fprintf(stderr, "daemons_test: NOT TESTED in an own root, this needs root\n");
		return;
	}
	/* The programs are not in what the own root shares, the rest is. */
	place(dir);
	at.programs = programs;
	put(at.xenbus, "");
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		in_refuge();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	end_fakes(NULL);
	/* What was mounted on it there was seen by nobody else. */
	snprintf(log, sizeof(log), "%s/guest-web.log", at.log_dir);
	assert_int_equal(access(log, F_OK), -1);
	assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	place(kit_path(""));
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there),
		cmocka_unit_test_teardown(test_start, end_fakes),
		cmocka_unit_test_teardown(test_clean_slate, end_fakes),
		cmocka_unit_test_teardown(test_powers, end_fakes),
		cmocka_unit_test_teardown(test_failures, end_fakes),
		cmocka_unit_test_teardown(test_filter, end_fakes),
		cmocka_unit_test_teardown(test_shared, end_fakes),
		cmocka_unit_test_teardown(test_time, end_fakes),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test_teardown(test_stopped, end_fakes),
		cmocka_unit_test_teardown(test_end_console, end_fakes),
		cmocka_unit_test_teardown(test_missing, end_fakes),
		cmocka_unit_test_teardown(test_not_given, end_fakes),
		cmocka_unit_test_teardown(test_not_copied, end_fakes),
		cmocka_unit_test_teardown(test_no_log_dir, end_fakes),
		cmocka_unit_test_teardown(test_long_path, end_fakes),
		cmocka_unit_test(test_refuge),
	};

	if (argv[0][0] == '@')
		return fake(argc, argv);
	return cmocka_run_group_tests(tests, begin, kit_end);
}
