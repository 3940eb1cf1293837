/*
 * libFuzzer entry: any bytes as what guests were chosen from. What is read is written as the same
 * bytes, but for zeros in front of numbers, and these are read as the same.
 */
#include "builder/choose/inputs.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct inputs *a, const struct inputs *b)
{
	assert(a->verbose == b->verbose && a->paused == b->paused);
	assert(!strcmp(a->cmdline, b->cmdline));
	assert(a->sources.n == b->sources.n);
	for (size_t i = 0; i < a->sources.n; i++) {
		const struct source *x = &a->sources.v[i], *y = &b->sources.v[i];

		assert(!strcmp(x->file, y->file) && x->len == y->len);
		assert(!memcmp(x->text, y->text, x->len + 1) && !x->text[x->len]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just this size, so that a read past the end is seen. */
	char *text = malloc(size ? size : 1), *again;
	struct inputs in, out;
	struct err e = {0};
	size_t len;

	if (!text)
		abort();
	memcpy(text, data, size);
	if (inputs_read(text, size, &in, &e) == 0) {
		again = inputs_write(&in, &len, &e);
		assert(again && len <= size);
		assert(inputs_read(again, len, &out, &e) == 0);
		same(&in, &out);
		free(again);
		inputs_free(&out);
		inputs_free(&in);
	} else {
		assert(!strncmp(e.msg, "what the guests were chosen from can't be read again", 52));
		assert(!in.cmdline && !in.sources.v);
	}
	free(text);
	return 0;
}
