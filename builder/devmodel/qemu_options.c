#include "qemu_options.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char option[] = "-run-with [";

#define LINE_SIZE  512 /* of that line at most: it has 80 bytes */
#define CHUNK_SIZE ((size_t)256 << 10)

/* Whether the line of help has that parameter. */
static bool has(const char *line, size_t len, const char *parameter)
{
	return memmem(line, len, parameter, strlen(parameter)) != NULL;
}

static struct qemu_options read_line(const char *line, size_t len)
{
	const char *end = memchr(line, '\n', len);

	len = end ? (size_t)(end - line) : strnlen(line, len);
	return (struct qemu_options){.chroot = has(line, len, "chroot="),
				     .user = has(line, len, "user=")};
}

/*
 * It is read and not mapped: one that is cut short meanwhile would end this process. Between reads
 * *chunk has the line, as far as it was read, or what may be the beginning of one.
 */
static struct qemu_options read_help(int fd, char *chunk)
{
	const size_t part = sizeof(option) - 2;
	const char *line = NULL, *keep;
	size_t have = 0;
	ssize_t n;

	while ((n = read(fd, chunk + have, CHUNK_SIZE - have)) > 0) {
		have += (size_t)n;
		line = memmem(chunk, have, option, sizeof(option) - 1);
		keep = line ? line : chunk + (have > part ? have - part : 0);
		have -= (size_t)(keep - chunk);
		memmove(chunk, keep, have);
		if (line && have >= LINE_SIZE)
			break;
	}
	return line ? read_line(chunk, have < LINE_SIZE ? have : LINE_SIZE)
		    : (struct qemu_options){0};
}

struct qemu_options qemu_options_of(const char *program)
{
	struct qemu_options knows = {0};
	char *chunk = malloc(CHUNK_SIZE);
	struct stat st;
	int fd;

	fd = chunk ? open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		knows = read_help(fd, chunk);
	if (fd >= 0)
		close(fd);
	free(chunk);
	return knows;
}
