/*
 * Makes small bzImages for the tests.
 */
#ifndef EARLYDOM_BZIMAGE_BUILD_H
#define EARLYDOM_BZIMAGE_BUILD_H

#include "pack.h"

#define BZ_SETUP_SECTS 3
#define BZ_SETUP_SIZE  ((BZ_SETUP_SECTS + 1) * 512)
#define BZ_STUB        16 /* bytes of unpacker in front of the payload */

static inline void bz_put(uint8_t *p, size_t offset, uint32_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[offset + i] = (uint8_t)(value >> 8 * i);
}

/* Boot protocol 2.15 around the payload, and 7 bytes behind it; the caller frees data. */
static inline struct bytes bz_make(const uint8_t *payload, size_t len)
{
	struct bytes b = {calloc(1, BZ_SETUP_SIZE + BZ_STUB + len + 7), 0};

	if (!b.data)
		pack_failed("out of memory", "bz_make");
	b.len = BZ_SETUP_SIZE + BZ_STUB + len + 7;
	memcpy(b.data, "MZ", 2);
	bz_put(b.data, 0x1f1, BZ_SETUP_SECTS, 1);
	bz_put(b.data, 0x1fe, 0xaa55, 2);
	bz_put(b.data, 0x200, 0x6aeb, 2); /* a jump to 0x26c */
	memcpy(b.data + 0x202, "HdrS", 4);
	bz_put(b.data, 0x206, 0x020f, 2);
	bz_put(b.data, 0x20e, 0x400, 2);
	bz_put(b.data, 0x248, BZ_STUB, 4);
	bz_put(b.data, 0x24c, (uint32_t)len, 4);
	memcpy(b.data + 0x600, "6.1.0-test (a@b) #1", 20);
	memset(b.data + BZ_SETUP_SIZE, 0xcc, BZ_STUB);
	memcpy(b.data + BZ_SETUP_SIZE + BZ_STUB, payload, len);
	return b;
}

#endif
