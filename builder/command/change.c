/*
 * The commands that change something about guests: start, restart, stop, destroy, release,
 * handover.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"

/* How long a guest has to end before the command gives up, in seconds, unless told otherwise. */
#define STOP_TIMEOUT_S 60
#define STOP_MAX_S     86400

static int lost(const char *name, const char *what)
{
	fprintf(stderr,
		"earlydom: %s: the supervisor has closed the connection, and has not said that %s: "
		"it has ended itself, or was too busy (`earlydom list`)\n",
		name, what);
	return EXIT_FAILED;
}

/* Asks for the end of a guest, and waits for it. *late is set where it has not come in time; then
 * nothing is said. Returns the exit status. */
static int end_in_time(const char *verb, const char *name, int timeout_s, bool *late)
{
	const int fd = ask_request(verb, name);
	char line[512];
	int rc = EXIT_FAILED;

	*late = false;
	if (fd < 0)
		return EXIT_FAILED;
	switch (ask_read_line(fd, line, sizeof(line), timeout_s * 1000)) {
	case READ_LINE:
		rc = ask_answered_ok(line) ? EXIT_OK : EXIT_FAILED;
		break;
	case READ_LATE:
		*late = true;
		break;
	case READ_END:
	case READ_CUT:
		lost(name, "the guest ended");
		break;
	}
	close(fd);
	return rc;
}

static int say_late(const char *name, int timeout_s)
{
	fprintf(stderr,
		"earlydom: %s: not ended within %d s: it may not listen (without a store a Linux "
		"guest needs console=hvc0 and SysRq); `earlydom destroy %s` ends it at once\n",
		name, timeout_s, name);
	return EXIT_FAILED;
}

static int destroy(const char *name)
{
	bool late;
	int rc = end_in_time("destroy", name, STOP_TIMEOUT_S, &late);

	return late ? say_late(name, STOP_TIMEOUT_S) : rc;
}

/* With force, a guest that does not end in time is destroyed. */
static int end_guest(const char *verb, const char *name, int timeout_s, bool force)
{
	bool late;
	int rc = end_in_time(verb, name, timeout_s, &late);

	if (!late)
		return rc;
	if (!force)
		return say_late(name, timeout_s);
	fprintf(stderr, "earlydom: %s: not ended within %d s: it is destroyed\n", name, timeout_s);
	return destroy(name);
}

static int start(const char *name)
{
	const int fd = ask_request("start", name);
	char line[512];
	int rc;

	if (fd < 0)
		return EXIT_FAILED;
	if (ask_read_line(fd, line, sizeof(line), -1) == READ_LINE)
		rc = ask_answered_ok(line) ? EXIT_OK : EXIT_FAILED;
	else
		rc = lost(name, "the guest runs");
	close(fd);
	return rc;
}

static int stop_all(int timeout_s, bool force)
{
	char arguments[32];

	snprintf(arguments, sizeof(arguments), "%d%s", timeout_s, force ? " force" : "");
	return ask_at_once("stop-all", arguments);
}

/* Options of stop and restart. */
struct stopping {
	int timeout_s;
	bool force, all;
};

/* Returns true to go on with what is behind the options; else *rc is the exit status. */
static bool read_options(int argc, char **argv, const char *usage, struct stopping *s, int *rc)
{
	static const struct option options[] = {
		{"timeout", required_argument, NULL, 't'},
		{"force", no_argument, NULL, 'f'},
		{"all", no_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	long timeout;
	char *end;
	int c;

	*s = (struct stopping){.timeout_s = STOP_TIMEOUT_S};
	while ((c = getopt_long(argc, argv, "t:fah", options, NULL)) != -1) {
		switch (c) {
		case 't':
			timeout = strtol(optarg, &end, 10);
			if (*end || end == optarg || timeout < 1 || timeout > STOP_MAX_S)
				goto wrong;
			s->timeout_s = (int)timeout;
			break;
		case 'f':
			s->force = true;
			break;
		case 'a':
			s->all = true;
			break;
		case 'h':
			*rc = command_help(usage);
			return false;
		default:
			goto wrong;
		}
	}
	if (optind + (s->all ? 0 : 1) == argc)
		return true;
wrong:
	*rc = command_usage(usage);
	return false;
}

int command_start(int argc, char **argv)
{
	int rc;

	return ask_one_name(argc, argv, "start NAME", &rc) ? start(argv[1]) : rc;
}

int command_stop(int argc, char **argv)
{
	static const char usage[] =
		"stop [-t SECONDS] [-f] NAME | --all\n\n"
		"  -t, --timeout SECONDS  that a guest has to end (60)\n"
		"  -f, --force            destroy one that does not end in that time\n"
		"  -a, --all              all guests, those first that others come before";
	struct stopping s;
	int rc;

	if (!read_options(argc, argv, usage, &s, &rc))
		return rc;
	return s.all ? stop_all(s.timeout_s, s.force)
		     : end_guest("stop", argv[optind], s.timeout_s, s.force);
}

int command_restart(int argc, char **argv)
{
	static const char usage[] =
		"restart [-t SECONDS] [-f] NAME\n\n"
		"  -t, --timeout SECONDS  that the guest has to end (60)\n"
		"  -f, --force            destroy it if it does not end in that time";
	struct stopping s;
	int rc;

	if (!read_options(argc, argv, usage, &s, &rc))
		return rc;
	if (s.all)
		return command_usage(usage);
	rc = end_guest("end", argv[optind], s.timeout_s, s.force);
	return rc == EXIT_OK ? start(argv[optind]) : rc;
}

int command_destroy(int argc, char **argv)
{
	int rc;

	return ask_one_name(argc, argv, "destroy NAME", &rc) ? destroy(argv[1]) : rc;
}

int command_release(int argc, char **argv)
{
	int rc;

	return ask_one_name(argc, argv, "release NAME", &rc) ? ask_at_once("release", argv[1]) : rc;
}

int command_handover(int argc, char **argv)
{
	static const char usage[] = "handover";

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return command_help(usage);
	return argc == 1 ? ask_at_once("handover", NULL) : command_usage(usage);
}
