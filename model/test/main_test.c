/* The whole program in a process of its own, as the classic protocol starts it, with a guest that
 * is this test. */
#include "base/test/diag_expect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xen/sched.h>

#include "model/fake.h"

int model_main(int argc, char **argv);

struct scene {
	pid_t pid;
	int console; /* the other end of its standard input and output */
	int ready;   /* at its end when the model is ready */
};

/* What is done to the model's process before it begins; NULL for nothing. */
static void (*spoil)(void);

static char dir[] = "/tmp/model_main_XXXXXX";

#define ARGS "-f", "m.conf", "-d", "7", "-p", "12", "-m", "64"

static int enter_dir(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave_dir(void **state)
{
	(void)state;
	unlink("m.conf");
	unlink("said");
	unlink("a.log");
	return chdir("/") < 0 || rmdir(dir) < 0;
}

/* A hypervisor; the model is confined for real where it can be. */
static void begin(void)
{
	fake_reset();
	fake->confines = fake_may_confine();
}

static void child(const int sock[2], const int ready[2], char **argv)
{
	int argc = 0;
	const int said = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	while (argv[argc])
		argc++;
	/* The parent's ends would keep the model from seeing that they are closed. */
	close(sock[0]);
	close(ready[0]);
	dup2(sock[1], 0);
	dup2(sock[1], 1);
	dup2(said, 2);
	close(sock[1]);
	close(said);
	if (spoil)
		spoil();
	exit(model_main(argc, argv));
}

static void launch_with(struct scene *s, const char *config, char **argv)
{
	int sock[2], ready[2];
	char number[16];

	write_text(".", "m.conf", config);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	assert_int_equal(pipe(ready), 0);
	snprintf(number, sizeof(number), "%d", ready[1]);
	setenv("EARLYDOM_READY_FD", number, 1);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (!s->pid)
		child(sock, ready, argv);
	close(sock[1]);
	close(ready[1]);
	s->console = sock[0];
	s->ready = ready[0];
}

/* Waits until the model has closed its end. */
static void await_ready(struct scene *s)
{
	struct pollfd fd = {.fd = s->ready};
	char byte;

	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(read(s->ready, &byte, 1), 0);
	close(s->ready);
	s->ready = -1;
}

static void launch(struct scene *s, const char *config)
{
	char *argv[] = {"@earlydom-model", ARGS, NULL};

	begin();
	launch_with(s, config, argv);
	await_ready(s);
	assert_int_equal(waitpid(s->pid, NULL, WNOHANG), 0);
	assert_true(fake->gave_up && fake->filtered);
}

static int end_of(struct scene *s)
{
	int status;

	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	if (s->ready >= 0)
		close(s->ready);
	close(s->console);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const char *text_of(const char *file)
{
	static char text[1 << 20];
	FILE *f = fopen(file, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void terminate(struct scene *s)
{
	kill(s->pid, SIGTERM);
	assert_int_equal(end_of(s), 0);
	assert_true(fake_clean());
}

static void block_term(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* One of an initramfs with systemd, whose SIGTERM is not for it. */
static void test_blocked(void **state)
{
	struct scene s;

	(void)state;
	spoil = block_term;
	launch(&s, "");
	spoil = NULL;
	kill(s.pid, SIGTERM);
	usleep(100000);
	assert_int_equal(waitpid(s.pid, NULL, WNOHANG), 0);
	kill(s.pid, SIGINT);
	assert_int_equal(end_of(&s), 0);
	assert_true(fake_clean());
}

/* Reads n bytes of console, waiting for them. */
static void expect_console(struct scene *s, const char *text)
{
	char buf[1024];
	const size_t n = strlen(text);

	assert_int_equal(recv(s->console, buf, n, MSG_WAITALL), n);
	assert_memory_equal(buf, text, n);
}

static void print(const char *text)
{
	for (; *text; text++)
		fake_out(0x3f8, 1, (uint8_t)*text);
}

static void test_output_and_end(void **state)
{
	struct scene s;

	(void)state;
	launch(&s, "");
	assert_true(fake->restricted && fake->enabled);
	print("hello\n");
	expect_console(&s, "hello\n");
	terminate(&s);
	assert_string_equal(text_of("said"),
			    "earlydom-model: domain 7: serial port 0x3f8, irq 4, 2 vcpus\n");
}

static void test_input_and_interrupt(void **state)
{
	struct scene s;

	(void)state;
	launch(&s, "port = 0x2f8\nirq = 3\n");
	fake_out(0x2fc, 1, 0x0b);
	fake_out(0x2f9, 1, 0x01);
	assert_false(fake->level);
	assert_int_equal(write(s.console, "ls\n", 3), 3);
	for (unsigned i = 0; i < 1000 && !fake->level; i++)
		usleep(10000);
	assert_true(fake->level);
	assert_int_equal(fake->irq, 3);
	/* Without a FIFO there is one byte after the other. */
	for (const char *p = "ls\n"; *p; p++) {
		while (!(fake_in(0x2fd, 1) & 1))
			usleep(1000);
		assert_int_equal(fake_in(0x2f8, 1), *p);
	}
	assert_false(fake->level);
	assert_true(fake->edges >= 1);
	/* The other vcpu, which finds nothing at the usual place. */
	assert_int_equal(
		fake_io(1, (struct ioreq){.addr = 0x3fd, .size = 1, .count = 1, .dir = IOREQ_READ}),
		0xff);
	/* An event without a request is nothing. */
	fake_fire(0);
	assert_int_equal(fake_in(0x2fd, 1), 0x60);
	terminate(&s);
}

/* Input that the guest does not take waits, and costs nothing. */
static void test_input_waits(void **state)
{
	struct rusage used;
	struct scene s;
	int status;

	(void)state;
	launch(&s, "");
	assert_int_equal(write(s.console, "abc", 3), 3);
	usleep(1000000);
	kill(s.pid, SIGTERM);
	assert_int_equal(wait4(s.pid, &status, 0, &used), s.pid);
	assert_int_equal(status, 0);
	close(s.console);
	assert_true(used.ru_utime.tv_sec + used.ru_stime.tv_sec == 0);
	assert_true(used.ru_utime.tv_usec + used.ru_stime.tv_usec < 500000);
}

static void test_input_ends(void **state)
{
	struct scene s;

	(void)state;
	launch(&s, "");
	shutdown(s.console, SHUT_WR);
	print("still here");
	expect_console(&s, "still here");
	terminate(&s);
}

static void test_log(void **state)
{
	struct scene s;
	char config[128];

	(void)state;
	snprintf(config, sizeof(config), "log = \"%s/a.log\"\n", dir);
	unlink("a.log");
	launch(&s, config);
	print("one\ntwo");
	/* Nobody reads any more: the log goes on. */
	close(s.console);
	s.console = open("/dev/null", O_RDONLY);
	print(" three\nfour");
	terminate(&s);
	assert_string_equal(text_of("a.log"), "one\ntwo three\nfour");
	assert_string_equal(text_of("said"),
			    "earlydom-model: domain 7: serial port 0x3f8, irq 4, 2 vcpus\n"
			    "earlydom-model: nobody takes the guest's output any more\n");
}

static void test_slow_reader(void **state)
{
	const size_t page = 4096;
	struct scene s;
	char *buf = malloc(1 << 22);
	size_t n = 0;
	ssize_t got;

	(void)state;
	assert_non_null(buf);
	launch(&s, "");
	memset(fake->memory, 'x', page);
	/* Far more than socket and model hold: every request is answered all the same. */
	for (unsigned i = 0; i < 500; i++)
		fake_io(0, (struct ioreq){.addr = 0x3f8,
					  .size = 1,
					  .count = (uint32_t)page,
					  .data = (uint64_t)FAKE_GFN << 12,
					  .data_is_ptr = 1});
	/* What was mapped of the guest's memory was so for a request's time. */
	assert_int_equal(fake->pages, 0);
	kill(s.pid, SIGTERM);
	while ((got = read(s.console, buf + n, (1 << 22) - 1 - n)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	assert_int_equal(end_of(&s), 0);
	assert_true(n < 500 * page);
	assert_non_null(strstr(buf, "\r\n[earlydom-model: "));
	assert_non_null(strstr(buf, " bytes are lost here: the reader was too slow]\r\n"));
	free(buf);
}

static void test_reader_that_never_reads(void **state)
{
	struct scene s;

	(void)state;
	launch(&s, "");
	memset(fake->memory, 'x', 4096);
	for (unsigned i = 0; i < 500; i++)
		fake_io(0, (struct ioreq){.addr = 0x3f8,
					  .size = 1,
					  .count = 4096,
					  .data = (uint64_t)FAKE_GFN << 12,
					  .data_is_ptr = 1});
	/* It ends in spite of that. */
	terminate(&s);
}

static void test_power(void **state)
{
	struct scene s;

	(void)state;
	launch(&s, "");
	fake_out(0xb004, 2, 0x2001);
	assert_true(fake->shut_down);
	assert_int_equal(fake->reason, SHUTDOWN_poweroff);
	terminate(&s);
	assert_string_equal(text_of("said"),
			    "earlydom-model: domain 7: serial port 0x3f8, irq 4, 2 vcpus\n"
			    "earlydom-model: domain 7 powers off itself\n");
	launch(&s, "");
	fake_out(0x64, 1, 0xfe);
	assert_true(fake->shut_down);
	assert_int_equal(fake->reason, SHUTDOWN_reboot);
	terminate(&s);
}

static void test_domain_goes(void **state)
{
	struct scene s;

	(void)state;
	launch(&s, "");
	print("bye");
	fake->gone = true;
	expect_console(&s, "bye");
	assert_int_equal(end_of(&s), 0);
	assert_true(fake_clean());
	assert_string_equal(text_of("said"),
			    "earlydom-model: domain 7: serial port 0x3f8, irq 4, 2 vcpus\n"
			    "earlydom-model: domain 7 is gone\n");
}

static void test_vnc(void **state)
{
	char *argv[] = {"@earlydom-model", "-v", ":3", ARGS, NULL};
	struct scene s;

	(void)state;
	begin();
	launch_with(&s, "", argv);
	await_ready(&s);
	terminate(&s);
	assert_string_equal(text_of("said"),
			    "earlydom-model: -v :3: there is no display, this is ignored\n"
			    "earlydom-model: domain 7: serial port 0x3f8, irq 4, 2 vcpus\n");
}

static void expect_failure(const char *config, char **argv, int status, const char *said)
{
	struct scene s;

	launch_with(&s, config, argv);
	assert_int_equal(end_of(&s), status);
	assert_string_equal(text_of("said"), said);
	assert_true(fake_clean());
}

static void test_start_failures(void **state)
{
	char *argv[] = {"@earlydom-model", ARGS, NULL};
	char *usage[] = {"@earlydom-model", "-f", "m.conf", NULL};

	(void)state;
	begin();
	expect_failure("", usage, 2,
		       "earlydom-model: -d is missing: the guest's domid\n"
		       "usage: earlydom-model -f CONFIG [-v VNC] -d DOMID -p PORT -m MEMORY\n");
	expect_failure("irq = 2\nfoo = 1\n", argv, 1,
		       "earlydom-model: m.conf:1:7: irq = 2: is the platform's own: 0, 2, 8 and 9 "
		       "can't be used\nearlydom-model: m.conf:2:1: unknown key 'foo'\n");
	fake->gone = true;
	expect_failure("", argv, 1, "earlydom-model: domain 7: there is no such domain\n");
	begin();
	fake->fail_at = 1;
	fake->fail_errno = ENOENT;
	expect_failure("", argv, 1,
		       "earlydom-model: cannot open /dev/xen/privcmd: No such file or directory\n");
	begin();
	fake->fail_at = 4;
	fake->fail_errno = EACCES;
	expect_failure(
		"", argv, 1,
		"earlydom-model: cannot give up rights over other domains than 7: Permission "
		"denied (Linux 4.13 and later can, or device_model_restrict = 0)\n");
	assert_false(fake->gave_up);
}

/* At its end a sanitizer wants to look around. */
static void files_again(void)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void no_stdin(void)
{
	struct rlimit r;

	close(0);
	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &r);
	atexit(files_again);
}

static void closed_stdin(void)
{
	close(0);
}

static void other_user(void)
{
	if (chmod(".", 0755) < 0 || chmod("m.conf", 0644) < 0 ||
	    (geteuid() == 0 && setuid(65534) < 0))
		_exit(99);
}

static void expect_spoiled(void (*how)(void), const char *config, const char *said)
{
	char *argv[] = {"@earlydom-model", ARGS, NULL};
	struct scene s;

	spoil = how;
	launch_with(&s, config, argv);
	spoil = NULL;
	assert_int_equal(end_of(&s), 1);
	/* gcc's counters complain behind it about files that another user can't write. */
	assert_memory_equal(text_of("said"), said, strlen(said));
	assert_true(fake_clean());
}

static void test_spoiled_start(void **state)
{
	char want[128];

	(void)state;
	begin();
	snprintf(want, sizeof(want), "earlydom-model: cannot open /dev/null: %s\n",
		 strerror(EMFILE));
	expect_spoiled(no_stdin, "", want);
	begin();
	if (fake->confines)
		expect_spoiled(other_user, "",
			       "earlydom-model: cannot read the configuration m.conf in a process "
			       "without powers: cannot give up root's powers (is it root's?): "
			       "Operation not permitted\n");
}

/* Without standard input there is one that has ended, and nothing else in its place. */
static void test_closed_input(void **state)
{
	struct scene s;

	(void)state;
	spoil = closed_stdin;
	launch(&s, "");
	spoil = NULL;
	print("out");
	expect_console(&s, "out");
	terminate(&s);
}

static void test_help(void **state)
{
	static const char usage[] =
		"usage: earlydom-model -f CONFIG [-v VNC] -d DOMID -p PORT -m MEMORY\n";
	char *argv[] = {"@earlydom-model", "--help", NULL};
	struct scene s;

	(void)state;
	begin();
	launch_with(&s, "", argv);
	expect_console(&s, usage);
	assert_int_equal(end_of(&s), 0);
	assert_string_equal(text_of("said"), "");
}

static void test_failure_at_work(void **state)
{
	struct scene s;

	(void)state;
	launch(&s, "");
	fake_out(0x3fc, 1, 0x08);
	/* Take the event, unmask, and then the interrupt's level fails: the vcpu goes on, the model
	 * ends. */
	fake->fail_errno = EACCES;
	fake->fail_at = fake->calls + 3;
	fake_out(0x3f9, 1, 0x02);
	assert_int_equal(end_of(&s), 1);
	assert_true(fake_clean());
	assert_string_equal(
		text_of("said"),
		"earlydom-model: domain 7: serial port 0x3f8, irq 4, 2 vcpus\n"
		"earlydom-model: domain 7: cannot set an interrupt's level: Permission denied\n");
}

static void has_line(const struct scene *s, const char *line)
{
	const char *text;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", s->pid);
	text = text_of(path);
	if (!strstr(text, line))
		fail_msg("no '%s' in:\n%s", line, text);
}

/* Who it is while it serves, and what it has. */
static void test_confined(void **state)
{
	static const char *const lines[] = {
		"\nGroups:\t \n",
		"\nCapInh:\t0000000000000000\n",
		"\nCapPrm:\t0000000000000000\n",
		"\nCapEff:\t0000000000000000\n",
		"\nCapBnd:\t0000000000000000\n",
		"\nCapAmb:\t0000000000000000\n",
		"\nNoNewPrivs:\t1\n",
		"\nSeccomp:\t2\n",
	};
	unsigned long long ignored;
	struct dirent *entry;
	const char *line;
	struct scene s;
	char path[64];
	DIR *d;

	(void)state;
	launch(&s, "");
	if (!fake->confines) {
		terminate(&s);
		return;
	}
	has_line(&s, "\nUid:\t65543\t65543\t65543\t65543\n");
	has_line(&s, "\nGid:\t65543\t65543\t65543\t65543\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		has_line(&s, lines[i]);
	/* A reader that is gone, and a file that is full. */
	snprintf(path, sizeof(path), "/proc/%d/status", s.pid);
	line = strstr(text_of(path), "\nSigIgn:");
	assert_non_null(line);
	ignored = strtoull(line + 8, NULL, 16);
	assert_true(ignored & (1ULL << (SIGPIPE - 1)) && ignored & (1ULL << (SIGXFSZ - 1)));
	snprintf(path, sizeof(path), "/proc/%d/root", s.pid);
	d = opendir(path);
	assert_non_null(d);
	while ((entry = readdir(d)))
		assert_int_equal(entry->d_name[0], '.');
	closedir(d);
	print("ok");
	expect_console(&s, "ok");
	terminate(&s);

	launch(&s, "uid = 65534\n");
	has_line(&s, "\nUid:\t65534\t65534\t65534\t65534\n");
	has_line(&s, "\nGid:\t65534\t65534\t65534\t65534\n");
	terminate(&s);
}

/* A library that has become somebody else's: a hypercall is its end. */
static void test_breaks_out(void **state)
{
	struct scene s;
	int status;

	(void)state;
	launch(&s, "");
	if (!fake->confines) {
		terminate(&s);
		return;
	}
	fake->breaks_out = true;
	fake_request(0, (struct ioreq){.addr = 0x3f8, .size = 1, .count = 1, .dir = IOREQ_READ});
	fake_fire(0);
	assert_int_equal(waitpid(s.pid, &status, 0), s.pid);
	close(s.console);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* Of what it was started with it keeps four files, and the last until it is ready. */
static void test_files(void **state)
{
	char path[64], target[64];
	struct dirent *entry;
	struct scene s;
	ssize_t n;
	DIR *d;

	(void)state;
	/* The event channels' device among them, which is a pipe here. */
	setenv("EARLYDOM_EVTCHN_FD", "4", 1);
	launch(&s, "");
	unsetenv("EARLYDOM_EVTCHN_FD");
	snprintf(path, sizeof(path), "/proc/%d/fd", s.pid);
	d = opendir(path);
	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.' || atoi(entry->d_name) <= 2)
			continue;
		n = readlinkat(dirfd(d), entry->d_name, target, sizeof(target) - 1);
		assert_true(n > 0);
		target[n] = '\0';
		/* Its own: the signals, and what the fake opens for an event channel handle. */
		if (strcmp(target, "anon_inode:[signalfd]") != 0 &&
		    strncmp(target, "pipe:", 5) != 0)
			fail_msg("%s is %s", entry->d_name, target);
		assert_true(atoi(entry->d_name) < 8);
	}
	closedir(d);
	terminate(&s);
}

/* Where dom0's kernel can't restrict it: only with leave. */
static void test_unrestricted(void **state)
{
	char *argv[] = {"@earlydom-model", ARGS, NULL};
	struct scene s;

	(void)state;
	begin();
	fake->fail_at = 4;
	fake->fail_errno = ENOTTY;
	setenv("EARLYDOM_RESTRICT", "0", 1);
	fake->restricted = true; /* as far as the fake is concerned */
	launch_with(&s, "", argv);
	await_ready(&s);
	unsetenv("EARLYDOM_RESTRICT");
	print("ok");
	expect_console(&s, "ok");
	terminate(&s);
	assert_non_null(strstr(text_of("said"), "; it goes on (EARLYDOM_RESTRICT=0)\n"));
}

/* What a guest may have of its ports in a second; nothing is lost. */
static void test_rate(void **state)
{
	struct timespec begin_at, end_at;
	char want[601];
	struct rusage used;
	struct scene s;
	double took;
	int status;

	(void)state;
	memset(want, 'x', 600);
	want[600] = '\0';
	launch(&s, "io_rate = 200\n");
	clock_gettime(CLOCK_MONOTONIC, &begin_at);
	for (unsigned i = 0; i < 200; i++)
		print("x");
	clock_gettime(CLOCK_MONOTONIC, &end_at);
	took = (double)(end_at.tv_sec - begin_at.tv_sec) +
	       (double)(end_at.tv_nsec - begin_at.tv_nsec) / 1e9;
	assert_true(took < 0.9); /* the first of them at once */
	/* One request of many accesses is many. */
	memset(fake->memory, 'x', 200);
	fake_io(0, (struct ioreq){.addr = 0x3f8,
				  .size = 1,
				  .count = 200,
				  .data = (uint64_t)FAKE_GFN << 12,
				  .data_is_ptr = 1});
	/* Meanwhile it sees its guest's input, and does not spin. */
	for (unsigned i = 0; i < 200; i++)
		print("x");
	clock_gettime(CLOCK_MONOTONIC, &end_at);
	took = (double)(end_at.tv_sec - begin_at.tv_sec) +
	       (double)(end_at.tv_nsec - begin_at.tv_nsec) / 1e9;
	assert_true(took > 1.8 && took < 6);
	/* Three calls for each request; that it is looked at each second is no more often. */
	assert_true(fake->calls < 401 * 3 + 50);
	expect_console(&s, want);
	kill(s.pid, SIGTERM);
	assert_int_equal(wait4(s.pid, &status, 0, &used), s.pid);
	assert_int_equal(status, 0);
	close(s.console);
	assert_true(used.ru_utime.tv_sec + used.ru_stime.tv_sec == 0);
}

/* One that owes much can be told to end, and sees its domain's end. */
static void test_rate_ends(void **state)
{
	struct scene s;

	(void)state;
	launch(&s, "io_rate = 1\n");
	fake_io(0, (struct ioreq){.addr = 0x3f8,
				  .size = 1,
				  .count = 1000,
				  .data = (uint64_t)FAKE_GFN << 12,
				  .data_is_ptr = 1});
	terminate(&s);
	launch(&s, "io_rate = 1\n");
	fake_io(0, (struct ioreq){.addr = 0x3f8,
				  .size = 1,
				  .count = 1000,
				  .data = (uint64_t)FAKE_GFN << 12,
				  .data_is_ptr = 1});
	fake->gone = true;
	assert_int_equal(end_of(&s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_end),
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_input_and_interrupt),
		cmocka_unit_test(test_input_waits),
		cmocka_unit_test(test_input_ends),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_reader_that_never_reads),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_domain_goes),
		cmocka_unit_test(test_vnc),
		cmocka_unit_test(test_start_failures),
		cmocka_unit_test(test_failure_at_work),
		cmocka_unit_test(test_spoiled_start),
		cmocka_unit_test(test_closed_input),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_confined),
		cmocka_unit_test(test_breaks_out),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_unrestricted),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_rate_ends),
	};

	return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
