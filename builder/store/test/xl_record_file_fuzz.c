/* libFuzzer entry: the input is what libxl's record may be. What is changed is one again, with the
 * medium in it, and changing it again changes nothing. */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "builder/store/xl_record_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct xl_medium m = {"hdc", "/a\"\\b"};
	char *text = malloc(size ? size : 1), *out, *again;
	struct json_value whole;
	size_t len, again_len;
	struct err e;

	assert(text);
	memcpy(text, data, size);
	if (xl_record_with_medium(text, size, &m, &out, &len, &e) == 0) {
		assert(len && !out[len - 1] && strlen(out) == len - 1);
		assert(json_parse(out, len - 1, &whole));
		assert(strstr(out, "\"/a\\\"\\\\b\""));
		assert(xl_record_with_medium(out, len, &m, &again, &again_len, &e) == 0);
		assert(again_len == len && !memcmp(out, again, len));
		free(again);
		free(out);
	}
	free(text);
	return 0;
}
