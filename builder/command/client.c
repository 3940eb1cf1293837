/*
 * The commands that show something of a guest as it comes: report and console.
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
#include "ask.h"
#include "commands.h"
#include "builder/supervise/control.h"
#include "builder/host/rundir.h"
#include "builder/supervise/timeline.h"
#include "terminal.h"
#include "timeline_narrow.h"
#include "timeline_svg.h"
#include "base/write_all.h"

#define DETACH_KEY 0x1d /* Ctrl-], as xl console has it */

/* Asks the supervisor for the boot's timeline. */
static int fetch_timeline(struct timeline *t)
{
	const int fd = ask_request("report", NULL);
	enum ask_reading r;
	char line[1024];

	if (fd < 0)
		return EXIT_FAILED;
	while ((r = ask_read_line(fd, line, sizeof(line), -1)) == READ_LINE &&
	       timeline_add(t, line))
		;
	close(fd);
	if (r == READ_LINE && ask_refused(line))
		return EXIT_FAILED;
	if (r != READ_END)
		return ask_not_understood();
	if (!t->began)
		return ask_closed();
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

static void show_table(const struct timeline *t)
{
	const size_t terminal = terminal_width();

	if (terminal && terminal < TIMELINE_TEXT_COLUMNS)
		timeline_narrow(t, stdout);
	else
		timeline_text(t, stdout);
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
		show_table(&t);
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

int command_console(int argc, char **argv)
{
	const bool terminal = isatty(STDIN_FILENO);
	struct termios old;
	char line[512];
	int fd, rc;

	if (!ask_one_name(argc, argv, "console NAME\n\n  Ctrl-] ends it.", &rc))
		return rc;
	fd = ask_request("console", argv[1]);
	if (fd < 0)
		return EXIT_FAILED;
	if (ask_read_line(fd, line, sizeof(line), -1) != READ_LINE)
		return ask_closed();
	if (!ask_answered_ok(line))
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
