/*
 * libFuzzer entry: 8 bytes of time, and any bytes as a file of the time zone database, and as its
 * rule.
 */
#include "base/tzif.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int32_t offset)
{
	assert(offset >= -TZIF_OFFSET_MAX && offset <= TZIF_OFFSET_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t len = size < 8 ? 0 : size - 8;
	uint8_t *file = malloc(len + 1);
	int64_t now = 0;
	int32_t got, again;

	if (!file)
		abort();
	if (size >= 8)
		memcpy(&now, data, 8);
	memcpy(file, data + (size - len), len);
	file[len] = '\0';
	if (tz_rule_offset((const char *)file, now, &got)) {
		check(got);
		/* A rule comes round after 400 years, which are whole weeks. */
		if (now >= 86400 * 2 && now < INT64_C(1) << 38) {
			assert(tz_rule_offset((const char *)file, now + INT64_C(146097) * 86400,
					      &again));
			assert(got == again);
		}
	}
	free(file);

	/* A copy of just this size, so that a read past the end is seen. */
	file = malloc(len ? len : 1);
	if (!file)
		abort();
	memcpy(file, data + (size - len), len);
	if (tzif_offset(file, len, now, &got))
		check(got);
	free(file);
	return 0;
}
