/*
 * Makes small PE files for the tests.
 */
#ifndef EARLYDOM_PE_BUILD_H
#define EARLYDOM_PE_BUILD_H

#include "loaders/pe.h"
#include "pack.h"

#define PB_ALIGN    512
#define PB_PE       0x80 /* PE's magic, behind some of DOS's program */
#define PB_OPTIONAL 112  /* bytes of optional header */
#define PB_TABLE    (PB_PE + 24 + PB_OPTIONAL)

/* Where things are, to be spoilt. */
#define PB_MACHINE         (PB_PE + 4)
#define PB_NR_SECTIONS     (PB_PE + 6)
#define PB_OPTIONAL_SIZE   (PB_PE + 20)
#define PB_SUBSYSTEM       (PB_PE + 24 + 68)
#define PB_NAME(i)         (PB_TABLE + 40 * (size_t)(i))
#define PB_VIRTUAL_SIZE(i) (PB_NAME(i) + 8)
#define PB_RAW_SIZE(i)     (PB_NAME(i) + 16)
#define PB_RAW_AT(i)       (PB_NAME(i) + 20)

struct pb_part {
	const char *name;
	const void *data;
	size_t len;
};

static inline void pb_put(struct bytes *b, size_t at, uint32_t value, size_t size)
{
	if (at + size > b->len)
		pack_failed("outside of the file", "pb_put");
	for (size_t i = 0; i < size; i++)
		b->data[at + i] = (uint8_t)(value >> 8 * i);
}

/* An EFI program for x86-64 with these sections; the caller frees data. */
static inline struct bytes pb_make(const struct pb_part *parts, size_t n)
{
	struct bytes b = {NULL, PB_ALIGN * 2};
	size_t at;

	for (size_t i = 0; i < n; i++)
		b.len += (parts[i].len + PB_ALIGN - 1) / PB_ALIGN * PB_ALIGN;
	b.data = calloc(1, b.len);
	if (!b.data || PB_NAME(n) > PB_ALIGN * 2)
		pack_failed("out of memory", "pb_make");
	memcpy(b.data, "MZ", 2);
	pb_put(&b, 0x3c, PB_PE, 4);
	memcpy(b.data + PB_PE, "PE", 2);
	pb_put(&b, PB_MACHINE, PE_AMD64, 2);
	pb_put(&b, PB_NR_SECTIONS, (uint32_t)n, 2);
	pb_put(&b, PB_OPTIONAL_SIZE, PB_OPTIONAL, 2);
	pb_put(&b, PB_PE + 24, 0x20b, 2);
	pb_put(&b, PB_SUBSYSTEM, PE_SUBSYSTEM_EFI_FIRST, 2);
	at = PB_ALIGN * 2;
	for (size_t i = 0; i < n; i++) {
		const size_t raw = (parts[i].len + PB_ALIGN - 1) / PB_ALIGN * PB_ALIGN;

		strncpy((char *)b.data + PB_NAME(i), parts[i].name, 8);
		pb_put(&b, PB_VIRTUAL_SIZE(i), (uint32_t)parts[i].len, 4);
		pb_put(&b, PB_RAW_SIZE(i), (uint32_t)raw, 4);
		pb_put(&b, PB_RAW_AT(i), (uint32_t)at, 4);
		if (parts[i].len)
			memcpy(b.data + at, parts[i].data, parts[i].len);
		at += raw;
	}
	return b;
}

/* A UKI as systemd's ukify makes them, around that kernel. */
static inline struct bytes pb_uki(const void *kernel, size_t len)
{
	const struct pb_part parts[] = {
		{".text", "stub", 4},
		{".osrel", "ID=debian\n", 10},
		{".cmdline", "root=/dev/vda1 ro", 18},
		{".linux", kernel, len},
		{".initrd", "070701", 6},
	};

	return pb_make(parts, sizeof(parts) / sizeof(parts[0]));
}

#endif
