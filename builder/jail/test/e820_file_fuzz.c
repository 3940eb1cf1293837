/*
 * libFuzzer entry: any bytes as a memory map file.
 */
#include "builder/jail/e820_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_map(const struct e820_map *m)
{
	uint64_t end = 0, ram = 0;
	struct err e;

	assert(m->n >= 1 && m->n <= E820_FILE_MAX);
	for (size_t i = 0; i < m->n; i++) {
		assert(m->v[i].size > 0 && m->v[i].addr >= end);
		end = m->v[i].addr + m->v[i].size;
		assert(end <= E820_ADDRESS_MAX);
		assert(m->v[i].type >= E820_RAM && m->v[i].type <= E820_UNUSABLE);
		if (m->v[i].type == E820_RAM)
			ram += m->v[i].size;
	}
	assert(ram > 0);
	assert(e820_check(m, &e) == 0);
	assert(e820_check_memory(m, (ram + 1023) / 1024, "map", &e) == 0);
	assert(e820_check_memory(m, (ram + 1023) / 1024 - 1, "map", &e) < 0);
}

/* map:LINE:COLUMN: a place that the text has. */
static void check_place(const struct err *e, const char *text, size_t len)
{
	unsigned long line, column;
	const char *start = text;
	char *rest;

	assert(!strncmp(e->msg, "map:", 4));
	line = strtoul(e->msg + 4, &rest, 10);
	assert(line >= 1 && *rest == ':');
	column = strtoul(rest + 1, &rest, 10);
	assert(column >= 1 && !strncmp(rest, ": ", 2) && rest[2]);
	while (--line > 0) {
		start = memchr(start, '\n', len - (size_t)(start - text));
		assert(start++);
	}
	assert(column - 1 <= len - (size_t)(start - text));
	for (const char *p = e->msg; *p; p++)
		assert((unsigned char)*p >= 0x20 && *p != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just this size, so that a read past the end is seen. */
	char *text = malloc(size ? size : 1);
	struct e820_map map;
	struct err e = {0};

	if (!text)
		abort();
	memcpy(text, data, size);
	if (e820_parse(text, size, "map", &map, &e) == 0)
		check_map(&map);
	else
		check_place(&e, text, size);
	free(text);
	return 0;
}
