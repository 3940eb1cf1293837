/*
 * The QEMU of xl's judge (judge.c): its arguments are printed and it runs no further, but libxl can
 * speak QMP with it. It is ready as soon as it has its arguments.
 */
#define _GNU_SOURCE
#include "judge.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long QEMU may take until it has its arguments. */
#define PATIENCE_MS 20000

/* Readable when it has them: QEMU is another process than libxl and the one that speaks QMP. */
static int begun[2] = {-1, -1};

static bool has_socket; /* made by libxl */

void judge_qemu_prepare(void)
{
	if (pipe2(begun, O_CLOEXEC) < 0)
		abort();
}

static void wait_for_begin(void)
{
	struct pollfd p = {.fd = begun[0], .events = POLLIN};

	poll(&p, 1, PATIENCE_MS);
}

bool judge_qemu_says_running(void)
{
	if (has_socket)
		return false;
	wait_for_begin();
	return true;
}

void judge_qemu_run(char *const argv[])
{
	judge_print_list("qemu", argv);
	fflush(NULL);
	if (write(begun[1], "x", 1) != 1)
		abort();
	for (;;)
		pause(); /* until libxl ends it, or is over */
}

/* What QEMU answers to a command of QMP (qapi/ of QEMU) that libxl uses. */
static const char *answer(const char *command)
{
	if (strstr(command, "\"query-status\""))
		return "{\"status\": \"prelaunch\", \"singlestep\": false, \"running\": false}";
	if (strstr(command, "\"query-chardev\""))
		return "[]";
	if (strstr(command, "\"query-vnc\""))
		return "{\"enabled\": false}";
	return "{}";
}

__attribute__((noreturn)) static void speak(int fd)
{
	FILE *in = fdopen(fd, "r");
	char *line = NULL, *id;
	size_t size = 0;

	wait_for_begin();
	dprintf(fd,
		"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, "
		"\"package\": \"\"}, \"capabilities\": []}}\r\n");
	while (in && getline(&line, &size, in) > 0) {
		id = strstr(line, "\"id\":");
		if (id)
			dprintf(fd, "{\"return\": %s, \"id\": %ld}\r\n", answer(line),
				strtol(id + strlen("\"id\":"), NULL, 10));
	}
	_exit(0);
}

/* A process that is nobody's child, so that libxl does not wonder whose; it ends with its peer. */
static int start_speaker(int fd, int others, int own)
{
	int (*next)(void) = dlsym(RTLD_NEXT, "fork");
	const pid_t pid = next();

	if (pid > 0)
		return waitpid(pid, NULL, 0) == pid ? 0 : -1;
	if (pid < 0)
		return -1;
	if (next() > 0)
		_exit(0);
	close(others);
	close(own);
	speak(fd);
}

/* The other end becomes fd itself, as it is: libxl watches it. */
int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	const int flags = fcntl(fd, F_GETFL), fd_flags = fcntl(fd, F_GETFD);
	int pair[2], rc;

	(void)addr;
	(void)len;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	rc = start_speaker(pair[1], pair[0], fd);
	close(pair[1]);
	if (rc < 0 || dup2(pair[0], fd) < 0)
		return -1;
	close(pair[0]);
	fcntl(fd, F_SETFL, flags);
	fcntl(fd, F_SETFD, fd_flags);
	return 0;
}

/* libxl makes QEMU's socket where QEMU may not, which then can't write to the store, either. */
int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)fd;
	(void)addr;
	(void)len;
	has_socket = true;
	return 0;
}

int listen(int fd, int n)
{
	(void)fd;
	(void)n;
	return 0;
}
