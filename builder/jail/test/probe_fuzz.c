/*
 * libFuzzer entry: a disk, as a file in memory, and all that is asked of it.
 *
 * A disk is large and mostly empty, so the input says what is on it: its first byte has the disk's
 * size (in steps of 256 KiB), that of a sector, and, in the highest bit, whether the GPT's
 * checksums are to be right, which would keep a fuzzer out; then come blocks: where it goes (le32),
 * its length (1 byte), its bytes.
 */
#include "builder/jail/disk_blkid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "builder/device/test/images.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void write_blocks(int fd, size_t size, const uint8_t *data, size_t len)
{
	while (len >= 5) {
		const size_t at = get32(data) % size;
		size_t n = data[4];

		data += 5;
		len -= 5;
		if (n > len)
			n = len;
		if (n > size - at)
			n = size - at;
		must(pwrite(fd, data, n, (off_t)at) == (ssize_t)n);
		data += n;
		len -= n;
	}
}

/* Makes the checksums of the GPT's header right, where what they cover is there. */
static void seal(int fd, size_t size, unsigned sector)
{
	static uint8_t entries[4096 * 128];
	uint8_t h[512];
	uint64_t at, n;

	must(pread(fd, h, sizeof(h), sector) == sizeof(h));
	at = (uint64_t)get32(h + 72) * sector;
	n = (uint64_t)get32(h + 80) * 128;
	if (at > size || n > size - at || n > sizeof(entries))
		return;
	must(pread(fd, entries, n, (off_t)at) == (ssize_t)n);
	put32(h + 88, (uint32_t)crc32(0, entries, (uInt)n));
	put32(h + 16, 0);
	put32(h + 16, (uint32_t)crc32(0, h, get32(h + 12) <= 512 ? get32(h + 12) : 512));
	must(pwrite(fd, h, sizeof(h), sector) == sizeof(h));
}

/* What is found passes the check of those who are told. */
static void check_content(int fd)
{
	struct probe_content c;
	struct err e;
	const blkid_probe pr = disk_blkid_open(fd, 0, 0, &e);

	must(pr);
	if (disk_blkid_content(pr, fd, 0, &c, &e) < 0)
		assert(e.msg[0]);
	else
		must(probe_content_check(&c, &e) == 0);
	blkid_free_probe(pr);
}

static void check_table(int fd, unsigned sector)
{
	struct probe_partition *list = calloc(PROBE_PARTITIONS_MAX, sizeof(*list));
	struct err e;
	const blkid_probe pr = disk_blkid_open(fd, 0, 0, &e);
	size_t n;

	must(pr && list);
	if (disk_blkid_table(pr, fd, sector, list, PROBE_PARTITIONS_MAX, &n, &e) < 0)
		assert(e.msg[0]);
	assert(n <= PROBE_PARTITIONS_MAX);
	for (size_t i = 0; i < n; i++)
		must(probe_partition_check(&list[i], &e) == 0);
	blkid_free_probe(pr);
	free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned sector;
	size_t size;
	int fd;

	if (!len)
		return 0;
	size = ((data[0] & 15) + 1u) * (256 * 1024);
	sector = 512u << (data[0] >> 4 & 3);
	fd = memfd_create("disk", MFD_CLOEXEC);
	must(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	write_blocks(fd, size, data + 1, len - 1);
	if (data[0] & 0x80)
		seal(fd, size, sector);
	check_content(fd);
	check_table(fd, sector);
	close(fd);
	return 0;
}
