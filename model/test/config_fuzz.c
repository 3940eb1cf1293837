/*
 * libFuzzer entry: any bytes as the device model's configuration.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just this size, so that a read past the end is seen. */
	char *text = malloc(size ? size : 1);
	struct model_config c;
	struct diag d = {0};
	size_t errors;

	if (!text)
		abort();
	memcpy(text, data, size);
	errors = model_config_parse("m.conf", text, size, &c, &d);
	assert(errors == diag_count(&d));
	for (size_t i = 0; i < d.n; i++)
		assert(!strchr(d.msgs[i].text, '\n'));
	/* Of a text with errors it has what was right. */
	assert(model_config_valid(&c));
	diag_free(&d);
	free(text);
	return 0;
}
