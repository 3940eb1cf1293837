#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pass_file.h"
#include "builder/host/rundir.h"
#include "builder/supervise/control.h"
#include "commands.h"

int ask_complain(const char *text)
{
	fprintf(stderr, "earlydom: %s\n", text);
	return EXIT_FAILED;
}

int ask_not_understood(void)
{
	return ask_complain("the supervisor gave an answer that is not understood");
}

int ask_closed(void)
{
	return ask_complain("the supervisor has closed the connection");
}

int ask_request(const char *verb, const char *name)
{
	return ask_request_file(verb, name, -1);
}

int ask_request_file(const char *verb, const char *name, int file)
{
	char line[CONTROL_REQUEST_MAX + 1];
	struct iovec part = {.iov_base = line};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	union pass_file room;
	struct err e;
	int fd, n;

	n = snprintf(line, sizeof(line), name ? "%s %s\n" : "%s%s\n", verb, name ? name : "");
	if (n >= (int)sizeof(line)) {
		ask_complain("the request is too long");
		return -1;
	}
	part.iov_len = (size_t)n;
	if (file >= 0)
		pass_file_add(&h, &room, file);
	fd = control_connect(RUNDIR, &e);
	if (fd < 0) {
		ask_complain(e.msg);
		return -1;
	}
	/* A supervisor that has closed the connection already may have said why. */
	if (sendmsg(fd, &h, MSG_NOSIGNAL) == n || errno == EPIPE)
		return fd;
	fprintf(stderr, "earlydom: cannot ask the supervisor: %s\n", strerror(errno));
	close(fd);
	return -1;
}

enum ask_reading ask_read_line(int fd, char *line, size_t size, int timeout_ms)
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

bool ask_refused(const char *line)
{
	static const char error[] = "error: ";

	if (strncmp(line, error, strlen(error)) != 0)
		return false;
	ask_complain(line + strlen(error));
	return true;
}

bool ask_answered_ok(const char *line)
{
	if (!strcmp(line, "ok"))
		return true;
	if (!ask_refused(line))
		ask_not_understood();
	return false;
}

int ask_at_once(const char *verb, const char *name)
{
	const int fd = ask_request(verb, name);
	char line[512];
	int rc = EXIT_FAILED;

	if (fd < 0)
		return EXIT_FAILED;
	if (ask_read_line(fd, line, sizeof(line), -1) != READ_LINE)
		ask_closed();
	else if (ask_answered_ok(line))
		rc = EXIT_OK;
	close(fd);
	return rc;
}

bool ask_one_name(int argc, char **argv, const char *usage, int *rc)
{
	const bool help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	if (argc == 2 && argv[1][0] != '-')
		return true;
	*rc = help ? command_help(usage) : command_usage(usage);
	return false;
}
