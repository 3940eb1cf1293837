/*
 * libFuzzer entry: any text as a value of cpus.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/cpus.h"

#define OFF CPUS_NO_NODE

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t nodes[] = {0, 0, OFF, 0, 1, 1, OFF, 1, 2, 2, 3};
	const struct cpu_topology t = {sizeof(nodes) / sizeof(nodes[0]), nodes};
	char *text = strndup((const char *)data, size);
	uint8_t map[2] = {0};
	struct err e = {0}, ce = {0};
	int rc, checked;

	if (!text)
		abort();
	checked = cpus_check(text, &ce);
	rc = cpus_resolve(text, &t, map, sizeof(map), &e);
	/* What is right on a host is right; where it is not, each says why. */
	assert(rc || !checked);
	assert((checked == 0) == !*ce.msg && (rc == 0) == !*e.msg);
	/* On success there is a cpu, and only such as are online. */
	assert(rc || map[0] || map[1]);
	for (unsigned cpu = 0; !rc && cpu < 8 * sizeof(map); cpu++)
		assert(!(map[cpu / 8] >> cpu % 8 & 1) || (cpu < t.nr_cpus && nodes[cpu] != OFF));
	free(text);
	return 0;
}
