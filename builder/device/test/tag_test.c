/*
 * Devices found by what is on them: a tree that looks like sysfs and /dev, with files for disks.
 */
#include "builder/fake/kit.h"

#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "builder/describe/tag_spec.h"
#include "builder/device/tag.h"
#include "images.h"

/* The root of the tree; each test has one of its own. */
static char root[PATH_MAX];

/* What guests may write. */
static struct block_owner owners[4];
static size_t nr_owners;

static int find(const char *tag, char *path, size_t size, struct err *e)
{
	const struct block_view view = {.sysroot = root, .owners = owners, .nr_owners = nr_owners};

	return tag_find(&view, tag, path, size, e);
}

static void owned(const char *guest, const char *target, dev_t rdev)
{
	owners[nr_owners++] = (struct block_owner){guest, target, rdev};
}

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
	nr_owners = 0;
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

/* A disk's bytes, of IMAGE_BYTES, made by that function. */
static void mk_image(const char *name, void (*make)(uint8_t *b))
{
	uint8_t *b = calloc(1, IMAGE_BYTES);

	assert_non_null(b);
	make(b);
	mk_file("dev/%s", name, b, IMAGE_BYTES);
	free(b);
}

static void mk_ext(const char *name, uint8_t digit, const char *label)
{
	uint8_t b[4096] = {0};

	image_ext(b, digit, label);
	mk_file("dev/%s", name, b, sizeof(b));
}

static void expect(const char *tag, const char *device)
{
	char path[PATH_MAX];
	struct err e;

	KIT_CHECK(find(tag, path, sizeof(path), &e) == 0, "%s: %s", tag, e.msg);
	assert_string_equal(path, in_root("dev/%s", device));
}

static void expect_none(const char *tag, const char *msg)
{
	char path[PATH_MAX];
	struct err e;

	assert_int_equal(find(tag, path, sizeof(path), &e), 1);
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
	assert_int_equal(find("UUID=", path, sizeof(path), &e), -1);
	assert_string_equal(e.msg, "UUID= is not a tag with a value");
	assert_int_equal(find("/dev/sda", path, sizeof(path), &e), -1);
	assert_int_equal(find("LABEL=raid", path, strlen(root), &e), -1);
	snprintf(root, sizeof(root), "/nowhere");
	assert_int_equal(find("LABEL=raid", path, sizeof(path), &e), -1);
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
	/* That may change: a RAID is made of them, say. */
	assert_int_equal(find("UUID=" UUID_A, path, sizeof(path), &e), 1);
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

	(void)state;
	mk_root("skipped");
	for (size_t i = 0; i < 4; i++) {
		name[2] = (char)('0' + i);
		mk_device(name, numbers[i], "100\n", "");
		mk_ext(name, 0x11, "root");
	}
	mk_device("vda", "254:0\n", "0\n", "DEVNAME=vda\n");
	mk_ext("vda", 0x11, "root");
	expect_none("LABEL=root", "no device has LABEL=root");
	mk_text("sys/devices/x/block/%s/size", "vda", "8\n");
	expect("LABEL=root", "vda");
	assert_int_equal(unlink(in_root("sys/devices/x/block/%s/dev", "vda")), 0);
	expect_none("LABEL=root", "no device has LABEL=root");
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
		 strerror(EINVAL));
	expect_none("LABEL=data", msg);
}

static void mk_gpt(const char *name, unsigned sector)
{
	uint8_t *b = calloc(1, IMAGE_BYTES);

	assert_non_null(b);
	image_gpt(b, IMAGE_BYTES, sector, 128);
	mk_file("dev/%s", name, b, IMAGE_BYTES);
	free(b);
}

static void mk_partition(const char *name, const char *number, const char *start, const char *size)
{
	mk_device(name, number, size, "");
	mk_text("sys/devices/x/block/%s/start", name, start);
}

static void make_mbr(uint8_t *b)
{
	image_mbr(b, 0xc04fdcff, 0x83, 64, 128);
}

static void mk_partitions(void)
{
	mk_device("sda", "8:0\n", "4096\n", "DEVNAME=sda\n");
	mk_dir("sys/devices/x/block/%s/queue", "sda");
	mk_text("sys/devices/x/block/%s/queue/logical_block_size", "sda", "4096\n");
	mk_gpt("sda", 4096);
	mk_partition("sda/sda1", "8:1\n", "320\n", "64\n");
	mk_partition("sda/sda2", "8:2\n", "384\n", "64\n");
	mk_partition("sda/sda3", "8:3\n", "448\n", "72\n");
	mk_ext("sda1", 0x55, "one");
	mk_ext("sda2", 0x66, "two");
	mk_text("dev/%s", "sda3", "");
}

static void test_partitions(void **state)
{
	(void)state;
	mk_root("parts");
	mk_partitions();
	mk_device("sdb", "8:16\n", "4096\n", "DEVNAME=sdb\n");
	mk_partition("sdb/sdb1", "8:17\n", "64\n", "128\n");
	mk_image("sdb", make_mbr);
	mk_text("dev/%s", "sdb1", "");
	expect("PARTUUID=" UUID_A, "sda1");
	expect("PARTUUID=" UUID_B, "sda2");
	expect("PARTLABEL=a", "sda1");
	expect("PARTLABEL=\xe4\xb9\xa2", "sda2");
	expect("PARTUUID=C04FDCFF-01", "sdb1");
	/* The third has another size than the table says: the kernel has not read this table. */
	expect_none("PARTLABEL=c", "no device has PARTLABEL=c");
	/* Only the table knows the fourth. */
	expect_none("PARTLABEL=d", "no device has PARTLABEL=d");
	expect("LABEL=two", "sda2");
}

/* The file system of a disk that has been partitioned since does not count. */
static void test_partitioned(void **state)
{
	char msg[2 * PATH_MAX];

	(void)state;
	mk_root("partitioned");
	mk_device("sda", "8:0\n", "4096\n", "DEVNAME=sda\n");
	mk_ext("sda", 0x11, "old");
	expect("LABEL=old", "sda");
	mk_partition("sda/sda1", "8:1\n", "64\n", "128\n");
	mk_text("dev/%s", "sda1", "");
	snprintf(msg, sizeof(msg),
		 "no device has LABEL=old but %.100s, which is left out: it has partitions",
		 in_root("dev/%s", "sda"));
	expect_none("LABEL=old", msg);
}

static void make_mirror(uint8_t *b)
{
	image_ext(b, 0x11, "root");
	image_md1(b, MD_10);
}

static void make_partitioned_mirror(uint8_t *b)
{
	make_mbr(b);
	image_md1(b, MD_10);
}

static void make_two(uint8_t *b)
{
	image_ext(b, 0x11, "root");
	image_btrfs(b, 1);
}

static void make_two_disks(uint8_t *b)
{
	image_btrfs(b, 2);
}

static void expect_left_out(const char *tag, const char *device, const char *why)
{
	char msg[2 * PATH_MAX];

	snprintf(msg, sizeof(msg), "no device has %.100s but %.100s, which is left out: %.150s",
		 tag, in_root("dev/%s", device), why);
	expect_none(tag, msg);
}

/* Half of a mirror whose metadata is at its end begins as the mirror does. To write it is to lose
 * the other half. */
static void test_members(void **state)
{
	(void)state;
	mk_root("members");
	mk_device("sda", "8:0\n", "4096\n", "");
	mk_image("sda", make_mirror);
	expect_none("UUID=" UUID_A, "no device has UUID=" UUID_A);
	expect_none("LABEL=root", "no device has LABEL=root");
	expect_left_out("LABEL=host:0", "sda", "not a file system by itself (linux_raid_member)");
	mk_image("sda", image_luks);
	expect_left_out("UUID=" UUID_A, "sda", "not a file system by itself (crypto_LUKS)");
	mk_image("sda", image_bcache);
	expect_left_out("UUID=" UUID_A, "sda", "not a file system by itself (bcache)");
	mk_image("sda", make_two_disks);
	expect_left_out("UUID=" UUID_A, "sda", "not a file system by itself (btrfs)");
	mk_image("sda", make_two);
	expect_none("UUID=" UUID_A, "no device has UUID=" UUID_A);
	mk_ext("sda", 0x11, "root");
	expect("UUID=" UUID_A, "sda");
}

/* The kernel shows the partitions of a mirror on each of its halves. */
static void test_partition_of_member(void **state)
{
	char why[128];

	(void)state;
	mk_root("member-parts");
	mk_device("sda", "8:0\n", "4096\n", "");
	mk_image("sda", make_mbr);
	mk_partition("sda/sda1", "8:1\n", "64\n", "128\n");
	mk_ext("sda1", 0x11, "root");
	expect("UUID=" UUID_A, "sda1");
	expect("PARTUUID=c04fdcff-01", "sda1");
	mk_image("sda", make_partitioned_mirror);
	expect_left_out("UUID=" UUID_A, "sda1", "on sda, which is a member (linux_raid_member)");
	expect_none("PARTUUID=c04fdcff-01", "no device has PARTUUID=c04fdcff-01");
	/* Nor can it be told of one that can't be read. */
	assert_int_equal(rename(in_root("dev/%s", "sda"), in_root("dev/%s", "away")), 0);
	snprintf(why, sizeof(why), "on sda, which cannot be read: %s", strerror(ENOENT));
	expect_left_out("UUID=" UUID_A, "sda1", why);
	assert_int_equal(rename(in_root("dev/%s", "away"), in_root("dev/%s", "sda")), 0);
	/* With the mirror made of them, the kernel says it, too. */
	mk_image("sda", make_mbr);
	mk_text("sys/devices/x/block/%s/holders/md0", "sda", "");
	expect_none("UUID=" UUID_A, "no device has UUID=" UUID_A);
}

static void expect_guests(const char *tag, const char *device, const char *guest)
{
	char msg[2 * PATH_MAX];

	snprintf(msg, sizeof(msg),
		 "no device has %.100s (left out: %.100s, which guest %s may write)", tag,
		 in_root("dev/%s", device), guest);
	expect_none(tag, msg);
}

/*
 * A guest can put another guest's tag on what it can write. That must neither give it that guest's
 * disk nor keep that guest from its own.
 */
static void test_guests_disk(void **state)
{
	(void)state;
	mk_root("guests");
	mk_device("vda", "254:0\n", "100\n", "");
	mk_device("vdb", "254:16\n", "100\n", "");
	mk_ext("vda", 0x11, "root");
	mk_ext("vdb", 0x11, "root");
	owned("a", "/dev/vdb", 0);
	expect("UUID=" UUID_A, "vda");
	/* By a link as well. */
	nr_owners = 0;
	mk_dir("dev/disk/%s", "by-id");
	assert_int_equal(symlink("../../vdb", in_root("dev/disk/by-id/%s", "x")), 0);
	owned("a", "/dev/disk/by-id/x", 0);
	expect("UUID=" UUID_A, "vda");
	/* One that has it in use, by whatever name. */
	nr_owners = 0;
	owned("a", NULL, makedev(254, 16));
	expect("UUID=" UUID_A, "vda");
	mk_text("dev/%s", "vda", "");
	expect_guests("UUID=" UUID_A, "vdb", "a");
	/* A guest's target that is itself a tag is not taken for a device of that guest. */
	nr_owners = 0;
	owned("a", "UUID=" UUID_A, 0);
	expect("UUID=" UUID_A, "vdb");
}

/* A whole disk of a guest's: its partitions, and what dom0 makes of them. */
static void test_guests_partitions(void **state)
{
	(void)state;
	mk_root("guests-parts");
	mk_partitions();
	mk_device("dm-0", "253:0\n", "100\n", "");
	mk_device("dm-1", "253:1\n", "100\n", "");
	mk_ext("dm-0", 0x77, "volume");
	mk_ext("dm-1", 0x88, "snapshot");
	expect("LABEL=snapshot", "dm-1");
	mk_dir("sys/devices/x/block/%s/slaves", "dm-0");
	mk_dir("sys/devices/x/block/%s/slaves", "dm-1");
	mk_text("sys/devices/x/block/%s/slaves/sda2", "dm-0", "");
	mk_text("sys/devices/x/block/%s/slaves/dm-0", "dm-1", "");
	expect("LABEL=snapshot", "dm-1");
	owned("a", "/dev/sda", 0);
	expect_guests("LABEL=one", "dm-0", "a");
	expect_guests("PARTUUID=" UUID_A, "dm-0", "a");
	expect_guests("LABEL=volume", "dm-0", "a");
	expect_guests("LABEL=snapshot", "dm-0", "a");
	/* A partition of a guest's: not the others beside it. */
	nr_owners = 0;
	owned("a", "/dev/sda2", 0);
	expect("LABEL=one", "sda1");
	expect("PARTUUID=" UUID_A, "sda1");
	expect_guests("LABEL=two", "dm-0", "a");
	expect_left_out("PARTUUID=" UUID_B, "sda2", "guest a may write it");
	expect_guests("LABEL=snapshot", "dm-0", "a");
	/* The same by its id, which no guest can change; what is on it can be anything. */
	nr_owners = 0;
	owned("a", "PARTUUID=" UUID_B, 0);
	expect("LABEL=one", "sda1");
	expect("PARTUUID=" UUID_B, "sda2");
	expect_guests("LABEL=two", "dm-0", "a");
	nr_owners = 0;
	owned("a", "PARTLABEL=\xe4\xb9\xa2", 0);
	expect_guests("LABEL=two", "dm-0", "a");
	expect("PARTLABEL=\xe4\xb9\xa2", "sda2");
	/* The ids in a table on what dom0 makes of it are the guest's word. */
	mk_device("mda", "9:0\n", "4096\n", "");
	mk_dir("sys/devices/x/block/%s/queue", "mda");
	mk_text("sys/devices/x/block/%s/queue/logical_block_size", "mda", "4096\n");
	mk_gpt("mda", 4096);
	mk_partition("mda/mda1", "259:1\n", "320\n", "64\n");
	mk_text("dev/%s", "mda1", "");
	mk_dir("sys/devices/x/block/%s/slaves", "mda");
	mk_text("sys/devices/x/block/%s/slaves/sda2", "mda", "");
	expect("PARTUUID=" UUID_A, "sda1");
}

/* The disk of a partition that a guest may write. */
static void test_guests_whole_disk(void **state)
{
	(void)state;
	mk_root("guests-whole");
	mk_device("sda", "8:0\n", "4096\n", "");
	mk_ext("sda", 0x11, "whole");
	expect("LABEL=whole", "sda");
	mk_partition("sda/sda1", "8:1\n", "64\n", "128\n");
	mk_text("dev/%s", "sda1", "");
	owned("a", "/dev/sda1", 0);
	expect_left_out("LABEL=whole", "sda", "guest a may write its sda1");
}

/* A guest's path is a link that udev has not made yet: it may lead to what was found. */
static void test_links_to_come(void **state)
{
	char msg[2 * PATH_MAX];

	(void)state;
	mk_root("links");
	mk_device("vdb", "254:16\n", "100\n", "");
	mk_ext("vdb", 0x11, "root");
	owned("a", "/dev/disk/by-id/x", 0);
	snprintf(msg, sizeof(msg),
		 "LABEL=root is on %.100s, which may be guest a's /dev/disk/by-id/x: that is not "
		 "there "
		 "to tell",
		 in_root("dev/%s", "vdb"));
	expect_none("LABEL=root", msg);
	/* All of the device's links are there. */
	mk_dir("run/udev/%s", "data");
	mk_text("run/udev/data/%s", "b254:16", "I:1\n");
	expect("LABEL=root", "vdb");
	/* ... and of a partition's disk. */
	mk_partitions();
	mk_text("run/udev/data/%s", "b8:1", "I:1\n");
	snprintf(msg, sizeof(msg),
		 "LABEL=one is on %.100s, which may be guest a's /dev/disk/by-id/x: that is not "
		 "there "
		 "to tell",
		 in_root("dev/%s", "sda1"));
	expect_none("LABEL=one", msg);
	mk_text("run/udev/data/%s", "b8:0", "I:1\n");
	expect("LABEL=one", "sda1");
	/* Paths of guests that do not matter: a device that is not there, and a file. */
	nr_owners = 0;
	assert_int_equal(unlink(in_root("run/udev/data/%s", "b254:16")), 0);
	owned("a", "/dev/vdc", 0);
	owned("b", "/images/x.img", 0);
	expect("LABEL=root", "vdb");
}

/* udev's links are not asked: there is one for members, too, and for what guests write. */
static void test_no_links(void **state)
{
	(void)state;
	mk_root("by-uuid");
	mk_dir("dev/disk/%s", "by-uuid");
	mk_ext("sda1", 0x11, "root");
	assert_int_equal(symlink("../../sda1", in_root("dev/disk/by-uuid/%s", UUID_A)), 0);
	expect_none("UUID=" UUID_A, "no device has UUID=" UUID_A);
}

/* Each allocation fails once, libblkid's included where it is linked in. */
static void test_memory(void **state)
{
	char path[PATH_MAX];
	struct err e;
	int rc = -1;
	unsigned n;

	(void)state;
	mk_root("memory");
	mk_device("vda", "254:0\n", "100\n", "");
	mk_ext("vda", 0x11, "root");
	for (n = 1; rc; n++) {
		assert_true(n < 200);
		fake_alloc_fail_at(n);
		rc = find("LABEL=root", path, sizeof(path), &e);
		fake_alloc_fail_at(0);
		if (rc)
			KIT_CHECK(strstr(e.msg, "ut of memory"), "%u: %s", n, e.msg);
	}
	assert_true(n > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_file_systems),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_partitioned),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_partition_of_member),
		cmocka_unit_test(test_guests_disk),
		cmocka_unit_test(test_guests_partitions),
		cmocka_unit_test(test_guests_whole_disk),
		cmocka_unit_test(test_links_to_come),
		cmocka_unit_test(test_no_links),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
