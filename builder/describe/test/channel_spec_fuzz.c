/* libFuzzer entry: the input is a string of channel. */
#include "builder/describe/channel_spec.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
	struct err e = {.msg = ""};
	struct channel_spec s;

	if (channel_spec_parse(text, &s, &e) == 0) {
		assert(!*e.msg);
		assert(s.name && *s.name && !strpbrk(s.name, ",="));
		/* It becomes a part of an option of QEMU's, in which a comma begins another one. */
		assert(!s.path ||
		       (*s.path == '/' && !strpbrk(s.path, ",=") && strlen(s.path) < 108));
	} else {
		assert(*e.msg && !strchr(e.msg, '\n'));
		assert(!s.name && !s.path);
	}
	channel_spec_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (!text)
		abort();
	if (!strchr(text, '\n')) /* no descriptor has one in a string */
		check(text);
	free(text);
	return 0;
}
