#include "qemu_options.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char option[] = "-run-with [";

/* Whether the line of help has that parameter. */
static bool has(const char *line, size_t len, const char *parameter)
{
	return memmem(line, len, parameter, strlen(parameter)) != NULL;
}

static struct qemu_options read_help(const char *bytes, size_t len)
{
	const char *line = memmem(bytes, len, option, strlen(option)), *end;

	if (!line)
		return (struct qemu_options){0};
	len -= (size_t)(line - bytes);
	end = memchr(line, '\n', len);
	len = end ? (size_t)(end - line) : strnlen(line, len);
	return (struct qemu_options){.chroot = has(line, len, "chroot="),
				     .user = has(line, len, "user=")};
}

struct qemu_options qemu_options_of(const char *program)
{
	struct qemu_options knows = {0};
	struct stat st;
	void *bytes;
	int fd;

	fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return knows;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			knows = read_help(bytes, (size_t)st.st_size);
			munmap(bytes, (size_t)st.st_size);
		}
	}
	close(fd);
	return knows;
}
