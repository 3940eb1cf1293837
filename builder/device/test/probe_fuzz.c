/*
 * libFuzzer entry: a disk, as a file in memory, and all that is asked of it.
 *
 * A disk is large and mostly empty, so the input says what is on it: its first byte has the disk's
 * size (in steps of 256 KiB), that of a sector, and, in the highest bit, whether the GPT's
 * checksums are to be right, which would keep a fuzzer out; then come blocks: where it goes (le32),
 * its length (1 byte), its bytes.
 */
#include "builder/device/probe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "images.h"

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

static void ends(const char *text, size_t size)
{
	assert(memchr(text, '\0', size));
}

static void check_content(int fd)
{
	struct probe_content c;
	struct err e;

	if (probe_content(fd, 0, 0, &c, &e) < 0) {
		assert(e.msg[0]);
		return;
	}
	ends(c.type, sizeof(c.type));
	ends(c.uuid, sizeof(c.uuid));
	ends(c.label, sizeof(c.label));
	assert((c.kind == PROBE_DATA || c.kind == PROBE_MEMBER) == (c.type[0] != '\0'));
	assert(!c.raid || c.kind == PROBE_MEMBER);
}

static void check_table(int fd, unsigned sector)
{
	struct probe_table t;
	struct err e;

	if (probe_table(fd, sector, &t, &e) < 0) {
		assert(e.msg[0]);
		return;
	}
	assert(t.n <= 4096 + 256);
	for (size_t i = 0; i < t.n; i++) {
		ends(t.list[i].uuid, sizeof(t.list[i].uuid));
		ends(t.list[i].label, sizeof(t.list[i].label));
		assert(t.list[i].number && t.list[i].size);
	}
	probe_table_free(&t);
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
