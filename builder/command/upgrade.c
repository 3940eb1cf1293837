/*
 * earlydom upgrade: another version of the program takes the supervisor's place.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/host/release.h"

#include "ask.h"
#include "commands.h"

static const char usage_text[] = "upgrade [PROGRAM]\n\n"
				 "  PROGRAM  the other version; without it, this program itself";

/* How long the supervisor may take to end, and the new one to come up or to be given up, in ms. */
#define END_MS  60000
#define COME_MS 30000

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

/* Asks, and takes the answer. Returns 0 when that is "ok"; 1 when the connection ended without a
 * word, or time is up; -1 after saying why. */
static int ask(const char *verb, int file, int ms)
{
	const int fd = ask_request_file(verb, NULL, file);
	char line[512];
	int rc = 1;

	if (fd < 0)
		return -1;
	if (ask_read_line(fd, line, sizeof(line), ms) == READ_LINE)
		rc = ask_answered_ok(line) ? 0 : -1;
	close(fd);
	return rc;
}

int command_upgrade(int argc, char **argv)
{
	int program, rc;
	struct err e;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return command_help(usage_text);
	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return command_usage(usage_text);
	if (argc == 1 && release_enter("", argv, &e) < 0)
		return ask_complain(e.msg);
	program = open_program(argc == 2 ? argv[1] : "/proc/self/exe");
	if (program < 0)
		return EXIT_FAILED;
	rc = ask("upgrade", program, END_MS);
	close(program);
	if (rc > 0)
		return ask_complain("the supervisor does not answer");
	if (rc < 0)
		return EXIT_FAILED;
	/* The socket is kept, and whoever comes up next answers there. A supervisor that is given
	 * up meanwhile closes the connection. */
	for (int tries = 0; tries < 10; tries++) {
		rc = ask("upgraded", -1, COME_MS);
		if (rc <= 0)
			return rc == 0 ? EXIT_OK : EXIT_FAILED;
	}
	return ask_complain("no supervisor answers; its keeper goes on to start one");
}
