/*
 * Packed samples for the tests, made by the tools that people use.
 */
#ifndef EARLYDOM_PACK_H
#define EARLYDOM_PACK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bytes {
	uint8_t *data;
	size_t len;
};

static inline void pack_failed(const char *what, const char *cmd)
{
	fprintf(stderr, "%s: %s\n", cmd, what);
	abort();
}

/* What the shell command prints; the caller frees data. */
static inline struct bytes run(const char *cmd)
{
	struct bytes b = {NULL, 0};
	size_t cap = 0, n;
	FILE *f = popen(cmd, "r");

	if (!f)
		pack_failed("cannot be started", cmd);
	do {
		if (b.len == cap) {
			cap = cap ? cap * 2 : 4096;
			b.data = realloc(b.data, cap);
			if (!b.data)
				pack_failed("out of memory", cmd);
		}
		n = fread(b.data + b.len, 1, cap - b.len, f);
		b.len += n;
	} while (n > 0);
	if (pclose(f) != 0 || b.len == 0)
		pack_failed("failed (is the tool installed?)", cmd);
	return b;
}

/* What cmd, with the bytes on its standard input, prints; the caller frees data. */
static inline struct bytes pack(const char *cmd, const uint8_t *in, size_t len)
{
	char path[] = "/tmp/earlydom-pack-XXXXXX", line[256];
	int fd = mkstemp(path);
	struct bytes b;

	if (fd < 0 || write(fd, in, len) != (ssize_t)len || close(fd) != 0)
		pack_failed("cannot write its input", cmd);
	snprintf(line, sizeof(line), "%s < %s", cmd, path);
	b = run(line);
	unlink(path);
	return b;
}

/* The same bytes with tail behind them; frees the old ones. */
static inline struct bytes append(struct bytes b, const void *tail, size_t len)
{
	b.data = realloc(b.data, b.len + len);
	if (!b.data)
		pack_failed("out of memory", "append");
	memcpy(b.data + b.len, tail, len);
	b.len += len;
	return b;
}

/* Writes the bytes to DIR/NAME-N, and frees them. */
static inline void write_seed(const char *dir, const char *name, size_t n, struct bytes b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%zu", dir, name, n);
	f = fopen(path, "w");
	if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f) != 0)
		pack_failed("cannot be written", path);
	free(b.data);
}

/* Bytes that pack to about a half, the same each time. */
static inline void fill_sample(uint8_t *out, size_t len)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < len; i++) {
		x = x * 1103515245 + 12345;
		out[i] = (uint8_t)(x >> 16);
		if (i > 64 && x >> 30)
			out[i] = out[i - 64 + (x >> 28 & 1)];
	}
}

#endif
