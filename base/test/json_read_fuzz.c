/* libFuzzer entry: the input is a text that may be JSON. */
#include "base/json_read.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(const struct json_value *v, const struct json_value *whole)
{
	struct json_value again;

	assert(v->len && v->at >= whole->at && v->at + v->len <= whole->at + whole->len);
	/* What is found is a value itself, without blanks around it. */
	assert(json_parse(v->at, v->len, &again) && again.at == v->at && again.len == v->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"return", "error", "a", ""};
	char *text = malloc(size ? size : 1), buf[16];
	struct json_value whole, v;
	uint64_t n;

	if (!text)
		abort();
	memcpy(text, data, size);
	if (json_parse(text, size, &whole)) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (json_member(&whole, names[i], &v))
				check_within(&v, &whole);
		for (size_t i = 0; json_element(&whole, i, &v); i++)
			check_within(&v, &whole);
		assert(json_string(&whole, buf, sizeof(buf)) <= (*whole.at == '"'));
		assert(strnlen(buf, sizeof(buf)) < sizeof(buf));
		assert(!json_number_of(&whole, 255, &n) || n <= 255);
		/* A part of it is none, but for numbers. */
		if (strchr("{[\"", *whole.at))
			assert(!json_parse(whole.at, whole.len - 1, &v));
	}
	free(text);
	return 0;
}
