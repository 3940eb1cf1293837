#include "tzif.h"

#include <string.h>

#define HEADER 44

/* A data block, which begins behind its header. */
struct block {
	const uint8_t *times; /* nr_times of `width` bytes, big-endian and in order */
	const uint8_t *types; /* nr_times indices */
	const uint8_t *infos; /* nr_types of 6 bytes: offset, daylight, name */
	uint32_t nr_times, nr_types;
	unsigned width;
	size_t size; /* of all of it */
};

static uint64_t big(const uint8_t *p, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < bytes; i++)
		n = n << 8 | p[i];
	return n;
}

static int64_t time_at(const struct block *b, uint32_t i)
{
	const uint64_t n = big(b->times + (size_t)i * b->width, b->width);

	return b->width == 8 ? (int64_t)n : (int32_t)(uint32_t)n;
}

/* RFC 8536, 3.1 and 3.2. */
static bool read_block(const uint8_t *data, size_t len, unsigned width, struct block *b)
{
	uint32_t counts[6]; /* utc, standard, leap, times, types, characters */
	uint64_t size;

	if (len < HEADER || memcmp(data, "TZif", 4) != 0)
		return false;
	for (unsigned i = 0; i < 6; i++)
		counts[i] = (uint32_t)big(data + 20 + 4 * i, 4);
	*b = (struct block){.nr_times = counts[3], .nr_types = counts[4], .width = width};
	b->times = data + HEADER;
	size = (uint64_t)b->nr_times * width;
	/* 32-bit counts times a few bytes: no sum wraps. */
	if (size + b->nr_times + (uint64_t)b->nr_types * 6 > len - HEADER)
		return false;
	b->types = b->times + size;
	b->infos = b->types + b->nr_times;
	size += b->nr_times + (uint64_t)b->nr_types * 6 + counts[5] +
		(uint64_t)counts[2] * (width + 4) + counts[1] + counts[0];
	if (size > len - HEADER || !b->nr_types)
		return false;
	b->size = HEADER + (size_t)size;
	return true;
}

static bool offset_of(const struct block *b, uint32_t type, int32_t *out)
{
	if (type >= b->nr_types)
		return false;
	*out = (int32_t)(uint32_t)big(b->infos + (size_t)type * 6, 4);
	return *out >= -TZIF_OFFSET_MAX && *out <= TZIF_OFFSET_MAX;
}

/* The last change before or at `now`; the file's rule holds behind the last one. */
static bool find_offset(const struct block *b, const char *rule, int64_t now, int32_t *out)
{
	uint32_t low = 0, high = b->nr_times;

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;

		if (time_at(b, mid) <= now)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == b->nr_times && rule && *rule)
		return tz_rule_offset(rule, now, out);
	return offset_of(b, low ? b->types[low - 1] : 0, out);
}

bool tzif_offset(const uint8_t *data, size_t len, int64_t now, int32_t *out)
{
	struct block b;
	char rule[128];
	size_t n = 0;

	if (!read_block(data, len, 4, &b))
		return false;
	/* Version 1 has 32-bit times and no rule. */
	if (data[4] < '2')
		return find_offset(&b, NULL, now, out);
	data += b.size;
	len -= b.size;
	if (!read_block(data, len, 8, &b))
		return false;
	data += b.size;
	len -= b.size;
	if (!len || data[0] != '\n')
		return false;
	while (n + 1 < len && n < sizeof(rule) - 1 && data[n + 1] && data[n + 1] != '\n') {
		rule[n] = (char)data[n + 1];
		n++;
	}
	if (n + 1 >= len || data[n + 1] != '\n')
		return false;
	rule[n] = '\0';
	return find_offset(&b, rule, now, out);
}
