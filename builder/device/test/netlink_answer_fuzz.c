/*
 * libFuzzer entry: any bytes as the kernel's answer to a question about an interface, or about its
 * addresses.
 */
#include "builder/device/netlink_answer.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_verdict(int rc, int verdict, const char *words)
{
	assert(rc == 1 || rc == 0 || rc == -1);
	/* A verdict is no more than an errno value, which strerror and callers take. */
	assert(verdict >= 0 && verdict < 4096);
	assert(rc == 1 || ((verdict == 0 || verdict == EINTR) && !words[0]));
	assert(strnlen(words, 16) < 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As large as it is, so that a read past the end is seen. */
	char *packet = malloc(size ? size : 1), *words = malloc(16);
	const struct link_ipv4 none = {.index = 1};
	struct link_ipv4 ipv4 = none;
	struct link l = {.index = 0};
	int verdict = 0, rc, first;

	assert(packet && words);
	memcpy(packet, data, size);
	words[0] = '\0';
	rc = netlink_take(packet, size, netlink_link, &l, &verdict, words, 16);
	check_verdict(rc, verdict, words);
	assert(strnlen(l.name, sizeof(l.name)) < sizeof(l.name));
	assert(strnlen(l.kind, sizeof(l.kind)) < sizeof(l.kind));
	/* The verdict is the same, whatever is taken. */
	first = verdict;
	verdict = 0;
	assert(netlink_take(packet, size, netlink_ipv4, &ipv4, &verdict, words, 16) == rc);
	assert(verdict == first && ipv4.index == 1);
	assert(ipv4.there || !memcmp(ipv4.addr, none.addr, sizeof(none.addr)));
	/* What is there stays. */
	assert(netlink_take(packet, size, NULL, NULL, &verdict, words, 16) == rc);
	free(packet);
	free(words);
	return 0;
}
