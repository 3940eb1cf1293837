/*
 * Makes small a.out kernels for the tests, right or wrong in any way, from the documents of the
 * format and not from aout.c: a.out(6) has the order of the parts and says that numbers are
 * big-endian; the magic numbers are worked out by hand from a.out.h: _MAGIC(0, 11) is 4*11*11+7,
 * _MAGIC(0x8000, 26) is 0x8000 | 4*26*26+7.
 */
#ifndef EARLYDOM_AOUT_BUILD_H
#define EARLYDOM_AOUT_BUILD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define AO_386   0x000001ebu
#define AO_AMD64 0x00008a97u

/* Offsets of the header's fields. */
enum {
	AO_MAGIC = 0,
	AO_TEXT = 4,
	AO_DATA = 8,
	AO_BSS = 12,
	AO_SYMS = 16,
	AO_ENTRY = 20,
	AO_SPSZ = 24,
	AO_PCSZ = 28,
	AO_ENTRY64 = 32,
};

/* What ao_make gives its kernels, in bytes. */
#define AO_TEXT_SIZE 4111
#define AO_DATA_SIZE 100
#define AO_BSS_SIZE  5000
#define AO_SYMS_SIZE 21
#define AO_PCSZ_SIZE 9

struct ao {
	size_t len;
	uint8_t data[8192];
};

static inline void ao_put(struct ao *a, size_t offset, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		a->data[offset + i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static inline void ao_part(struct ao *a, char c, size_t size)
{
	if (size > sizeof(a->data) - a->len)
		abort();
	memset(a->data + a->len, c, size);
	a->len += size;
}

/* A kernel for 386, or with a 64-bit entry for amd64: text of 't', data of 'd', symbols of 's' and
 * lines of 'l'. */
static inline void ao_make(struct ao *a, uint32_t entry, uint64_t entry64)
{
	memset(a, 0, sizeof(*a));
	a->len = entry64 ? 40 : 32;
	ao_put(a, AO_MAGIC, entry64 ? AO_AMD64 : AO_386, 4);
	ao_put(a, AO_TEXT, AO_TEXT_SIZE, 4);
	ao_put(a, AO_DATA, AO_DATA_SIZE, 4);
	ao_put(a, AO_BSS, AO_BSS_SIZE, 4);
	ao_put(a, AO_SYMS, AO_SYMS_SIZE, 4);
	ao_put(a, AO_ENTRY, entry, 4);
	ao_put(a, AO_PCSZ, AO_PCSZ_SIZE, 4);
	if (entry64)
		ao_put(a, AO_ENTRY64, entry64, 8);
	ao_part(a, 't', AO_TEXT_SIZE);
	ao_part(a, 'd', AO_DATA_SIZE);
	ao_part(a, 's', AO_SYMS_SIZE);
	ao_part(a, 'l', AO_PCSZ_SIZE);
}

/* Kernels as 8l and 6l link them: behind the header in a page, and at the start of one. */
static inline void ao_386(struct ao *a)
{
	ao_make(a, 0x80100020, 0);
}

static inline void ao_amd64(struct ao *a)
{
	ao_make(a, 0x110000, 0xffffffff80110000);
}

/* Puts Xen's table, as xenbin does, at the beginning of a 386 kernel's text. */
static inline void ao_table(struct ao *a, uint32_t flags, uint32_t header_addr, uint32_t entry)
{
	const uint32_t magic = 0x336ec578;
	const uint32_t words[8] = {magic, flags, 0 - magic - flags, header_addr, 0, 0, 0, entry};

	for (size_t i = 0; i < sizeof(words); i++)
		a->data[32 + i] = (uint8_t)(words[i / 4] >> i % 4 * 8);
}

#endif
