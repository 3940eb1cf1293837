/* libFuzzer entry: the beginning of an image. A name that is found is in it, and makes a path. */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "builder/jail/backing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *head = malloc(size ? size : 1);
	char path[PATH_MAX];
	struct backing b;
	struct err e = {.msg = ""};

	assert(head);
	memcpy(head, data, size);
	if (backing_parse(head, size, &b, &e) < 0) {
		assert(e.msg[0]);
	} else if (b.name[0]) {
		const size_t len = strlen(b.name);

		assert(len <= BACKING_NAME_MAX && memmem(head, size, b.name, len));
		if (backing_path("/img/web", b.name, path, &e) == 0)
			assert(path[0] == '/' && strlen(path) >= len);
	}
	free(head);
	return 0;
}
