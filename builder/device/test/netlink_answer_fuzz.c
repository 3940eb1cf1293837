/*
 * libFuzzer entry: any bytes as the kernel's answer to a question about an interface.
 */
#include "builder/device/netlink_answer.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As large as it is, so that a read past the end is seen. */
	char *packet = malloc(size ? size : 1), *words = malloc(16);
	struct link l = {.index = 0};
	int verdict = -1, rc;

	assert(packet && words);
	memcpy(packet, data, size);
	words[0] = '\0';
	rc = netlink_take(packet, size, &l, &verdict, words, 16);
	assert(rc == 1 || rc == 0 || rc == -1);
	/* A verdict is no more than an errno value, which strerror and callers take. */
	assert(rc != 1 || (verdict >= 0 && verdict < 4096));
	assert(rc == 1 || (verdict == -1 && !words[0]));
	assert(strnlen(words, 16) < 16);
	assert(strnlen(l.name, sizeof(l.name)) < sizeof(l.name));
	assert(strnlen(l.kind, sizeof(l.kind)) < sizeof(l.kind));
	/* The same without a place for the interface. */
	assert(netlink_take(packet, size, NULL, &verdict, words, 16) == rc);
	free(packet);
	free(words);
	return 0;
}
