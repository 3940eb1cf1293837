/*
 * What is on a disk: bytes as the tools make them, and what the tools that are there make.
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/device/test/images.h"
#include "builder/jail/probe.h"

static uint8_t *image;
static struct probe_content c;

static void blank(void)
{
	memset(image, 0, IMAGE_BYTES);
}

static int open_image(size_t len)
{
	int fd;

	kit_write("disk", image, len);
	fd = open(kit_path("disk"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void probe(size_t len)
{
	const int fd = open_image(len);
	struct err e;

	KIT_CHECK(probe_content(NULL, fd, 0, 0, &c, &e) == 0, "%s", e.msg);
	close(fd);
}

static void is_member(const char *type)
{
	probe(IMAGE_BYTES);
	KIT_CHECK(c.kind == PROBE_MEMBER && !strcmp(c.type, type), "%s: kind %d, %s", type, c.kind,
		  c.type);
	blank();
}

/* What is written at the beginning is that of the array's file system. */
static void is_member_over_ext(const char *type)
{
	image_ext(image, 0x11, "root");
	is_member(type);
}

static void test_data(void **state)
{
	char command[700];
	struct err e;
	int fd;

	(void)state;
	blank();
	probe(IMAGE_BYTES);
	assert_int_equal(c.kind, PROBE_NOTHING);
	assert_true(!c.type[0] && !c.uuid[0] && !c.label[0]);
	image_ext(image, 0x11, "root");
	probe(IMAGE_BYTES);
	assert_int_equal(c.kind, PROBE_DATA);
	assert_string_equal(c.type, "ext2");
	assert_string_equal(c.uuid, UUID_A);
	assert_string_equal(c.label, "root");
	probe(4096); /* as small as it can be */
	assert_int_equal(c.kind, PROBE_DATA);

	probe(IMAGE_BYTES);
	snprintf(command, sizeof(command),
		 "mke2fs -q -F -t ext4 -L 'my data' -U " UUID_B " %s 2>/dev/null",
		 kit_path("disk"));
	assert_int_equal(system(command), 0);
	fd = open(kit_path("disk"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_content(NULL, fd, 0, 0, &c, &e), 0);
	close(fd);
	assert_string_equal(c.type, "ext4");
	assert_string_equal(c.uuid, UUID_B);
	assert_string_equal(c.label, "my data");
	assert_int_equal(c.kind, PROBE_DATA);

	snprintf(command, sizeof(command),
		 "PATH=$PATH:/sbin:/usr/sbin mkswap -q -L swap -U " UUID_A " %s 2>/dev/null",
		 kit_path("disk"));
	assert_int_equal(system(command), 0);
	fd = open(kit_path("disk"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_content(NULL, fd, 0, 0, &c, &e), 0);
	close(fd);
	assert_string_equal(c.type, "swap");
	assert_string_equal(c.uuid, UUID_A);
	assert_int_equal(c.kind, PROBE_DATA);
	blank();
}

/* Each of them has its uuid or its file system's, which names the whole and not this part. */
static void test_members(void **state)
{
	struct err e;
	int fd;

	(void)state;
	blank();
	image_md1(image, MD_10);
	is_member_over_ext("linux_raid_member");
	image_md0(image);
	is_member_over_ext("linux_raid_member");
	image_md1(image, MD_11);
	is_member("linux_raid_member");
	image_md1(image, MD_12);
	is_member("linux_raid_member");
	image_md1(image, MD_12);
	probe(IMAGE_BYTES);
	assert_true(c.raid);
	blank();
	image_ddf(image);
	is_member_over_ext("ddf_raid_member");
	image_imsm(image);
	is_member_over_ext("isw_raid_member");
	image_drbd(image);
	is_member_over_ext("drbd");
	image_lvm(image);
	is_member("LVM2_member");
	image_luks(image);
	is_member("crypto_LUKS");
	image_luks(image);
	probe(IMAGE_BYTES);
	assert_false(c.raid);
	assert_string_equal(c.uuid, UUID_A);
	blank();
	image_bcache(image);
	is_member("bcache");
	image_zfs(image); /* on less there is no pool */
	close(open_image(IMAGE_BYTES));
	assert_int_equal(truncate(kit_path("disk"), 64 << 20), 0);
	fd = open(kit_path("disk"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_content(NULL, fd, 0, 0, &c, &e), 0);
	close(fd);
	assert_int_equal(c.kind, PROBE_MEMBER);
	assert_string_equal(c.type, "zfs_member");
	blank();
	image_btrfs(image, 2);
	is_member("btrfs");
	image_btrfs(image, 0);
	is_member("btrfs");
	image_btrfs(image, 1ull << 32 | 1);
	is_member("btrfs");
	image_btrfs(image, 1);
	probe(IMAGE_BYTES);
	assert_int_equal(c.kind, PROBE_DATA);
	assert_string_equal(c.uuid, UUID_A);
	assert_string_equal(c.label, "data");
	blank();
	/* The journal of an ext4 that is elsewhere. */
	image_ext(image, 0x11, "journal");
	put32(image + 1024 + 96, 8);
	is_member("jbd");
}

static void test_several(void **state)
{
	(void)state;
	blank();
	image_btrfs(image, 1);
	image_ext(image, 0x22, "root");
	probe(IMAGE_BYTES);
	assert_int_equal(c.kind, PROBE_SEVERAL);
	assert_true(!c.type[0] && !c.uuid[0] && !c.label[0]);
	blank();
}

static void test_part_of_file(void **state)
{
	struct err e;
	int fd;

	(void)state;
	blank();
	image_ext(image + 65536, 0x11, "root");
	fd = open_image(IMAGE_BYTES);
	assert_int_equal(probe_content(NULL, fd, 65536, 65536, &c, &e), 0);
	assert_string_equal(c.label, "root");
	assert_int_equal(probe_content(NULL, fd, 0, 65536, &c, &e), 0);
	assert_int_equal(c.kind, PROBE_NOTHING);
	/* Beyond its end, or no range at all. */
	assert_int_equal(probe_content(NULL, fd, IMAGE_BYTES, 65536, &c, &e), -1);
	assert_string_equal(e.msg, strerror(EINVAL));
	assert_int_equal(probe_content(NULL, fd, UINT64_MAX, 65536, &c, &e), -1);
	assert_int_equal(probe_content(NULL, fd, 0, UINT64_MAX, &c, &e), -1);
	close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_content(NULL, fd, 0, 0, &c, &e), -1);
	close(fd);
	assert_int_equal(probe_content(NULL, -1, 0, 0, &c, &e), -1);
	blank();
}

static size_t table(size_t len, unsigned sector, struct probe_table *t)
{
	const int fd = open_image(len);
	struct err e;

	KIT_CHECK(probe_table(NULL, fd, sector, t, &e) == 0, "%s", e.msg);
	close(fd);
	return t->n;
}

static void test_gpt(void **state)
{
	static const unsigned sectors[] = {512, 4096};
	struct probe_table t;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		blank();
		image_gpt(image, IMAGE_BYTES, sectors[i], 128);
		assert_int_equal(table(IMAGE_BYTES, sectors[i], &t), 4);
		assert_int_equal(t.list[1].number, 2);
		assert_int_equal(t.list[1].start, 48 * sectors[i] / 512);
		assert_int_equal(t.list[1].size, 8 * sectors[i] / 512);
		assert_string_equal(t.list[1].uuid, UUID_B);
		assert_string_equal(t.list[1].label, "\xe4\xb9\xa2");
		assert_string_equal(t.list[0].label, "a");
		probe_table_free(&t);
	}
	blank();
	image_gpt(image, IMAGE_BYTES, 512, 128);
	image[512 + 16] ^= 1;
	assert_int_equal(table(IMAGE_BYTES, 0, &t), 0);
	blank();
}

static void test_mbr(void **state)
{
	struct probe_table t;

	(void)state;
	blank();
	image_mbr(image, 0xc04fdcff, 0x83, 64, 128);
	assert_int_equal(table(IMAGE_BYTES, 0, &t), 1);
	assert_int_equal(t.list[0].number, 1);
	assert_int_equal(t.list[0].start, 64);
	assert_int_equal(t.list[0].size, 128);
	assert_string_equal(t.list[0].uuid, "c04fdcff-01");
	assert_string_equal(t.list[0].label, "");
	probe_table_free(&t);
	blank();
	assert_int_equal(table(IMAGE_BYTES, 0, &t), 0);
	assert_int_equal(table(0, 0, &t), 0);
	/* Of other tables libblkid knows more than is wanted here: this is BSD's. */
	memcpy(image + 512, "\x57\x45\x56\x82", 4);
	memcpy(image + 512 + 132, "\x57\x45\x56\x82", 4);
	image[512 + 138] = 8;
	put32(image + 512 + 148, 100);
	image[512 + 148 + 12] = 7;
	assert_int_equal(table(IMAGE_BYTES, 0, &t), 0);
	blank();
}

/* libblkid would read all entries that a table says it has, gigabytes of them. */
static void test_huge_gpt(void **state)
{
	struct probe_table t;
	uint8_t *b = calloc(1, IMAGE_BYTES);

	(void)state;
	assert_non_null(b);
	blank();
	image_gpt(image, IMAGE_BYTES, 512, 4096);
	assert_int_equal(table(IMAGE_BYTES, 0, &t), 4);
	probe_table_free(&t);
	blank();
	image_gpt(image, IMAGE_BYTES, 512, 4097);
	assert_int_equal(table(IMAGE_BYTES, 0, &t), 0);
	/*
	 * Such a table must not hide a member either: a device that can't be told is of several
	 * types.
	 */
	probe(IMAGE_BYTES);
	assert_int_equal(c.kind, PROBE_SEVERAL);
	/* The copy in the last sector is as good. */
	blank();
	image_gpt(b, IMAGE_BYTES, 512, 4097);
	image_mbr(image, 0, 0xee, 1, 4095);
	memcpy(image + IMAGE_BYTES - 512, b + 512, 512);
	memcpy(image + 1024, b + 1024, 4097 * 128);
	put64(image + IMAGE_BYTES - 512 + 24, IMAGE_BYTES / 512 - 1);
	put32(image + IMAGE_BYTES - 512 + 16, 0);
	put32(image + IMAGE_BYTES - 512 + 16, (uint32_t)crc32(0, image + IMAGE_BYTES - 512, 92));
	assert_int_equal(table(IMAGE_BYTES, 0, &t), 0);
	blank();
	free(b);
}

static void test_memory(void **state)
{
	struct probe_table t;
	struct err e;
	int fd, n, rc;

	(void)state;
	blank();
	image_gpt(image, IMAGE_BYTES, 512, 128);
	fd = open_image(IMAGE_BYTES);
	/* libblkid's own come first; with Debian's these are not counted. */
	for (n = 1, rc = -1; rc < 0; n++) {
		assert_true(n < 100);
		fake_alloc_fail_at(n);
		rc = probe_table(NULL, fd, 0, &t, &e);
		fake_alloc_fail_at(0);
		if (rc < 0)
			assert_true(e.msg[0]);
		if (rc == 0 && t.n == 0)
			rc = -1; /* it has not seen the table for want of memory */
	}
	assert_int_equal(t.n, 4);
	probe_table_free(&t);
	close(fd);
	blank();
}

/*
 * A device: some kinds of RAID are on whole disks alone, and whether it is one libblkid asks of
 * sysfs, which nobody can in the jail.
 */
static void test_device(void **state)
{
	char command[400], device[64] = "";
	struct probe_table t;
	struct err e;
	FILE *losetup;
	int fd;

	(void)state;
	blank();
	image_ext(image, 0x11, "root");
	image_imsm(image);
	kit_write("disk", image, IMAGE_BYTES);
	snprintf(command, sizeof(command),
		 "PATH=$PATH:/sbin losetup --read-only -f --show %s 2>/dev/null", kit_path("disk"));
	losetup = popen(command, "r");
	assert_non_null(losetup);
	if (!fgets(device, sizeof(device), losetup))
		device[0] = '\0';
	pclose(losetup);
	device[strcspn(device, "\n")] = '\0';
	fd = device[0] ? open(device, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0) {
		print_message("# NOT TESTED: a loop device can't be made here\n");
		blank();
		return;
	}
	snprintf(command, sizeof(command), "PATH=$PATH:/sbin losetup -d %s", device);
	assert_int_equal(system(command), 0); /* when it is closed */
	KIT_CHECK(probe_content(NULL, fd, 0, 0, &c, &e) == 0, "%s", e.msg);
	assert_int_equal(c.kind, PROBE_MEMBER);
	assert_string_equal(c.type, "isw_raid_member");
	KIT_CHECK(probe_table(NULL, fd, 0, &t, &e) == 0, "%s", e.msg);
	assert_int_equal(t.n, 0);
	close(fd);
	blank();
}

static void seed_ext(uint8_t *b)
{
	image_ext(b, 0x11, "root");
}

static void seed_md10(uint8_t *b)
{
	image_md1(b, MD_10);
}

static void seed_md0(uint8_t *b)
{
	image_md0(b);
	image_mbr(b, 1, 0x83, 64, 128);
}

static void seed_btrfs(uint8_t *b)
{
	image_btrfs(b, 2);
}

static void seed_mbr(uint8_t *b)
{
	image_mbr(b, 0xc04fdcff, 5, 64, 128); /* an extended one, and what is in it */
	image_mbr(b + 64 * 512, 0, 0x83, 8, 16);
}

static void seed_gpt(uint8_t *b)
{
	image_gpt(b, IMAGE_BYTES, 512, 128);
}

/* As probe_fuzz.c has it: a byte for the size and the rest, then what is not zero, in blocks. */
static bool write_seed(const char *path)
{
	FILE *f = fopen(path, "w");
	size_t i;
	bool ok;

	if (!f)
		return false;
	putc(0x80 | (IMAGE_BYTES / (256 * 1024) - 1), f);
	for (size_t at = 0; at < IMAGE_BYTES; at += 128) {
		for (i = 0; i < 128 && !image[at + i]; i++)
			;
		if (i == 128)
			continue;
		for (i = 0; i < 4; i++)
			putc((int)(at >> 8 * i & 0xff), f);
		putc(128, f);
		fwrite(image + at, 1, 128, f);
	}
	ok = !ferror(f);
	return fclose(f) == 0 && ok;
}

static int write_seeds(const char *dir)
{
	static const struct {
		const char *name;
		void (*make)(uint8_t *b);
	} seeds[] = {
		{"ext", seed_ext},    {"md10", seed_md10},      {"md0", seed_md0},
		{"ddf", image_ddf},   {"imsm", image_imsm},     {"lvm", image_lvm},
		{"luks", image_luks}, {"bcache", image_bcache}, {"drbd", image_drbd},
		{"zfs", image_zfs},   {"btrfs", seed_btrfs},    {"mbr", seed_mbr},
		{"gpt", seed_gpt},
	};
	char path[4096];

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		blank();
		seeds[i].make(image);
		snprintf(path, sizeof(path), "%s/%s", dir, seeds[i].name);
		if (!write_seed(path))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),     cmocka_unit_test(test_members),
		cmocka_unit_test(test_several),  cmocka_unit_test(test_part_of_file),
		cmocka_unit_test(test_gpt),      cmocka_unit_test(test_mbr),
		cmocka_unit_test(test_huge_gpt), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_device),
	};
	int rc;

	image = malloc(IMAGE_BYTES);
	if (!image)
		return 1;
	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		rc = write_seeds(argv[2]);
	else
		rc = cmocka_run_group_tests(tests, kit_begin, kit_end);
	free(image);
	return rc;
}
