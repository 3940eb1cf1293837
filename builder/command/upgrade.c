/*
 * earlydom upgrade: another version of the program takes the supervisor's place.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/host/rundir.h"
#include "builder/keeper/kept.h"
#include "builder/supervise/control.h"
#include "commands.h"

static const char usage_text[] = "upgrade [PROGRAM]\n\n"
				 "  PROGRAM  the other version; without it, this program itself";

/* How long the supervisor may take to end, and the new one to come up or to be given up, in ms. */
#define END_MS  60000
#define COME_MS 30000

static int fail(const char *text)
{
	fprintf(stderr, "earlydom: %s\n", text);
	return -1;
}

/* The program, open. Returns -1 after saying why. */
static int open_program(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char magic[4] = "";
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "earlydom: cannot open %s: %s\n", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111) ||
		   pread(fd, magic, sizeof(magic), 0) != sizeof(magic) ||
		   memcmp(magic, "\177ELF", sizeof(magic)) != 0) {
		fprintf(stderr, "earlydom: %s is no program\n", path);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Sends a request, with a file unless that is -1, and takes the first line of the answer. Returns 0
 * when that is "ok"; 1 when the connection ended without a word; -1 after saying why. */
static int ask(const char *request, int file, int ms)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} rights = {.bytes = ""};
	struct iovec part = {(void *)(uintptr_t)request, strlen(request)};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	struct pollfd p = {.events = POLLIN};
	char line[512];
	struct err e;
	ssize_t n = 0;

	p.fd = control_connect(RUNDIR, &e);
	if (p.fd < 0)
		return fail(e.msg);
	if (file >= 0) {
		rights.head.cmsg_level = SOL_SOCKET;
		rights.head.cmsg_type = SCM_RIGHTS;
		rights.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&rights.head), &file, sizeof(file));
		h.msg_control = &rights;
		h.msg_controllen = sizeof(rights);
	}
	if (sendmsg(p.fd, &h, MSG_NOSIGNAL) > 0 && poll(&p, 1, ms) > 0)
		n = recv(p.fd, line, sizeof(line) - 1, 0);
	close(p.fd);
	if (n <= 0)
		return 1;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (!strcmp(line, "ok"))
		return 0;
	return fail(!strncmp(line, "error: ", 7) ? line + 7 : line);
}

int command_upgrade(int argc, char **argv)
{
	int program, rc;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return command_help(usage_text);
	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return command_usage(usage_text);
	program = open_program(argc == 2 ? argv[1] : "/proc/self/exe");
	if (program < 0)
		return EXIT_FAILED;
	rc = ask("upgrade\n", program, END_MS);
	close(program);
	if (rc > 0)
		rc = fail("the supervisor does not answer");
	if (rc < 0)
		return EXIT_FAILED;
	/* The socket is kept, and whoever comes up next answers there. A supervisor that is given
	 * up meanwhile closes the connection. */
	for (int tries = 0; tries < 10; tries++) {
		rc = ask("upgraded\n", -1, COME_MS);
		if (rc <= 0)
			return rc == 0 ? EXIT_OK : EXIT_FAILED;
	}
	fail("no supervisor answers; its keeper goes on to start one");
	return EXIT_FAILED;
}
