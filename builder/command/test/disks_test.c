/*
 * earlydom disks: image files, and a tree that looks like sysfs and /dev, with files for disks
 * (DISKS_SYSROOT), beside a supervisor's records (RUNDIR).
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/command/commands.h"
#include "builder/device/test/images.h"

static struct kit_output o;

static void disks(int status, const char *a, const char *b, const char *c)
{
	const char *argv[] = {"disks", a, b, c, NULL};

	kit_command(command_disks, argv, &o);
	KIT_CHECK(o.status == status, "%d: %s", o.status, o.err);
}

static uint8_t *new_image(void)
{
	uint8_t *b = calloc(1, IMAGE_BYTES);

	assert_non_null(b);
	return b;
}

static void write_image(const char *name, uint8_t *b)
{
	kit_write(name, b, IMAGE_BYTES);
	free(b);
}

static void mk_dirs(const char *path)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "mkdir -p '%s'", path);
	assert_int_equal(system(command), 0);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void mk_device(const char *name, const char *number, const char *size)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "disks/sys/devices/%s", name);
	mk_dirs(path);
	snprintf(path, sizeof(path), "disks/sys/devices/%s/dev", name);
	put(path, number);
	snprintf(path, sizeof(path), "disks/sys/devices/%s/size", name);
	put(path, size);
	snprintf(path, sizeof(path), "disks/sys/class/block/%s", name);
	snprintf(target, sizeof(target), "../../devices/%s", name);
	assert_int_equal(symlink(target, path), 0);
}

/* vda has a file system and is mounted, vdb the metadata of a mirror, vdc is a guest's, loop0 a
 * loop device, vdd empty. */
static int begin(void **state)
{
	uint8_t *b;

	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	mk_dirs("disks/sys/class/block");
	mk_dirs("disks/dev");
	mk_dirs("disks/proc/self");
	mk_dirs("run/guests");
	mk_device("vda", "254:0\n", "4096\n");
	mk_device("vdb", "254:16\n", "4096\n");
	mk_device("vdc", "254:32\n", "4096\n");
	mk_device("vdd", "254:48\n", "0\n");
	mk_device("loop0", "7:0\n", "4096\n");
	b = new_image();
	image_ext(b, 0x11, "my data");
	write_image("disks/dev/vda", b);
	b = new_image();
	image_ext(b, 0x11, "my data");
	image_md1(b, MD_10);
	write_image("disks/dev/vdb", b);
	b = new_image();
	image_ext(b, 0x11, "my data");
	write_image("disks/dev/vdc", b);
	put("disks/proc/self/mountinfo",
	    "1 1 0:2 / / rw - rootfs rootfs rw\n"
	    "20 1 254:0 / /mnt/a\\040b rw,relatime shared:3 - ext2 /dev/vda rw\n");
	put("run/guests/web", "name=web\nstate=running\ndisk=xvda rw /dev/vdc\n"
			      "disk=xvdb ro /dev/vda\ncause=x\n");
	return 0;
}

static void test_all(void **state)
{
	(void)state;
	disks(EXIT_OK, NULL, NULL, NULL);
	assert_string_equal(o.err, "");
	assert_string_equal(o.out, "disks/dev/loop0: 2048 KiB\n"
				   "    left out: a RAM, floppy, loop or optical disk\n"
				   "disks/dev/vda: 2048 KiB, ext2\n"
				   "    UUID=" UUID_A "\n"
				   "    LABEL=my data\n"
				   "    mounted on /mnt/a\\x5c040b\n"
				   "disks/dev/vdb: 2048 KiB, linux_raid_member\n"
				   "    UUID=99999999-9999-9999-9999-999999999999\n"
				   "    LABEL=host:0\n"
				   "    not found by UUID= and LABEL=: not a file system by itself "
				   "(linux_raid_member)\n"
				   "disks/dev/vdc: 2048 KiB\n"
				   "    left out: guest web may write it\n"
				   "disks/dev/vdd: 0 KiB\n"
				   "    left out: empty\n");
}

static void test_json(void **state)
{
	(void)state;
	disks(EXIT_OK, "--json", NULL, NULL);
	assert_non_null(strstr(o.out, "    {\n"
				      "        \"path\": \"disks/dev/vdc\",\n"
				      "        \"size\": 2097152,\n"
				      "        \"guest\": \"web\",\n"
				      "        \"left_out\": \"guest web may write it\"\n"
				      "    }"));
	assert_non_null(strstr(o.out, "        \"uuid\": \"" UUID_A "\",\n"
				      "        \"label\": \"my data\",\n"
				      "        \"mounted\": \"/mnt/a\\\\040b\"\n"));
	assert_non_null(strstr(o.out, "        \"no_file_system\": \"not a file system by itself "
				      "(linux_raid_member)\"\n"));
}

/* What a disk says of itself does not reach the terminal as it is. */
static void test_hostile(void **state)
{
	uint8_t *b = new_image();

	(void)state;
	image_ext(b, 0x22, "\x1b[2J\xff\n\"\x07");
	write_image("evil", b);
	disks(EXIT_OK, "evil", NULL, NULL);
	assert_string_equal(o.out, "evil: 2048 KiB, ext2\n"
				   "    UUID=" UUID_B "\n"
				   "    LABEL=\\x1b[2J\\xff\\x0a\"\\x07\n");
	disks(EXIT_OK, "--json", "evil", NULL);
	assert_non_null(strstr(o.out, "\"label\": \"\\u001b[2J\\ufffd\\u000a\\\"\\u0007\""));
}

static void test_partitions(void **state)
{
	uint8_t *b = new_image();

	(void)state;
	image_gpt(b, IMAGE_BYTES, 512, 128);
	image_ext(b + 40 * 512, 0x33, "first");
	write_image("parts", b);
	disks(EXIT_OK, "parts", NULL, NULL);
	assert_memory_equal(o.out, "parts: 2048 KiB\n", 16);
	assert_non_null(strstr(o.out, "parts partition 1: 4 KiB, ext2\n"
				      "    UUID=33333333-3333-3333-3333-333333333333\n"
				      "    LABEL=first\n"
				      "    PARTUUID=" UUID_A "\n"
				      "    PARTLABEL=a\n"
				      "parts partition 2: 4 KiB\n"));
	/* The rest is cut off. */
	assert_int_equal(truncate("parts", 50 * 512), 0);
	disks(EXIT_OK, "parts", NULL, NULL);
	assert_null(strstr(o.out, "parts partition 2"));
	/* In a mirror's half it would be the mirror's. */
	b = new_image();
	image_mbr(b, 1, 0x83, 64, 128);
	write_image("parts", b);
	disks(EXIT_OK, "--json", "parts", NULL);
	assert_non_null(strstr(o.out, "\"partition\": 1,"));
	b = new_image();
	image_mbr(b, 1, 0x83, 64, 128);
	image_md1(b, MD_10);
	write_image("parts", b);
	disks(EXIT_OK, "--json", "parts", NULL);
	assert_null(strstr(o.out, "\"partition\": 1,"));
}

static void test_wrong(void **state)
{
	char want[64];

	(void)state;
	disks(EXIT_FAILED, "none", "disks/dev/vda", "run");
	snprintf(want, sizeof(want), "earlydom: none: %s\n", strerror(ENOENT));
	assert_memory_equal(o.err, want, strlen(want));
	assert_string_equal(o.err + strlen(want),
			    "earlydom: run is neither a block device nor a file\n");
	assert_memory_equal(o.out, "disks/dev/vda: 2048 KiB, ext2\n", 30);
	disks(EXIT_USAGE, "--what", NULL, NULL);
	disks(EXIT_OK, "--help", NULL, NULL);
	assert_string_equal(o.out, "usage: earlydom disks [--json] [DEVICE-OR-IMAGE...]\n");
	assert_int_equal(rename("disks/sys", "disks/away"), 0);
	disks(EXIT_FAILED, NULL, NULL, NULL);
	snprintf(want, sizeof(want), "disks/sys/class/block: %s\n", strerror(ENOENT));
	assert_non_null(strstr(o.err, want));
	assert_int_equal(rename("disks/away", "disks/sys"), 0);
	/* Without a supervisor nobody may write anything. */
	assert_int_equal(rename("run/guests", "run/away"), 0);
	disks(EXIT_OK, NULL, NULL, NULL);
	assert_string_equal(o.err, "");
	assert_null(strstr(o.out, "guest web"));
	assert_int_equal(rename("run/away", "run/guests"), 0);
}

static unsigned short_at; /* the allocation that fails */
static bool was_short;

static int command_short(int argc, char **argv)
{
	int rc;

	fake_alloc_fail_at(short_at);
	rc = command_disks(argc, argv);
	was_short = fake_alloc_failed();
	fake_alloc_fail_at(0);
	return rc;
}

/*
 * Each allocation fails once: it is said, as an error of the command. Without the guests' records
 * the disks are shown all the same.
 */
static void test_no_memory(void **state)
{
	const char *const argv[] = {"disks", NULL};
	unsigned unknown = 0;
	char whole[sizeof(o.out)];

	(void)state;
	disks(EXIT_OK, NULL, NULL, NULL);
	strcpy(whole, o.out);
	was_short = true;
	for (short_at = 1; was_short; short_at++) {
		assert_true(short_at < 1000);
		kit_command(command_short, argv, &o);
		if (o.status == EXIT_OK)
			continue;
		assert_int_equal(o.status, EXIT_FAILED);
		assert_memory_equal(o.err, "earlydom: ", 10);
		KIT_CHECK(strstr(o.err, "ut of memory\n"), "%u: %s", short_at, o.err);
		if (!strcmp(o.err, "earlydom: out of memory\n") && strstr(o.out, "disks/dev/vdd"))
			unknown++;
	}
	/* The last one may have been short in the jail, which has memory of its own. */
	disks(EXIT_OK, NULL, NULL, NULL);
	assert_string_equal(o.out, whole);
	assert_string_equal(o.err, "");
	assert_true(unknown > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),     cmocka_unit_test(test_json),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_wrong),   cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
