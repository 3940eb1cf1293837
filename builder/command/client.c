/*
 * The commands that speak to the supervisor: list, report, console, stop, destroy, release,
 * handover.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "commands.h"
#include "builder/supervise/control.h"
#include "builder/host/rundir.h"
#include "builder/supervise/timeline.h"
#include "timeline_svg.h"
#include "base/write_all.h"

/* The columns of unit_print_row. */
enum {
	NAME,
	DOMID,
	IMAGE,
	TYPE,
	MEMORY,
	VCPUS,
	STATE,
	RESTARTS,
	BUILD_MS,
	FAILED_STARTS,
	RETRY_S,
	CAUSE,
	COLUMNS
};

/* How long `stop` waits for a guest before it gives up, in seconds, unless told otherwise. */
#define STOP_TIMEOUT_S 60

/* What came of waiting for a line. */
enum reading {
	READ_LINE,
	READ_END,  /* the supervisor has closed the connection, with all that it sent read */
	READ_CUT,  /* it did so within a line, or the line is longer than any */
	READ_LATE, /* time is up */
};

#define DETACH_KEY 0x1d /* Ctrl-], as xl console has it */

static int complain(const char *text)
{
	fprintf(stderr, "earlydom: %s\n", text);
	return EXIT_FAILED;
}

static int not_understood(void)
{
	return complain("the supervisor gave an answer that is not understood");
}

static int closed(void)
{
	return complain("the supervisor has closed the connection");
}

/* Sends "VERB NAME\n" (or "VERB\n"). Returns the socket, or -1 after saying why. */
static int request(const char *verb, const char *name)
{
	char line[256];
	struct err e;
	int fd, n;

	n = snprintf(line, sizeof(line), name ? "%s %s\n" : "%s%s\n", verb, name ? name : "");
	if (n >= (int)sizeof(line)) {
		complain("the guest's name is too long");
		return -1;
	}
	fd = control_connect(RUNDIR, &e);
	if (fd < 0) {
		complain(e.msg);
		return -1;
	}
	/* A supervisor that has closed the connection already may have said why. */
	if (send(fd, line, (size_t)n, MSG_NOSIGNAL) == n || errno == EPIPE)
		return fd;
	fprintf(stderr, "earlydom: cannot ask the supervisor: %s\n", strerror(errno));
	close(fd);
	return -1;
}

/* One line of the answer, without its newline. timeout_ms is -1 for none. */
static enum reading read_line(int fd, char *line, size_t size, int timeout_ms)
{
	const uint64_t deadline = clock_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	while (len < size) {
		const uint64_t now = clock_ns();

		if (timeout_ms >= 0 &&
		    (now >= deadline || poll(&p, 1, (int)((deadline - now) / NS_PER_MS) + 1) == 0))
			return READ_LATE;
		if (read(fd, line + len, 1) != 1)
			return len ? READ_CUT : READ_END;
		if (line[len] == '\n') {
			line[len] = '\0';
			return READ_LINE;
		}
		len++;
	}
	return READ_CUT;
}

/* "error: ..." is shown. */
static bool refused(const char *line)
{
	static const char error[] = "error: ";

	if (strncmp(line, error, strlen(error)) != 0)
		return false;
	complain(line + strlen(error));
	return true;
}

/* The first line of an answer: "ok", or an error. */
static bool answered_ok(const char *line)
{
	if (!strcmp(line, "ok"))
		return true;
	if (!refused(line))
		not_understood();
	return false;
}

static bool split_row(char *line, char *column[COLUMNS])
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		column[i] = line;
		line = line ? strchr(line, '\t') : NULL;
		if (line)
			*line++ = '\0';
		else if (i < COLUMNS - 1)
			return false;
	}
	return true;
}

static void print_json(struct json *j, char *column[COLUMNS])
{
	static const char *const keys[COLUMNS] = {
		"name",  "domid",    "image",    "type",          "memory",  "vcpus",
		"state", "restarts", "build_ms", "failed_starts", "retry_s", "cause"};
	static const bool number[COLUMNS] = {
		[DOMID] = true,    [MEMORY] = true,        [VCPUS] = true,  [RESTARTS] = true,
		[BUILD_MS] = true, [FAILED_STARTS] = true, [RETRY_S] = true};

	json_open(j, NULL, '{');
	for (unsigned i = 0; i < COLUMNS; i++) {
		if (!strcmp(column[i], "-"))
			json_null(j, keys[i]);
		else if (number[i])
			json_number(j, keys[i], strtoull(column[i], NULL, 10));
		else
			json_text(j, keys[i], column[i]);
	}
	json_close(j, '}');
}

static void print_text(char *column[COLUMNS], bool first)
{
	char next[64] = "";

	if (first)
		printf("%-20s %5s %-7s %-4s %7s %5s %-10s %8s %7s  %s\n", "NAME", "ID", "IMAGE",
		       "TYPE", "MEM/MiB", "VCPUS", "STATE", "RESTARTS", "BUILD", "CAUSE");
	if (strcmp(column[RETRY_S], "-") != 0)
		snprintf(next, sizeof(next), "(try %lu in %s s) ",
			 strtoul(column[FAILED_STARTS], NULL, 10) + 1, column[RETRY_S]);
	printf("%-20s %5s %-7s %-4s %7s %5s %-10s %8s %5s%s  %s%s\n", column[NAME], column[DOMID],
	       column[IMAGE], column[TYPE], column[MEMORY], column[VCPUS], column[STATE],
	       column[RESTARTS], column[BUILD_MS], strcmp(column[BUILD_MS], "-") ? "ms" : "  ",
	       next, column[CAUSE]);
}

int command_list(int argc, char **argv)
{
	static const char usage[] = "list [--json]";
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct json j = {.to = stdout, .rows = true};
	char line[1024], *column[COLUMNS];
	bool json = false, first = true;
	enum reading r;
	int c, fd;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (c != 'j')
			return c == 'h' ? command_help(usage) : command_usage(usage);
		json = true;
	}
	if (optind != argc)
		return command_usage(usage);
	fd = request("list", NULL);
	if (fd < 0)
		return EXIT_FAILED;
	if (json)
		json_open(&j, NULL, '[');
	while ((r = read_line(fd, line, sizeof(line), -1)) == READ_LINE) {
		if (refused(line))
			return EXIT_FAILED;
		if (!split_row(line, column))
			return not_understood();
		if (json)
			print_json(&j, column);
		else
			print_text(column, first);
		first = false;
	}
	close(fd);
	if (r != READ_END)
		return not_understood();
	if (json)
		json_close(&j, ']');
	return EXIT_OK;
}

/* Asks the supervisor for the boot's timeline. */
static int fetch_timeline(struct timeline *t)
{
	const int fd = request("report", NULL);
	enum reading r;
	char line[1024];

	if (fd < 0)
		return EXIT_FAILED;
	while ((r = read_line(fd, line, sizeof(line), -1)) == READ_LINE && timeline_add(t, line))
		;
	close(fd);
	if (r == READ_LINE && refused(line))
		return EXIT_FAILED;
	if (r != READ_END)
		return not_understood();
	if (!t->began)
		return closed();
	return EXIT_OK;
}

static int write_svg(const struct timeline *t, const char *path)
{
	FILE *f = fopen(path, "we");
	bool bad = !f;

	if (f) {
		timeline_svg(t, f);
		bad = ferror(f);
		bad |= fclose(f) != 0;
	}
	if (!bad)
		return EXIT_OK;
	fprintf(stderr, "earlydom: cannot write %s: %s\n", path, strerror(errno));
	return EXIT_FAILED;
}

int command_report(int argc, char **argv)
{
	static const char usage[] = "report [--json] [--svg FILE]";
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"svg", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct timeline t = {0};
	const char *svg = NULL;
	bool json = false;
	int c, rc;

	while ((c = getopt_long(argc, argv, "js:h", options, NULL)) != -1) {
		if (c == 'h' || c == '?')
			return c == 'h' ? command_help(usage) : command_usage(usage);
		if (c == 'j')
			json = true;
		else
			svg = optarg;
	}
	if (optind != argc)
		return command_usage(usage);
	rc = fetch_timeline(&t);
	if (rc == EXIT_OK && json)
		timeline_json(&t, stdout);
	else if (rc == EXIT_OK && !svg)
		timeline_text(&t, stdout);
	if (rc == EXIT_OK && svg)
		rc = write_svg(&t, svg);
	timeline_free(&t);
	return rc;
}

static void terminal_raw(struct termios *old)
{
	struct termios raw = *old;

	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/* Copies both ways until the supervisor or the user ends it. When standard input ends (a pipe), the
 * output goes on. */
static void relay(int fd, bool terminal)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	char buf[2048], *key;
	ssize_t n;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[0].revents) {
			n = read(fd, buf, sizeof(buf));
			if (n <= 0 || !write_all(STDOUT_FILENO, buf, (size_t)n))
				return;
		}
		if (!p[1].revents)
			continue;
		n = read(STDIN_FILENO, buf, sizeof(buf));
		if (n <= 0) {
			if (terminal)
				return;
			p[1].fd = -1;
			continue;
		}
		key = terminal ? memchr(buf, DETACH_KEY, (size_t)n) : NULL;
		if (!write_all(fd, buf, key ? (size_t)(key - buf) : (size_t)n) || key)
			return;
	}
}

/* For commands that take nothing but a name: true when they have it; else *rc is the exit status.
 */
static bool one_name(int argc, char **argv, const char *usage, int *rc)
{
	const bool help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	if (argc == 2 && argv[1][0] != '-')
		return true;
	*rc = help ? command_help(usage) : command_usage(usage);
	return false;
}

int command_console(int argc, char **argv)
{
	const bool terminal = isatty(STDIN_FILENO);
	struct termios old;
	char line[512];
	int fd, rc;

	if (!one_name(argc, argv, "console NAME\n\n  Ctrl-] ends it.", &rc))
		return rc;
	fd = request("console", argv[1]);
	if (fd < 0)
		return EXIT_FAILED;
	if (read_line(fd, line, sizeof(line), -1) != READ_LINE)
		return closed();
	if (!answered_ok(line))
		return EXIT_FAILED;
	signal(SIGPIPE, SIG_IGN); /* the terminal is to be as it was whoever hangs up */
	if (terminal && tcgetattr(STDIN_FILENO, &old) == 0)
		terminal_raw(&old);
	relay(fd, terminal);
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
	close(fd);
	return EXIT_OK;
}

static int end_guest(const char *verb, const char *name, int timeout_s)
{
	char line[512];
	const int fd = request(verb, name);

	if (fd < 0)
		return EXIT_FAILED;
	switch (read_line(fd, line, sizeof(line), timeout_s * 1000)) {
	case READ_LINE:
		return answered_ok(line) ? EXIT_OK : EXIT_FAILED;
	case READ_LATE:
		break;
	case READ_END:
	case READ_CUT:
		fprintf(stderr,
			"earlydom: %s: the supervisor has closed the connection, and has not said "
			"that the guest ended: it has ended itself, or was too busy (`earlydom "
			"list`)\n",
			name);
		return EXIT_FAILED;
	}
	fprintf(stderr,
		"earlydom: %s: not ended within %d s: it may not listen (without a store a Linux "
		"guest needs console=hvc0 and SysRq); `earlydom destroy %s` ends it at once\n",
		name, timeout_s, name);
	return EXIT_FAILED;
}

int command_stop(int argc, char **argv)
{
	static const char usage[] = "stop [-t SECONDS] NAME";
	static const struct option options[] = {
		{"timeout", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	long timeout = STOP_TIMEOUT_S;
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "t:h", options, NULL)) != -1) {
		if (c != 't')
			return c == 'h' ? command_help(usage) : command_usage(usage);
		timeout = strtol(optarg, &end, 10);
		if (*end || end == optarg || timeout < 1 || timeout > 86400)
			return command_usage(usage);
	}
	if (optind + 1 != argc)
		return command_usage(usage);
	return end_guest("stop", argv[optind], (int)timeout);
}

int command_destroy(int argc, char **argv)
{
	int rc;

	if (!one_name(argc, argv, "destroy NAME", &rc))
		return rc;
	return end_guest("destroy", argv[1], STOP_TIMEOUT_S);
}

/* Sends a request that is carried out at once, and shows what came of it. */
static int ask(const char *verb, const char *name)
{
	const int fd = request(verb, name);
	char line[512];
	int rc = EXIT_FAILED;

	if (fd < 0)
		return EXIT_FAILED;
	if (read_line(fd, line, sizeof(line), -1) != READ_LINE)
		closed();
	else if (answered_ok(line))
		rc = EXIT_OK;
	close(fd);
	return rc;
}

int command_release(int argc, char **argv)
{
	int rc;

	return one_name(argc, argv, "release NAME", &rc) ? ask("release", argv[1]) : rc;
}

int command_handover(int argc, char **argv)
{
	static const char usage[] = "handover";

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return command_help(usage);
	return argc == 1 ? ask("handover", NULL) : command_usage(usage);
}
