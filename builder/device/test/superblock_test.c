/*
 * Superblocks, made here field by field at the places that each type's documentation gives; that
 * the tools' own are read alike is the business of the real boots.
 *
 * With --seeds DIR: writes them to DIR, for superblock_fuzz to start from.
 */
#include "builder/fake/kit.h"

#include "builder/device/superblock.h"

#define UUID_TEXT "00112233-4455-6677-8899-aabbccddeeff"

static const uint8_t uuid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
				 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static void put(uint8_t *at, const char *text)
{
	memcpy(at, text, strlen(text));
}

static void mk_ext(uint8_t *b)
{
	b[1080] = 0x53;
	b[1081] = 0xef;
	memcpy(b + 1128, uuid, 16);
	put(b + 1144, "guest root");
}

static void mk_xfs(uint8_t *b)
{
	put(b, "XFSB");
	memcpy(b + 32, uuid, 16);
	put(b + 108, "data");
}

static void mk_btrfs(uint8_t *b)
{
	memcpy(b + 65536 + 32, uuid, 16);
	put(b + 65536 + 64, "_BHRfS_M");
	put(b + 65536 + 299, "a label that is longer than others have room for");
}

static void mk_swap(uint8_t *b)
{
	b[1024] = 1;
	memcpy(b + 1036, uuid, 16);
	put(b + 1052, "swp");
	put(b + 4086, "SWAPSPACE2");
}

static void mk_boot_sector(uint8_t *b)
{
	b[12] = 2; /* 512 */
	b[13] = 4;
	b[510] = 0x55;
	b[511] = 0xaa;
}

static void mk_fat16(uint8_t *b)
{
	mk_boot_sector(b);
	put(b + 38, "\x29\x9b\x59\x63\x37MY FAT     FAT16   ");
}

static void mk_fat12(uint8_t *b)
{
	mk_boot_sector(b);
	put(b + 38, "\x29\x9b\x59\x63\x37MYFAT      FAT12   ");
}

static void mk_fat32(uint8_t *b)
{
	mk_boot_sector(b);
	put(b + 66, "\x29\x01\xef\xcd\xabNO NAME    FAT32   ");
}

static void mk_luks1(uint8_t *b)
{
	memcpy(b, "LUKS\xba\xbe\0\1", 8);
	put(b + 168, UUID_TEXT);
}

static void mk_luks2(uint8_t *b)
{
	memcpy(b, "LUKS\xba\xbe\0\2", 8);
	put(b + 24, "secret");
	put(b + 168, UUID_TEXT);
}

static const struct kind {
	const char *name;
	void (*make)(uint8_t *b);
	const char *type, *uuid, *label;
	size_t needs;    /* bytes of the device */
	size_t magic[3]; /* bytes that it does not go without; 0 ends but for the first */
} kinds[] = {
	{"ext", mk_ext, "ext", UUID_TEXT, "guest root", 2048, {1080, 1081}},
	{"xfs", mk_xfs, "xfs", UUID_TEXT, "data", 512, {0, 1, 3}},
	{"btrfs",
	 mk_btrfs,
	 "btrfs",
	 UUID_TEXT,
	 "a label that is longer than others have room for",
	 65536 + 4096,
	 {65600, 65607}},
	{"swap", mk_swap, "swap", UUID_TEXT, "swp", 4096, {1024, 4086, 4095}},
	{"fat16", mk_fat16, "vfat", "3763-599B", "MY FAT", 512, {510, 511, 38}},
	{"fat12", mk_fat12, "vfat", "3763-599B", "MYFAT", 512, {12, 13, 54}},
	{"fat32", mk_fat32, "vfat", "ABCD-EF01", "", 512, {66, 82, 13}},
	{"luks1", mk_luks1, "luks", UUID_TEXT, "", 512, {0, 5, 6}},
	{"luks2", mk_luks2, "luks", UUID_TEXT, "secret", 512, {4, 7}},
};
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A copy of just that size, so that a read past the end is seen. */
static bool read_copy(const uint8_t *data, size_t len, struct superblock *out)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool known;

	assert_non_null(copy);
	memcpy(copy, data, len);
	known = superblock_read(copy, len, out);
	free(copy);
	return known;
}

static void test_kinds(void **state)
{
	static const size_t lengths[] = {0,    1,     511,   512,   513,   1023,
					 1024, 1067,  1068,  2047,  2048,  4095,
					 4096, 65535, 65536, 65600, 69631, SUPERBLOCK_BYTES};
	uint8_t *b = calloc(1, SUPERBLOCK_BYTES);
	struct superblock sb;
	size_t i, k;

	(void)state;
	assert_non_null(b);
	for (i = 0; i < NR_KINDS; i++) {
		memset(b, 0, SUPERBLOCK_BYTES);
		kinds[i].make(b);
		KIT_CHECK(superblock_read(b, SUPERBLOCK_BYTES, &sb), "%s", kinds[i].name);
		assert_string_equal(sb.type, kinds[i].type);
		assert_string_equal(sb.uuid, kinds[i].uuid);
		assert_string_equal(sb.label, kinds[i].label);
		for (k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++)
			KIT_CHECK(read_copy(b, lengths[k], &sb) == (lengths[k] >= kinds[i].needs),
				  "%s of %zu bytes", kinds[i].name, lengths[k]);
		for (k = 0; k < 3 && (!k || kinds[i].magic[k]); k++) {
			b[kinds[i].magic[k]] ^= 0x41;
			KIT_CHECK(!superblock_read(b, SUPERBLOCK_BYTES, &sb), "%s, byte %zu",
				  kinds[i].name, kinds[i].magic[k]);
			b[kinds[i].magic[k]] ^= 0x41;
		}
	}
	free(b);
}

static void test_swap_pages(void **state)
{
	uint8_t *b = calloc(1, SUPERBLOCK_BYTES);
	struct superblock sb;
	size_t page;

	(void)state;
	assert_non_null(b);
	for (page = 4096; page <= 65536; page *= 2) {
		memset(b, 0, SUPERBLOCK_BYTES);
		mk_swap(b);
		memset(b + 4086, 0, 10);
		put(b + page - 10, "SWAPSPACE2");
		assert_true(superblock_read(b, SUPERBLOCK_BYTES, &sb));
		assert_string_equal(sb.label, "swp");
	}
	free(b);
}

/* What two types claim can't be told; what is of no type is of none. */
static void test_unclear(void **state)
{
	uint8_t *b = calloc(1, SUPERBLOCK_BYTES);
	struct superblock sb;

	(void)state;
	assert_non_null(b);
	assert_false(superblock_read(b, SUPERBLOCK_BYTES, &sb));
	mk_ext(b);
	mk_btrfs(b);
	assert_false(superblock_read(b, SUPERBLOCK_BYTES, &sb));
	assert_string_equal(sb.uuid, "");
	memset(b, 0xff, SUPERBLOCK_BYTES);
	assert_false(superblock_read(b, SUPERBLOCK_BYTES, &sb));
	free(b);
}

static void test_fields(void **state)
{
	uint8_t *b = calloc(1, SUPERBLOCK_BYTES);
	struct superblock sb;
	size_t i;

	(void)state;
	assert_non_null(b);
	/* No uuid yet, and labels that fill their fields. */
	mk_ext(b);
	memset(b + 1128, 0, 16);
	memset(b + 1144, 'x', 17);
	assert_true(superblock_read(b, SUPERBLOCK_BYTES, &sb));
	assert_string_equal(sb.uuid, "");
	assert_string_equal(sb.label, "xxxxxxxxxxxxxxxx");
	memset(b, 0, SUPERBLOCK_BYTES);
	mk_btrfs(b);
	memset(b + 65536 + 299, 'y', 300);
	assert_true(superblock_read(b, SUPERBLOCK_BYTES, &sb));
	assert_int_equal(strlen(sb.label), 256);
	memset(b, 0, SUPERBLOCK_BYTES);
	mk_luks2(b);
	memset(b + 24, 'z', 488);
	assert_true(superblock_read(b, SUPERBLOCK_BYTES, &sb));
	assert_int_equal(strlen(sb.uuid), 40);
	assert_int_equal(strlen(sb.label), 48);
	/* Sectors of a FAT: a power of 2 from 512 to 4096. */
	for (i = 0; i < 0x2100; i += 0x100) {
		memset(b, 0, SUPERBLOCK_BYTES);
		mk_fat32(b);
		b[12] = (uint8_t)(i >> 8);
		assert_int_equal(superblock_read(b, SUPERBLOCK_BYTES, &sb),
				 i == 512 || i == 1024 || i == 2048 || i == 4096);
	}
	free(b);
}

static void write_seeds(const char *dir)
{
	uint8_t *b = calloc(1, SUPERBLOCK_BYTES);
	char path[512];
	FILE *f;
	size_t i;

	for (i = 0; b && i < NR_KINDS; i++) {
		memset(b, 0, SUPERBLOCK_BYTES);
		kinds[i].make(b);
		snprintf(path, sizeof(path), "%s/%s", dir, kinds[i].name);
		f = fopen(path, "w");
		if (!f || fwrite(b, 1, kinds[i].needs, f) != kinds[i].needs || fclose(f))
			abort();
	}
	free(b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_swap_pages),
		cmocka_unit_test(test_unclear),
		cmocka_unit_test(test_fields),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds")) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
