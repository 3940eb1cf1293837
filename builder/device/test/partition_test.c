/*
 * Partition tables, made here: a GPT with both of its headers and an MBR, and everything that can
 * be wrong with them.
 *
 * With --seeds DIR: writes them to DIR, for partition_fuzz to start from.
 */
#include "builder/fake/kit.h"

#include <uchar.h>
#include <zlib.h>

#include "builder/device/partition.h"
#include "builder/describe/disk_spec.h"

#define DISK_BYTES (256 * 1024)
#define NR_ENTRIES 128
#define FIRST_UUID "33221100-5544-7766-8899-aabbccddeeff"

struct disk_bytes {
	uint8_t *data;
	unsigned sector;
	unsigned reads;
	unsigned fail_at; /* this read fails; 0 for none */
};

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

/* Sets the checksum of the header in that sector. */
static void seal(struct disk_bytes *d, uint64_t lba)
{
	uint8_t *h = d->data + lba * d->sector;

	put32(h + 16, 0);
	put32(h + 16, (uint32_t)crc32(0, h, 92));
}

static void mk_header(struct disk_bytes *d, uint64_t lba, uint64_t entries)
{
	uint8_t *h = d->data + lba * d->sector;

	memcpy(h, "EFI PART", 8);
	put32(h + 8, 0x10000);
	put32(h + 12, 92);
	put64(h + 24, lba);
	put64(h + 72, entries);
	put32(h + 80, NR_ENTRIES);
	put32(h + 84, 128);
	put32(h + 88, (uint32_t)crc32(0, d->data + entries * d->sector, NR_ENTRIES * 128));
	seal(d, lba);
}

static void mk_entry(uint8_t *entry, uint8_t seed, const char16_t *name, size_t n)
{
	size_t i;

	memset(entry, 0xaf, 16);
	for (i = 0; i < 16; i++)
		entry[16 + i] = (uint8_t)(0x11 * i + seed);
	for (i = 0; i < n; i++) {
		entry[56 + 2 * i] = (uint8_t)name[i];
		entry[57 + 2 * i] = (uint8_t)(name[i] >> 8);
	}
}

static void mk_mbr(struct disk_bytes *d, uint8_t type)
{
	d->data[446 + 16 + 4] = type; /* the second entry */
	d->data[510] = 0x55;
	d->data[511] = 0xaa;
	put32(d->data + 440, 0xc04fdcff);
}

/* Entry 1 has a name with letters of 1, 2 and 3 bytes, entry 5 one that fills its field, entry 6 is
 * named with half a pair of surrogates. */
static void mk_gpt(struct disk_bytes *d, unsigned sector)
{
	const uint64_t last = DISK_BYTES / sector - 1, spare = last - NR_ENTRIES * 128 / sector;
	char16_t full[36];
	uint8_t *entries;
	size_t i;

	memset(d->data, 0, DISK_BYTES);
	d->sector = sector;
	d->reads = d->fail_at = 0;
	mk_mbr(d, 0xee);
	entries = d->data + (size_t)2 * sector;
	mk_entry(entries, 0, u"ro\u00f6t \u20ac", 6);
	for (i = 0; i < 36; i++)
		full[i] = 0x4e00;
	mk_entry(entries + (size_t)4 * 128, 1, full, 36);
	mk_entry(entries + (size_t)5 * 128, 2, (const char16_t[]){0xd800, 'x'}, 2);
	memcpy(d->data + spare * sector, entries, NR_ENTRIES * 128);
	mk_header(d, 1, 2);
	mk_header(d, last, spare);
}

static bool read_bytes(void *arg, uint64_t at, void *buf, size_t n)
{
	struct disk_bytes *d = arg;

	assert_true(at <= DISK_BYTES && n <= DISK_BYTES - at);
	if (++d->reads == d->fail_at)
		return false;
	memcpy(buf, d->data + at, n);
	return true;
}

static bool identify(struct disk_bytes *d, unsigned number, struct partition_id *id)
{
	const struct partition_disk disk = {DISK_BYTES, d->sector, read_bytes, d};

	return partition_identify(&disk, number, id);
}

static void begin(struct disk_bytes *d)
{
	memset(d, 0, sizeof(*d));
	d->data = calloc(1, DISK_BYTES);
	assert_non_null(d->data);
}

static void test_gpt(void **state)
{
	static const unsigned sectors[] = {512, 1024, 4096};
	struct partition_id id;
	struct disk_bytes d;
	size_t i;

	(void)state;
	begin(&d);
	for (i = 0; i < 3; i++) {
		mk_gpt(&d, sectors[i]);
		assert_true(identify(&d, 1, &id));
		assert_string_equal(id.uuid, FIRST_UUID);
		assert_string_equal(id.label, "ro\xc3\xb6t \xe2\x82\xac");
		assert_true(identify(&d, 5, &id));
		assert_string_equal(id.uuid, "34231201-5645-7867-899a-abbccddeef00");
		assert_int_equal(strlen(id.label), 108);
		assert_true(identify(&d, 6, &id));
		assert_string_equal(id.label, "\xed\xa0\x80x");
		assert_false(identify(&d, 0, &id));
		assert_false(identify(&d, 2, &id)); /* in no use */
		assert_string_equal(id.uuid, "");
		assert_false(identify(&d, NR_ENTRIES, &id));
		assert_false(identify(&d, NR_ENTRIES + 1, &id));
		assert_false(identify(&d, UINT32_MAX, &id));
	}
	free(d.data);
}

/* The second table serves where the first one is broken, wherever that is. */
static void test_spare(void **state)
{
	static const size_t breaks[] = {512,      512 + 12,  512 + 16,        512 + 24,
					512 + 73, 512 + 80,  512 + 84,        512 + 88,
					1024,     1024 + 60, 1024 + 128 * 100};
	const size_t last = DISK_BYTES - 512;
	struct partition_id id;
	struct disk_bytes d;
	size_t i;

	(void)state;
	begin(&d);
	for (i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		mk_gpt(&d, 512);
		d.data[breaks[i]] ^= 1;
		KIT_CHECK(identify(&d, 1, &id), "%zu", breaks[i]);
		assert_string_equal(id.uuid, FIRST_UUID);
		d.data[last] ^= 1;
		KIT_CHECK(!identify(&d, 1, &id), "%zu", breaks[i]);
	}
	/* A disk that can't be read in the middle of it. */
	for (i = 1;; i++) {
		mk_gpt(&d, 512);
		d.fail_at = (unsigned)i;
		KIT_CHECK(identify(&d, 1, &id) == (i > 1), "read %zu", i);
		if (d.reads < i)
			break;
	}
	assert_true(i > 5);
	free(d.data);
}

/* Headers whose checksum is right, and which are wrong all the same. */
static void test_sealed(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		unsigned bytes;
	} wrong[] = {
		{12, 91, 4},         {12, 513, 4},        {12, 0xffffffff, 4}, {24, 2, 8},
		{72, UINT64_MAX, 8}, {72, 1ull << 55, 8}, {72, DISK_BYTES, 8}, {80, 0, 4},
		{80, 0xffffffff, 4}, {80, 8193, 4},       {84, 127, 4},        {84, 0, 4},
		{84, 4097, 4},       {84, 0xffffffff, 4}, {88, 1, 4},
	};
	struct partition_id id;
	struct disk_bytes d;
	size_t i;

	(void)state;
	begin(&d);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		mk_gpt(&d, 512);
		memset(d.data + DISK_BYTES - 512, 0, 512);
		assert_true(identify(&d, 1, &id));
		if (wrong[i].bytes == 8)
			put64(d.data + 512 + wrong[i].at, wrong[i].value);
		else
			put32(d.data + 512 + wrong[i].at, (uint32_t)wrong[i].value);
		seal(&d, 1);
		KIT_CHECK(!identify(&d, 1, &id), "%zu: %llx", wrong[i].at,
			  (unsigned long long)wrong[i].value);
	}
	free(d.data);
}

static bool read_huge(void *arg, uint64_t at, void *buf, size_t n)
{
	memset(buf, 0, n);
	return at + n > DISK_BYTES || read_bytes(arg, at, buf, n);
}

/* What a header asks for is bounded, also on a disk that is large enough for it. */
static void test_huge(void **state)
{
	struct partition_id id;
	struct disk_bytes d;
	const struct partition_disk disk = {1ull << 50, 512, read_huge, &d};

	(void)state;
	begin(&d);
	mk_gpt(&d, 512);
	assert_true(partition_identify(&disk, 1, &id));
	put32(d.data + 512 + 80, 1 << 28);
	seal(&d, 1);
	d.reads = 0;
	assert_false(partition_identify(&disk, 1, &id));
	assert_true(d.reads < 10);
	free(d.data);
}

static void test_mbr(void **state)
{
	struct partition_id id;
	struct disk_bytes d;
	struct partition_disk disk = {0, 512, read_bytes, &d};
	unsigned sector;

	(void)state;
	begin(&d);
	d.sector = 512;
	assert_false(identify(&d, 1, &id));
	mk_mbr(&d, 0x83);
	assert_true(identify(&d, 1, &id));
	assert_string_equal(id.uuid, "c04fdcff-01");
	assert_string_equal(id.label, "");
	assert_true(identify(&d, 26, &id));
	assert_string_equal(id.uuid, "c04fdcff-1a");
	assert_false(identify(&d, 256, &id));
	put32(d.data + 440, 0); /* never set */
	assert_false(identify(&d, 1, &id));
	mk_mbr(&d, 0xee); /* says GPT, and there is none */
	assert_false(identify(&d, 1, &id));
	mk_mbr(&d, 0x83);
	for (sector = 0; sector < 3; sector++) {
		d.sector = (const unsigned[]){0, 256, 8192}[sector];
		assert_false(identify(&d, 1, &id));
	}
	for (disk.size = 0; disk.size < 1024; disk.size += 511)
		assert_false(partition_identify(&disk, 1, &id));
	free(d.data);
}

static void write_seeds(const char *dir)
{
	struct disk_bytes d;
	char path[512];
	FILE *f;
	int i;

	begin(&d);
	for (i = 0; i < 3; i++) {
		mk_gpt(&d, i == 1 ? 4096 : 512);
		if (i == 2)
			mk_mbr(&d, 0x83);
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		f = fopen(path, "w");
		/* Beginning and end are enough: the spare entries lie together with their header. */
		if (!f || fputc(i == 1 ? 3 : 0, f) == EOF ||
		    fwrite(d.data, 1, 20 * 1024, f) != (size_t)20 * 1024 || fclose(f))
			abort();
	}
	free(d.data);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gpt),    cmocka_unit_test(test_spare),
		cmocka_unit_test(test_sealed), cmocka_unit_test(test_huge),
		cmocka_unit_test(test_mbr),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds")) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
