/*
 * libFuzzer entry: any bytes as a guest's output, in pieces, each first byte of which is the length
 * of the piece; length 0 ends the guest's life.
 */
#include "builder/supervise/echo.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many bytes the UTF-8 character that begins with c has; 1 for what begins none. */
static size_t char_bytes(unsigned char c)
{
	return c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
}

/* A line without its name: nothing in it drives a terminal, whatever was in the line before. */
static void check_text(const char *line, size_t len)
{
	const unsigned char *p = (const unsigned char *)line, *end = p + len;
	size_t more;

	assert(len > 0 && len <= ECHO_LINE_MAX);
	while (p < end) {
		assert(*p == '\t' || (*p >= ' ' && *p != 0x7f));
		assert(*p < 0x80 || *p >= 0xa0);
		more = char_bytes(*p++) - 1;
		if (more == 1 && p[-1] == 0xc2 && p < end)
			assert(*p < 0x80 || *p >= 0xa0);
		while (more-- && p < end && *p >= 0x80 && *p < 0xc0)
			p++;
	}
}

static void check_output(const char *out, size_t len, enum echo_to to)
{
	const char *before = to == ECHO_KMSG ? "<5>earlydom: web: " : "web: ";
	const char *end;
	size_t n;

	while (len > 0) {
		end = memchr(out, '\n', len);
		assert(end);
		n = (size_t)(end - out);
		assert(n > strlen(before) && !memcmp(out, before, strlen(before)));
		check_text(out + strlen(before), n - strlen(before));
		out += n + 1;
		len -= n + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const enum echo_to to = size && data[size - 1] & 1 ? ECHO_KMSG : ECHO_CONSOLE;
	const int fd = memfd_create("echo", MFD_CLOEXEC);
	struct console_out to_file = {.fd = fd};
	struct echo_line line = {.len = 0};
	size_t n;
	off_t len;
	char *out;

	assert(fd >= 0);
	while (size > 0) {
		n = *data < size - 1 ? *data : size - 1;
		if (*data == 0)
			echo_flush(&line, to, &to_file, "web");
		echo_output(&line, to, &to_file, "web", (const char *)data + 1, n);
		assert(line.len < sizeof(line.text));
		data += 1 + n;
		size -= 1 + n;
	}
	echo_flush(&line, to, &to_file, "web");
	assert(!line.len);
	len = lseek(fd, 0, SEEK_END);
	out = malloc((size_t)len + 1);
	assert(len >= 0 && out && pread(fd, out, (size_t)len, 0) == len);
	check_output(out, (size_t)len, to);
	free(out);
	close(fd);
	return 0;
}
