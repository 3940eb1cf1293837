/*
 * libFuzzer entry: the first byte gives the size of a sector and the partition's number, the rest is
 * the disk.
 *
 * Checksums would keep a fuzzer out: for every header and array of entries that it makes, those
 * that are right are put in where the input says so (the highest bit of the first byte).
 */
#include "builder/device/partition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	uint8_t *data;
	size_t size;
};

static bool read_bytes(void *arg, uint64_t at, void *buf, size_t n)
{
	const struct bytes *b = arg;

	assert(at <= b->size && n <= b->size - at);
	memcpy(buf, b->data + at, n);
	return true;
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uLong v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

/* Makes the checksums of the header at that byte right, where what they cover is there. */
static void seal(struct bytes *b, size_t at, unsigned sector)
{
	uint8_t *h = b->data + at;
	const uint64_t from = (uint64_t)get32(h + 72) * sector;
	const uint64_t n = (uint64_t)get32(h + 80) * get32(h + 84);
	const uint32_t len = get32(h + 12);

	if (from <= b->size && n <= b->size - from)
		put32(h + 88, crc32(0, b->data + from, (uInt)n));
	put32(h + 16, 0);
	if (len <= b->size - at)
		put32(h + 16, crc32(0, h, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct partition_disk disk = {.read = read_bytes};
	struct partition_id id;
	struct bytes b;

	if (!size)
		return 0;
	b.size = size - 1;
	b.data = malloc(b.size ? b.size : 1);
	if (!b.data)
		abort();
	memcpy(b.data, data + 1, b.size);
	disk.arg = &b;
	disk.size = b.size;
	disk.sector = 512u << (data[0] & 3);
	if (data[0] & 0x80 && b.size >= (size_t)disk.sector * 3) {
		seal(&b, disk.sector, disk.sector);
		seal(&b, (b.size / disk.sector - 1) * disk.sector, disk.sector);
	}
	if (partition_identify(&disk, 1 + (data[0] >> 2 & 7), &id)) {
		assert(strlen(id.uuid) == 36 || strlen(id.uuid) == 11);
		assert(strlen(id.label) < sizeof(id.label));
	} else {
		assert(!id.uuid[0] && !id.label[0]);
	}
	free(b.data);
	return 0;
}
