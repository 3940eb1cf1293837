#include "xxh32.h"

#include "bytes.h"

#define PRIME1 0x9E3779B1u
#define PRIME2 0x85EBCA77u
#define PRIME3 0xC2B2AE3Du
#define PRIME4 0x27D4EB2Fu
#define PRIME5 0x165667B1u

static uint32_t rotl(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t round_lane(uint32_t acc, const uint8_t *p)
{
	return rotl(acc + le32(p) * PRIME2, 13) * PRIME1;
}

/* Four lanes over the whole stripes of 16 bytes; *p is left behind them. */
static uint32_t stripes(const uint8_t **p, const uint8_t *end)
{
	uint32_t a = PRIME1 + PRIME2, b = PRIME2, c = 0, d = 0 - PRIME1;
	const uint8_t *q = *p;

	for (; end - q >= 16; q += 16) {
		a = round_lane(a, q);
		b = round_lane(b, q + 4);
		c = round_lane(c, q + 8);
		d = round_lane(d, q + 12);
	}
	*p = q;
	return rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
}

uint32_t xxh32(const uint8_t *in, size_t len)
{
	const uint8_t *p = in, *end = in + len;
	uint32_t h = len >= 16 ? stripes(&p, end) : PRIME5;

	h += (uint32_t)len;
	for (; end - p >= 4; p += 4)
		h = rotl(h + le32(p) * PRIME3, 17) * PRIME4;
	for (; p < end; p++)
		h = rotl(h + *p * PRIME5, 11) * PRIME1;

	h ^= h >> 15;
	h *= PRIME2;
	h ^= h >> 13;
	h *= PRIME3;
	h ^= h >> 16;
	return h;
}
