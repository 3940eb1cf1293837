/* Lines for a console that takes none for a while: nobody waits, and what is lost is said. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/report.h"

/* No call may take longer, however slow the machine is. */
#define AT_ONCE_NS (2 * NS_PER_S)

static struct console_out c;
static char got[4 * CONSOLE_OUT_BYTES];
static size_t got_len;

static void line(const char *text)
{
	const uint64_t began = clock_ns();

	console_out_line(&c, text, strlen(text));
	assert_true(clock_ns() - began < AT_ONCE_NS);
}

/* "line 0000017\n" */
#define NUMBERED 13
static void numbered(unsigned from, unsigned n)
{
	char text[NUMBERED + 1];

	for (unsigned i = from; i < from + n; i++) {
		snprintf(text, sizeof(text), "line %07u\n", i);
		line(text);
	}
}

/* What there is to read at fd, flushing what waits meanwhile. */
static void read_all(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t due = UINT64_MAX;
	ssize_t n;

	got_len = 0;
	for (;;) {
		if (console_out_waits(&c, UINT64_MAX, &due))
			console_out_flush(&c, 0);
		if (poll(&p, 1, 250) <= 0)
			break;
		n = read(fd, got + got_len, sizeof(got) - 1 - got_len);
		if (n <= 0)
			break;
		got_len += (size_t)n;
	}
	got[got_len] = '\0';
}

/* The numbers from 0 on without a gap, then, where some are missing, how many, then the rest. */
static void whole_but_said(unsigned all)
{
	unsigned at = 0, number, missing = 0;
	char *save = NULL, *word = strtok_r(got, "\n", &save);

	for (; word; word = strtok_r(NULL, "\n", &save)) {
		if (sscanf(word, "line %u", &number) == 1) {
			assert_int_equal(number, at);
			at++;
		} else {
			assert_int_equal(sscanf(word,
						"earlydom: %u lines were not shown: the "
						"console took none",
						&missing),
					 1);
			at += missing;
		}
	}
	assert_int_equal(at, all);
	assert_true(missing > 0);
}

/* A pipe that is full, opened anew: its other writers' end still blocks. */
static void test_pipe(void **state)
{
	const unsigned n = 3 * CONSOLE_OUT_BYTES / NUMBERED;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	console_out_open(&c, fds[1], NULL);
	assert_true(c.own && c.fd != fds[1]);
	assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
	line("short\n");
	read_all(fds[0]);
	assert_string_equal(got, "short\n");
	numbered(0, n);
	read_all(fds[0]);
	whole_but_said(n);
	line("again\n");
	read_all(fds[0]);
	assert_string_equal(got, "again\n");
	console_out_close(&c);
	close(fds[0]);
	close(fds[1]);
}

/* A socket can't be opened anew, and is not changed for those who share it. */
static void test_socket(void **state)
{
	const unsigned n = 300000 / NUMBERED;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	console_out_open(&c, fds[1], NULL);
	assert_true(!c.own && c.fd == fds[1]);
	numbered(0, n);
	assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
	read_all(fds[0]);
	whole_but_said(n);
	console_out_close(&c);
	close(fds[0]);
	close(fds[1]);
}

/* Ctrl-S on a terminal, and Ctrl-Q. */
static void test_terminal(void **state)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	const unsigned n = 2 * CONSOLE_OUT_BYTES / NUMBERED;
	struct termios raw;
	int slave;

	(void)state;
	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0 && tcgetattr(slave, &raw) == 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	console_out_open(&c, slave, NULL);
	assert_true(c.own);
	line("seen\n");
	read_all(master);
	assert_string_equal(got, "seen\n");
	assert_int_equal(tcflow(slave, TCOOFF), 0);
	numbered(0, n);
	read_all(master);
	assert_string_equal(got, "");
	assert_int_equal(tcflow(slave, TCOON), 0);
	read_all(master);
	whole_but_said(n);
	/* The end waits a moment for one that takes nothing, and no longer. */
	assert_int_equal(tcflow(slave, TCOOFF), 0);
	line("last\n");
	console_out_close(&c);
	assert_int_equal(c.fd, -1);
	close(slave);
	close(master);
}

/* One that is ready and takes nothing all the same is not asked without end. */
static void test_not_ready(void **state)
{
	uint64_t due = UINT64_MAX;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	console_out_open(&c, fds[1], NULL);
	numbered(0, CONSOLE_OUT_BYTES / NUMBERED + 100);
	assert_true(console_out_waits(&c, 5, &due));
	console_out_flush(&c, 5);
	assert_false(console_out_waits(&c, 6, &due));
	assert_true(due == 5 + 100 * NS_PER_MS);
	assert_true(console_out_waits(&c, due, &due));
	console_out_close(&c);
	close(fds[0]);
	close(fds[1]);
}

/* Files are written to as they are; what is gone takes nothing, and stops nobody. */
static void test_others(void **state)
{
	char text[64];
	int fds[2], fd = open(kit_path("file"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(write(fd, "before\n", 7), 7);
	console_out_open(&c, fd, NULL);
	assert_false(c.own);
	line("line\n");
	console_out_close(&c);
	assert_string_equal(kit_read("file", text, sizeof(text)), "before\nline\n");
	close(fd);
	line("to nobody\n");

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	console_out_open(&c, fds[1], NULL);
	numbered(0, CONSOLE_OUT_BYTES / NUMBERED + 100);
	close(fds[0]);
	line("to nobody\n");
	line("to nobody\n");
	console_out_close(&c);
	close(fds[1]);
}

/* The log has all lines, those that the console did not take as well. */
static void test_report(void **state)
{
	static char log[CONLOG_MAX + 1];
	static struct report r;
	const int dir = open(kit_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(bounded_log_open(&r.log, dir, "earlydom", &e), 0);
	console_out_open(&r.out, fds[1], NULL);
	for (unsigned i = 0; i < 10000; i++)
		report_line(&r, "%u", i);
	assert_true(r.out.dropped > 0);
	kit_read("earlydom.log", log, sizeof(log));
	assert_memory_equal(log, "earlydom: 0\n", 12);
	assert_non_null(strstr(log, "earlydom: 9999\n"));
	console_out_close(&r.out);
	bounded_log_close(&r.log);
	close(fds[0]);
	close(fds[1]);
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe),     cmocka_unit_test(test_socket),
		cmocka_unit_test(test_terminal), cmocka_unit_test(test_not_ready),
		cmocka_unit_test(test_others),   cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
