/*
 * Devices found by what is on them: a tree that looks like sysfs and /dev, with files for disks.
 */
#include "builder/fake/kit.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "builder/device/superblock.h"
#include "builder/device/tag.h"

#define UUID_A "11111111-1111-1111-1111-111111111111"
#define UUID_B "22222222-2222-2222-2222-222222222222"

/* The root of the tree; each test has one of its own. */
static char root[PATH_MAX];

static const char *in_root(const char *fmt, const char *name)
{
	static char buf[4][PATH_MAX + 256];
	static unsigned turn;
	char *p = buf[turn++ % 4], rest[256];

	snprintf(rest, sizeof(rest), fmt, name);
	snprintf(p, sizeof(buf[0]), "%s/%s", root, rest);
	return p;
}

static void mk_dir(const char *fmt, const char *name)
{
	char path[PATH_MAX + 256], *slash;

	snprintf(path, sizeof(path), "%s", in_root(fmt, name));
	for (slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	mkdir(path, 0700);
}

static void mk_file(const char *fmt, const char *name, const void *data, size_t len)
{
	FILE *f = fopen(in_root(fmt, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void mk_text(const char *fmt, const char *name, const char *text)
{
	mk_file(fmt, name, text, strlen(text));
}

static void mk_root(const char *name)
{
	snprintf(root, sizeof(root), "%s", kit_path(name));
	mk_dir("sys/class/block", "");
	mk_dir("dev", "");
}

/* A block device of sysfs; name is that of a disk ("sda") or "sda/sda1". */
static void mk_device(const char *name, const char *number, const char *size, const char *uevent)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	char target[256];

	mk_dir("sys/devices/x/block/%s/holders", name);
	mk_text("sys/devices/x/block/%s/dev", name, number);
	mk_text("sys/devices/x/block/%s/size", name, size);
	mk_text("sys/devices/x/block/%s/uevent", name, uevent);
	if (slash)
		mk_text("sys/devices/x/block/%s/partition", name, base + 3);
	snprintf(target, sizeof(target), "../../devices/x/block/%s", name);
	assert_int_equal(symlink(target, in_root("sys/class/block/%s", base)), 0);
}

/* An ext4 with a uuid of that digit throughout. */
static void mk_ext(const char *name, uint8_t digit, const char *label)
{
	uint8_t b[4096] = {0};

	b[1080] = 0x53;
	b[1081] = 0xef;
	memset(b + 1128, digit, 16);
	memcpy(b + 1144, label, strlen(label));
	mk_file("dev/%s", name, b, sizeof(b));
}

static void expect(const char *tag, const char *device)
{
	char path[PATH_MAX];
	struct err e;

	KIT_CHECK(!tag_find(root, tag, path, sizeof(path), &e), "%s: %s", tag, e.msg);
	assert_string_equal(path, in_root("dev/%s", device));
}

static void expect_none(const char *tag, const char *msg)
{
	char path[PATH_MAX];
	struct err e;

	assert_int_equal(tag_find(root, tag, path, sizeof(path), &e), 1);
	assert_string_equal(e.msg, msg);
}

static void test_is(void **state)
{
	(void)state;
	assert_true(tag_value("UUID=x") && tag_value("LABEL=x") && tag_value("PARTUUID=") &&
		    tag_value("PARTLABEL=a b"));
	assert_false(tag_value("/dev/sda") || tag_value("UUID") || tag_value("uuid=x") ||
		     tag_value("") || tag_value("XUUID=x"));
}

static void test_file_systems(void **state)
{
	char path[PATH_MAX];
	struct err e;

	(void)state;
	mk_root("fs");
	mk_device("sda", "8:0\n", "100\n", "DEVNAME=sda\nDEVTYPE=disk\n");
	mk_device("sda/sda1", "8:1\n", "100\n", "DEVNAME=sda1\nDEVTYPE=partition\nPARTN=1\n");
	mk_device("vdb", "254:16\n", "100\n", "DEVNAME=vdb");
	mk_device("cciss!c0d0", "104:0\n", "100\n", "MAJOR=104\nDEVNAME=cciss/c0d0\n");
	mk_text("dev/%s", "sda", "no file system");
	mk_ext("sda1", 0x11, "root");
	mk_ext("vdb", 0xab, "my data");
	mk_dir("dev/%s", "cciss");
	mk_ext("cciss/c0d0", 0x33, "raid");
	expect("UUID=" UUID_A, "sda1");
	expect("LABEL=root", "sda1");
	expect("UUID=ABABABAB-abab-abab-ABAB-abababababab", "vdb");
	expect("LABEL=my data", "vdb");
	expect("LABEL=raid", "cciss/c0d0");
	expect_none("UUID=" UUID_B, "no device has UUID=" UUID_B);
	expect_none("LABEL=Root", "no device has LABEL=Root");
	expect_none("PARTUUID=" UUID_A, "no device has PARTUUID=" UUID_A);
	assert_int_equal(tag_find(root, "UUID=", path, sizeof(path), &e), -1);
	assert_string_equal(e.msg, "UUID= is not a tag with a value");
	assert_int_equal(tag_find(root, "/dev/sda", path, sizeof(path), &e), -1);
	assert_int_equal(tag_find(root, "LABEL=raid", path, strlen(root), &e), -1);
	assert_int_equal(tag_find("/nowhere", "LABEL=raid", path, sizeof(path), &e), -1);
	assert_non_null(strstr(e.msg, "cannot look for devices in /nowhere/sys/class/block: "));
}

/* Two of the same name must not be mistaken for each other. */
static void test_twice(void **state)
{
	char path[PATH_MAX], msg[3 * PATH_MAX];
	struct err e;

	(void)state;
	mk_root("twice");
	mk_device("vda", "254:0\n", "100\n", "DEVNAME=vda\n");
	mk_device("vdb", "254:16\n", "100\n", "DEVNAME=vdb\n");
	mk_device("vdc", "254:32\n", "100\n", "DEVNAME=vdc\n");
	mk_ext("vda", 0x11, "root");
	mk_ext("vdb", 0x22, "copy");
	mk_ext("vdc", 0x11, "copy");
	assert_int_equal(tag_find(root, "UUID=" UUID_A, path, sizeof(path), &e), -1);
	snprintf(msg, sizeof(msg),
		 "UUID=" UUID_A " is on more than one device: %s/dev/vda and %s/dev/vdc", root,
		 root);
	assert_string_equal(e.msg, msg);
	kit_good_message(&e);
	expect("UUID=" UUID_B, "vdb");
	/* A part of a mirror, say, is not what is meant. */
	mk_text("sys/devices/x/block/%s/holders/md0", "vda", "");
	expect("UUID=" UUID_A, "vdc");
}

/* What is not looked at: no size, and kinds of devices. */
static void test_skipped(void **state)
{
	static const char *const numbers[] = {"1:0\n", "2:0\n", "7:3\n", "11:0\n"};
	char name[8] = "dv0";
	size_t i;

	(void)state;
	mk_root("skipped");
	for (i = 0; i < 4; i++) {
		name[2] = (char)('0' + i);
		mk_device(name, numbers[i], "100\n", "");
		mk_ext(name, 0x11, "root");
	}
	mk_device("vda", "254:0\n", "0\n", "DEVNAME=vda\n");
	mk_ext("vda", 0x11, "root");
	expect_none("LABEL=root", "no device has LABEL=root");
	mk_text("sys/devices/x/block/%s/size", "vda", "8\n");
	expect("LABEL=root", "vda");
}

/* A device that can't be read is not the one, and may be the reason. */
static void test_unread(void **state)
{
	char msg[2 * PATH_MAX];

	(void)state;
	mk_root("unread");
	mk_device("vda", "254:0\n", "100\n", "DEVNAME=vda\n");
	mk_device("vdb", "254:16\n", "100\n", "DEVNAME=vdb\n");
	mk_ext("vdb", 0x11, "root");
	snprintf(msg, sizeof(msg), "no device has LABEL=data (cannot read %s/dev/vda: %s)", root,
		 strerror(ENOENT));
	expect_none("LABEL=data", msg);
	expect("LABEL=root", "vdb");
	assert_int_equal(mkdir(in_root("dev/%s", "vda"), 0700), 0);
	snprintf(msg, sizeof(msg), "no device has LABEL=data (cannot read %s/dev/vda: %s)", root,
		 strerror(EISDIR));
	expect_none("LABEL=data", msg);
}

static void put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v)); /* little-endian, as this machine */
}

/* A GPT of 4 partitions on a disk with sectors of that size. */
static void mk_gpt(const char *name, unsigned sector)
{
	uint8_t *b = calloc(64, 1024), *h = b + sector, *entries = b + (size_t)2 * sector;
	size_t i;

	assert_non_null(b);
	b[450] = 0xee;
	b[510] = 0x55;
	b[511] = 0xaa;
	for (i = 0; i < 4; i++) {
		memset(entries + 128 * i, 0xaf, 16);
		memset(entries + 128 * i + 16, (int)(0x11 * (i + 1)), 16);
		entries[128 * i + 56] = (uint8_t)('a' + i);
	}
	entries[128 + 57] = 0x4e; /* the second one's name is not ASCII */
	memcpy(h, "EFI PART", 8);
	put32(h + 12, 92);
	put32(h + 24, 1);
	put32(h + 72, 2);
	put32(h + 80, 4);
	put32(h + 84, 128);
	put32(h + 88, (uint32_t)crc32(0, entries, 4 * 128));
	put32(h + 16, (uint32_t)crc32(0, h, 92));
	mk_file("dev/%s", name, b, 64 * 1024);
	free(b);
}

static void test_partitions(void **state)
{
	uint8_t mbr[1024] = {0};

	(void)state;
	mk_root("parts");
	mk_device("sda", "8:0\n", "128\n", "DEVNAME=sda\n");
	mk_dir("sys/devices/x/block/%s/queue", "sda");
	mk_text("sys/devices/x/block/%s/queue/logical_block_size", "sda", "4096\n");
	mk_gpt("sda", 4096);
	mk_device("sda/sda1", "8:1\n", "8\n", "DEVNAME=sda1\nPARTN=1\nPARTNAME=a\n");
	mk_device("sda/sda2", "8:2\n", "8\n", "DEVNAME=sda2\nPARTN=2\nPARTNAME=b\n");
	mk_device("sda/sda3", "8:3\n", "8\n",
		  "DEVNAME=sda3\nPARTN=3\nPARTUUID=33333333-0000-0000-0000-000000000003");
	mk_device("sdb", "8:16\n", "2\n", "DEVNAME=sdb\n");
	mk_dir("sys/devices/x/block/%s/queue", "sdb");
	mk_text("sys/devices/x/block/%s/queue/logical_block_size", "sdb", "512\n");
	mk_device("sdb/sdb5", "8:21\n", "8\n", "DEVNAME=sdb5\nPARTN=5\n");
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	put32(mbr + 440, 0xc04fdcff);
	mk_file("dev/%s", "sdb", mbr, sizeof(mbr));
	expect("PARTUUID=" UUID_A, "sda1");
	expect("PARTUUID=" UUID_B, "sda2");
	expect("PARTLABEL=a", "sda1");
	expect("PARTLABEL=\xe4\xb9\xa2", "sda2");
	expect("PARTLABEL=b", "sda2"); /* the kernel's writing of it */
	expect("PARTLABEL=c", "sda3");
	/* The kernel's word, where it has one, counts. */
	expect("PARTUUID=33333333-0000-0000-0000-000000000003", "sda3");
	expect_none("PARTUUID=33333333-3333-3333-3333-333333333333",
		    "no device has PARTUUID=33333333-3333-3333-3333-333333333333");
	expect("PARTUUID=C04FDCFF-05", "sdb5");
	expect_none("PARTLABEL=d", "no device has PARTLABEL=d"); /* in the table alone */
}

static void test_links(void **state)
{
	(void)state;
	mk_root("links");
	mk_dir("dev/disk/%s", "by-uuid");
	mk_dir("dev/disk/%s", "by-label");
	mk_ext("sda1", 0x11, "root");
	assert_int_equal(symlink("../../sda1", in_root("dev/disk/by-uuid/%s", "2020-01-01")), 0);
	assert_int_equal(
		symlink("../../sda1", in_root("dev/disk/by-label/%s", "a\\x20b\\x2f\xc3\xa9")), 0);
	assert_int_equal(symlink("../../gone", in_root("dev/disk/by-label/%s", "gone")), 0);
	expect("UUID=2020-01-01", "sda1");
	expect("LABEL=a b/\xc3\xa9", "sda1");
	expect_none("LABEL=gone", "no device has LABEL=gone");
	expect_none("LABEL=../sda1", "no device has LABEL=../sda1");
	expect_none("LABEL=..", "no device has LABEL=..");
	/* A link never counts for more than what is on the devices. */
	mk_device("vda", "254:0\n", "100\n", "DEVNAME=vda\n");
	mk_ext("vda", 0x44, "2020");
	assert_int_equal(symlink("../../sda1", in_root("dev/disk/by-label/%s", "2020")), 0);
	expect("LABEL=2020", "vda");
}

static void test_memory(void **state)
{
	char path[PATH_MAX];
	struct err e;
	int rc;

	(void)state;
	mk_root("memory");
	fake_alloc_fail_at(1);
	rc = tag_find(root, "LABEL=x", path, sizeof(path), &e);
	fake_alloc_fail_at(0);
	assert_int_equal(rc, -1);
	assert_string_equal(e.msg, "out of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is),     cmocka_unit_test(test_file_systems),
		cmocka_unit_test(test_twice),  cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_unread), cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_links),  cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
