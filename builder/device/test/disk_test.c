/*
 * Disks held, with loop devices in the place of real ones; what needs them is skipped, and that is
 * said, where the kernel has none for us.
 */
#include "builder/fake/kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "builder/device/disk.h"
#include "builder/device/loop.h"
#include "images.h"
#include "builder/fake/qcow2_build.h"

static bool have_loop;

/* A block device over the file; it stays as long as it is open. */
static int mk_device(const char *name, bool readonly, char path[LOOP_PATH_MAX], struct err *e)
{
	const struct loop_options o = {.readonly = readonly};
	const int file = open(kit_path(name), (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	const int fd = loop_attach(file, name, &o, path, e);

	close(file);
	return fd;
}

static int begin(void **state)
{
	char path[LOOP_PATH_MAX];
	struct err e;
	int fd;

	if (kit_begin(state) < 0)
		return -1;
	for (fd = 0; fd < 2; fd++) {
		const char *name = fd ? "image2" : "image";

		kit_text(name, "");
		if (truncate(kit_path(name), IMAGE_BYTES))
			return -1;
	}
	fd = mk_device("image", false, path, &e);
	have_loop = fd >= 0;
	if (have_loop)
		close(fd);
	else
		print_message("# no loop devices: %s\n", e.msg);
	return 0;
}

/* The kernel may take a moment to take back a loop device. */
static void settle(const char *name)
{
	struct loop_file f = {.readonly = false};
	char path[LOOP_PATH_MAX];
	struct stat st;
	int i;

	assert_int_equal(stat(kit_path(name), &st), 0);
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	for (i = 0; i < 2000 && loop_find_other(&f, path); i++)
		usleep(1000);
	assert_true(i < 2000);
}

static struct disk_spec spec_of(const char *vdev, const char *target, bool readwrite)
{
	return (struct disk_spec){.vdev = (char *)(uintptr_t)vdev,
				  .target = (char *)(uintptr_t)target,
				  .readwrite = readwrite};
}

static struct disk *hold(struct disk_table *t, const char *guest, const struct disk_spec *spec)
{
	bool absent = true;
	struct err e;
	struct disk *d = disk_hold(t, guest, spec, &absent, &e);

	KIT_CHECK(d, "%s", e.msg);
	assert_false(absent);
	assert_ptr_equal(t->disks, d);
	assert_string_equal(d->guest, guest);
	assert_ptr_equal(d->spec, spec);
	return d;
}

static void refuse(struct disk_table *t, const char *guest, struct disk_spec spec, bool want_absent,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
static void refuse(struct disk_table *t, const char *guest, struct disk_spec spec, bool want_absent,
		   const char *fmt, ...)
{
	const struct disk *before = t->disks;
	bool absent = !want_absent;
	const int next = dup(0);
	char msg[1024];
	struct err e;
	va_list ap;

	close(next);
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	assert_null(disk_hold(t, guest, &spec, &absent, &e));
	assert_string_equal(e.msg, msg);
	kit_good_message(&e);
	assert_int_equal(absent, want_absent);
	assert_ptr_equal(t->disks, before);
	assert_int_equal(dup(0), next); /* nothing is left open */
	close(next);
}

static void test_nothing(void **state)
{
	/* On this machine there may be devices that can't be read, of which it tells, too. */
	const char *no_uuid = "disk xvda: no device has UUID=01234567-no-such";
	const struct disk_spec tag = spec_of("xvda", "UUID=01234567-no-such", true);
	struct disk_table t = {NULL};
	char path[300], fifo[300];
	bool absent = false;
	struct err e;

	(void)state;
	snprintf(path, sizeof(path), "%s", kit_path("none"));
	refuse(&t, "web", spec_of("xvda", path, true), true, "disk xvda: %s: %s", path,
	       strerror(ENOENT));
	refuse(&t, "web", spec_of("xvda", kit_path("image/x"), true), false, "disk xvda: %s: %s",
	       kit_path("image/x"), strerror(ENOTDIR));
	refuse(&t, "web", spec_of("xvdb", NULL, true), false, "disk xvdb: it has no target");
	refuse(&t, "web", spec_of("xvda", "/dev", true), false,
	       "disk xvda: /dev is neither a block device nor a file");
	refuse(&t, "web", spec_of("xvda", "/dev/null", true), false,
	       "disk xvda: /dev/null is neither a block device nor a file");
	snprintf(fifo, sizeof(fifo), "%s", kit_path("fifo"));
	assert_int_equal(mkfifo(fifo, 0600), 0);
	refuse(&t, "web", spec_of("hda", fifo, false), false,
	       "disk hda: %s is neither a block device nor a file", fifo);
	kit_text("small", "image");
	refuse(&t, "web", spec_of("sda", kit_path("small"), false), false,
	       "disk sda: %s: the file has less than a sector", kit_path("small"));
	assert_null(disk_hold(&t, "web", &tag, &absent, &e));
	assert_int_equal(strncmp(e.msg, no_uuid, strlen(no_uuid)), 0);
	assert_true(absent);
	refuse(&t, "web", spec_of("xvda", "LABEL=", true), false,
	       "disk xvda: LABEL= is not a tag with a value");
	disk_drop(&t, NULL);
}

static void test_memory(void **state)
{
	const struct disk_spec spec = spec_of("xvda", "/dev/null", false);
	struct disk_table t = {NULL};
	struct disk *d;
	bool absent = true;
	struct err e;

	(void)state;
	fake_alloc_fail_at(1);
	d = disk_hold(&t, "web", &spec, &absent, &e);
	fake_alloc_fail_at(0);
	assert_null(d);
	assert_string_equal(e.msg, "out of memory");
	assert_false(absent);
}

static void test_image(void **state)
{
	char image[300], text[16];
	struct loop_info64 info;
	struct disk_table t = {NULL};
	struct disk_spec spec;
	struct loop_file behind;
	struct stat st;
	struct disk *d;
	int fd;

	(void)state;
	if (!have_loop)
		skip();
	snprintf(image, sizeof(image), "%s", kit_path("image"));
	spec = spec_of("xvda", image, true);
	d = hold(&t, "web", &spec);
	assert_true(d->loop);
	assert_int_equal(strncmp(d->path, "/dev/loop", 9), 0);
	assert_int_equal(stat(d->path, &st), 0);
	assert_true(S_ISBLK(st.st_mode));
	assert_int_equal(st.st_rdev, d->rdev);
	assert_int_equal(stat(image, &st), 0);
	assert_int_equal(st.st_ino, d->file_ino);
	assert_int_equal(st.st_dev, d->file_dev);
	assert_true(loop_behind(d->fd, &behind) && !behind.readonly);
	assert_int_equal(ioctl(d->fd, LOOP_GET_STATUS64, &info), 0);
	assert_false(info.lo_flags & LO_FLAGS_DIRECT_IO);
	assert_int_equal(pwrite(d->fd, "kept", 5, 0), 5);
	assert_int_equal(fsync(d->fd), 0);
	/* Dom0 can't open it exclusively, a back end can open it. */
	assert_int_equal(open(d->path, O_RDONLY | O_EXCL), -1);
	assert_int_equal(errno, EBUSY);
	fd = open(d->path, O_RDWR);
	assert_true(fd >= 0);
	disk_drop(&t, d);
	assert_null(t.disks);
	/* The back end still has it; with that it goes. */
	assert_true(loop_behind(fd, &behind));
	close(fd);
	settle("image");
	fd = open(image, O_RDONLY);
	assert_int_equal(read(fd, text, 5), 5);
	assert_string_equal(text, "kept");
	close(fd);
	spec.readwrite = false;
	spec.direct_io_safe = true;
	d = hold(&t, "web", &spec);
	assert_true(loop_behind(d->fd, &behind) && behind.readonly);
	assert_int_equal(pwrite(d->fd, "kept", 5, 0), -1);
	disk_drop(&t, d);
	settle("image");
}

static void test_block(void **state)
{
	char path[LOOP_PATH_MAX], readonly[LOOP_PATH_MAX];
	struct disk_table t = {NULL};
	struct disk_spec spec;
	struct disk *d;
	struct stat st;
	struct err e;
	int fd, fd2, claim;

	(void)state;
	if (!have_loop)
		skip();
	fd = mk_device("image", false, path, &e);
	fd2 = mk_device("image2", true, readonly, &e);
	assert_true(fd >= 0 && fd2 >= 0);
	spec = spec_of("xvda", path, true);
	d = hold(&t, "web", &spec);
	assert_false(d->loop);
	assert_string_equal(d->path, path);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(d->rdev, st.st_rdev);
	assert_int_equal(d->whole, st.st_rdev);
	assert_int_equal(pwrite(d->fd, "x", 1, 0), 1);
	disk_drop(&t, d);
	/* In use by dom0: a writer can't have it, a reader can. */
	claim = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(claim >= 0);
	refuse(&t, "web", spec, false,
	       "disk xvda: %s is in use in dom0: mounted, or a part of something that is", path);
	spec.readwrite = false;
	d = hold(&t, "web", &spec);
	assert_int_equal(pwrite(d->fd, "x", 1, 0), -1);
	disk_drop(&t, d);
	close(claim);
	/* Read-only by itself. */
	refuse(&t, "web", spec_of("xvdb", readonly, true), false,
	       "disk xvdb: %s is read-only, and the guest may write it", readonly);
	spec = spec_of("xvdb", readonly, false);
	disk_drop(&t, hold(&t, "web", &spec));
	close(fd2);
	close(fd);
	settle("image");
	settle("image2");
}

/* One writes, or all read: devices, files, and a device over the same file. */
static void test_sharing(void **state)
{
	char image[300], image2[300], again[300], dev[LOOP_PATH_MAX];
	struct disk_spec rw, ro, other, dev_rw, dev_ro;
	struct disk_table t = {NULL};
	struct disk *d, *d2;
	struct err e;
	int fd;

	(void)state;
	if (!have_loop)
		skip();
	snprintf(image, sizeof(image), "%s", kit_path("image"));
	snprintf(image2, sizeof(image2), "%s", kit_path("image2"));
	snprintf(again, sizeof(again), "%s", kit_path("link"));
	assert_int_equal(link(image, again), 0);
	rw = spec_of("xvda", image, true);
	ro = spec_of("xvdb", again, false);
	d = hold(&t, "db", &rw);
	other = spec_of("xvda", image2, true);
	disk_drop(&t, hold(&t, "web", &other)); /* another file is another disk */
	refuse(&t, "web", rw, false, "disk xvda: %s is used by guest db for writing", image);
	refuse(&t, "web", ro, false, "disk xvdb: %s is used by guest db for writing", again);
	refuse(&t, "db", ro, false, "disk xvdb: %s is used by this guest's disk xvda for writing",
	       again);
	/* The loop device of it, by its path. */
	dev_ro = spec_of("xvdc", d->path, false);
	refuse(&t, "web", dev_ro, false, "disk xvdc: %s is used by guest db for writing", d->path);
	disk_drop(&t, d);
	settle("image");

	d = hold(&t, "db", &ro);
	d2 = hold(&t, "web", &ro);
	assert_string_not_equal(d->path, d2->path);
	refuse(&t, "x", rw, false,
	       "disk xvda: %s is used by guest web, and can't be written therefore", image);
	disk_drop(&t, d);
	disk_drop(&t, d2);
	settle("image");

	fd = mk_device("image", false, dev, &e);
	assert_true(fd >= 0);
	refuse(&t, "web", ro, true, "disk xvdb: %s is used by %s", again, dev);
	dev_rw = spec_of("xvda", dev, true);
	d = hold(&t, "db", &dev_rw);
	refuse(&t, "web", ro, false, "disk xvdb: %s is used by guest db as %s for writing", again,
	       dev);
	disk_drop(&t, d);
	dev_ro = spec_of("xvda", dev, false);
	d = hold(&t, "db", &dev_ro);
	d2 = hold(&t, "web", &dev_ro);
	refuse(&t, "x", dev_rw, false,
	       "disk xvda: %s is used by guest web, and can't be written therefore", dev);
	disk_drop(&t, d);
	disk_drop(&t, d2);
	close(fd);
	settle("image");
}

/* An image that QEMU serves is held as the file that it is. */
static void test_qemu_image(void **state)
{
	char image[300], dev[LOOP_PATH_MAX];
	struct disk_table t = {NULL};
	struct disk_spec rw, ro, loop;
	struct disk *d, *d2;
	struct stat st;
	struct err e;
	int fd;

	(void)state;
	snprintf(image, sizeof(image), "%s", kit_path("served"));
	kit_text("served", "");
	assert_int_equal(truncate(image, IMAGE_BYTES), 0);
	rw = spec_of("xvda", image, true);
	rw.qdisk = true;
	rw.format = DISK_QCOW2;
	ro = spec_of("hdc", image, false);
	ro.qdisk = ro.cdrom = true;
	loop = spec_of("xvdb", image, false);
	d = hold(&t, "web", &rw);
	assert_true(d->image && !d->loop);
	assert_int_equal(d->format, DISK_QCOW2);
	assert_string_equal(d->path, image);
	assert_int_equal(d->rdev, 0);
	assert_int_equal(fstat(d->fd, &st), 0);
	assert_int_equal(st.st_ino, d->file_ino);
	assert_int_equal(fcntl(d->fd, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_false(disk_lost(d));
	refuse(&t, "db", ro, false, "disk hdc: %s is used by guest web for writing", image);
	if (have_loop)
		refuse(&t, "db", loop, false, "disk xvdb: %s is used by guest web for writing",
		       image);
	disk_drop(&t, d);
	d = hold(&t, "web", &ro);
	assert_int_equal(fcntl(d->fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	d2 = hold(&t, "db", &ro);
	refuse(&t, "x", rw, false,
	       "disk xvda: %s is used by guest db, and can't be written therefore", image);
	disk_drop(&t, d2);
	disk_drop(&t, d);
	if (have_loop) {
		fd = mk_device("served", false, dev, &e);
		assert_true(fd >= 0);
		refuse(&t, "web", ro, true, "disk hdc: %s is used by %s", image, dev);
		close(fd);
		settle("served");
	}
	d = hold(&t, "web", &ro);
	assert_int_equal(rename(image, kit_path("renamed")), 0);
	assert_false(disk_lost(d));
	assert_int_equal(rename(kit_path("renamed"), image), 0);
	assert_int_equal(unlink(image), 0);
	assert_true(disk_lost(d));
	disk_drop(&t, d);
}

/* A file of a qcow2 image's header. */
static void mk_overlay(const char *name, const char *backing, const char *format)
{
	uint8_t head[QCOW2_BUILD_SIZE];
	FILE *f = fopen(kit_path(name), "w");

	qcow2_build(head, 3, backing, format);
	assert_non_null(f);
	assert_int_equal(fwrite(head, 1, sizeof(head), f), sizeof(head));
	assert_int_equal(fclose(f), 0);
}

static struct disk_spec image_of(const char *vdev, const char *target, enum disk_format format,
				 bool readwrite)
{
	struct disk_spec s = spec_of(vdev, target, readwrite);

	s.qdisk = true;
	s.format = format;
	return s;
}

/* An image is held with those that it is based on, which nobody may write meanwhile. */
static void test_backing(void **state)
{
	char top[300], top2[300], middle[300], base[300], ring[300];
	struct disk_table t = {NULL};
	struct disk_spec over, over2, whole, reader;
	struct disk *d, *d2;
	struct stat st;

	(void)state;
	snprintf(top, sizeof(top), "%s", kit_path("top"));
	snprintf(top2, sizeof(top2), "%s", kit_path("top2"));
	snprintf(middle, sizeof(middle), "%s", kit_path("middle"));
	snprintf(base, sizeof(base), "%s", kit_path("base"));
	snprintf(ring, sizeof(ring), "%s", kit_path("ring"));
	mk_overlay("top", "middle", "qcow2");
	mk_overlay("top2", middle, NULL);
	mk_overlay("middle", "base", "raw");
	/* It is said to be raw: what it looks like is the guest's. */
	mk_overlay("base", "/no/such", NULL);
	mk_overlay("ring", "ring", "qcow2");
	over = image_of("xvda", top, DISK_QCOW2, true);
	over2 = image_of("xvda", top2, DISK_QCOW2, true);
	whole = image_of("xvdb", base, DISK_RAW, true);
	reader = image_of("xvdb", base, DISK_RAW, false);
	d = hold(&t, "web", &over);
	assert_int_equal(d->backing.n, 2);
	assert_string_equal(d->backing.files[0].path, middle);
	assert_string_equal(d->backing.files[1].path, base);
	assert_int_equal(stat(base, &st), 0);
	assert_int_equal(d->backing.files[1].ino, st.st_ino);
	/* Two may be based on one. */
	d2 = hold(&t, "db", &over2);
	refuse(&t, "x", whole, false, "disk xvdb: %s is used by guest db as %s for writing", base,
	       top2);
	disk_drop(&t, hold(&t, "x", &reader));
	disk_drop(&t, d2);
	disk_drop(&t, d);
	d = hold(&t, "x", &whole);
	refuse(&t, "web", over, false, "disk xvda: %s is used by guest x as %s for writing", top,
	       base);
	disk_drop(&t, d);
	refuse(&t, "web", image_of("xvda", ring, DISK_QCOW2, true), false,
	       "disk xvda: %s: more than 16 backing files", ring);
	/* Without a format the file itself tells. */
	mk_overlay("middle", "none", NULL);
	refuse(&t, "web", over2, true, "disk xvda: %s: its backing file %s: %s", middle,
	       kit_path("none"), strerror(ENOENT));
	mk_overlay("top", "json:{}", NULL);
	refuse(&t, "web", over, false, "disk xvda: %s: its backing file 'json:{}' is no path", top);
	mk_overlay("top", "/dev/null", NULL);
	refuse(&t, "web", over, false,
	       "disk xvda: %s: its backing file /dev/null is neither a block device nor a file",
	       top);
}

/* A cdrom drive without a medium, and with another one than it had. */
static void test_media(void **state)
{
	char image[300];
	struct disk_table t = {NULL};
	struct disk_spec spec = spec_of("hdc", NULL, false);
	struct disk *d, *d2;
	struct err e;

	(void)state;
	snprintf(image, sizeof(image), "%s", kit_path("image"));
	spec.cdrom = spec.qdisk = true;
	spec.format = DISK_EMPTY;
	d = hold(&t, "web", &spec);
	assert_int_equal(d->fd, -1);
	assert_int_equal(d->format, DISK_EMPTY);
	assert_string_equal(d->path, "");
	assert_false(disk_lost(d));
	d2 = disk_hold_medium(&t, "web", &spec, image, &e);
	KIT_CHECK(d2, "%s", e.msg);
	assert_true(d2->image && d2->fd >= 0);
	assert_int_equal(d2->format, DISK_RAW);
	assert_string_equal(d2->path, image);
	assert_null(disk_hold_medium(&t, "web", &spec, "/dev/null", &e));
	assert_string_equal(e.msg, "disk hdc: /dev/null is neither a block device nor a file");
	disk_drop(&t, d2);
	d2 = disk_hold_medium(&t, "web", &spec, NULL, &e);
	KIT_CHECK(d2, "%s", e.msg);
	assert_int_equal(d2->format, DISK_EMPTY);
	disk_drop(&t, d2);
	disk_drop(&t, d);
	assert_null(t.disks);
}

static bool add_partition(int fd, int number, long long start)
{
	struct blkpg_partition p = {.start = start, .length = 65536, .pno = number};
	struct blkpg_ioctl_arg arg = {.op = BLKPG_ADD_PARTITION, .datalen = sizeof(p), .data = &p};

	return ioctl(fd, BLKPG, &arg) == 0;
}

/* A partition and the whole of its disk. */
static void test_partitions(void **state)
{
	char dev[LOOP_PATH_MAX], one[LOOP_PATH_MAX + 4], two[LOOP_PATH_MAX + 4];
	struct disk_spec whole, first, second;
	struct disk_table t = {NULL};
	struct loop_info64 info;
	struct disk *d, *d2;
	struct err e;
	int fd;

	(void)state;
	if (!have_loop)
		skip();
	fd = mk_device("image", false, dev, &e);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, LOOP_GET_STATUS64, &info), 0);
	info.lo_flags |= LO_FLAGS_PARTSCAN;
	snprintf(one, sizeof(one), "%sp1", dev);
	snprintf(two, sizeof(two), "%sp2", dev);
	if (ioctl(fd, LOOP_SET_STATUS64, &info) < 0 || !add_partition(fd, 1, 65536) ||
	    !add_partition(fd, 2, 131072) || access(two, F_OK)) {
		close(fd);
		print_message("# no partitions on loop devices: %s\n", strerror(errno));
		skip();
	}
	whole = spec_of("xvda", dev, true);
	first = spec_of("xvda", one, true);
	second = spec_of("xvdb", two, true);
	d = hold(&t, "web", &first);
	assert_true(d->whole != d->rdev);
	d2 = hold(&t, "db", &second); /* another one is another one */
	assert_int_equal(d2->whole, d->whole);
	refuse(&t, "x", whole, false, "disk xvda: %s is used by guest db as %s for writing", dev,
	       two);
	disk_drop(&t, d2);
	disk_drop(&t, d);
	d = hold(&t, "web", &whole);
	refuse(&t, "x", first, false, "disk xvda: %s is used by guest web as %s for writing", one,
	       dev);
	disk_drop(&t, d);
	whole.readwrite = first.readwrite = false;
	d = hold(&t, "web", &whole);
	d2 = hold(&t, "db", &first);
	disk_drop(&t, d);
	disk_drop(&t, d2);
	close(fd);
	settle("image");
}

static void test_mounted(void **state)
{
	char command[700], dev[LOOP_PATH_MAX], at[300];
	struct disk_table t = {NULL};
	struct disk_spec ro, rw;
	struct err e;
	int fd;

	(void)state;
	snprintf(command, sizeof(command), "mke2fs -q -F %s 2>/dev/null", kit_path("image2"));
	snprintf(at, sizeof(at), "%s", kit_path("mnt"));
	mkdir(at, 0700);
	if (!have_loop || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || system(command) != 0) {
		print_message("# no file system to mount\n");
		skip();
	}
	fd = mk_device("image2", false, dev, &e);
	assert_true(fd >= 0);
	if (mount(dev, at, "ext4", 0, NULL) < 0 && mount(dev, at, "ext2", 0, NULL) < 0) {
		close(fd);
		print_message("# cannot mount it: %s\n", strerror(errno));
		skip();
	}
	ro = spec_of("xvda", dev, false);
	rw = spec_of("xvda", dev, true);
	refuse(&t, "web", ro, false, "disk xvda: %s is mounted read-write in dom0", dev);
	refuse(&t, "web", rw, false,
	       "disk xvda: %s is in use in dom0: mounted, or a part of something that is", dev);
	assert_int_equal(mount(NULL, at, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	disk_drop(&t, hold(&t, "web", &ro));
	refuse(&t, "web", rw, false,
	       "disk xvda: %s is in use in dom0: mounted, or a part of something that is", dev);
	assert_int_equal(umount(at), 0);
	disk_drop(&t, hold(&t, "web", &rw));
	close(fd);
	settle("image2");
}

/* A tree with vda and vdb in it, files, which get loop devices as any do. */
static void mk_tagged(const char *root, const char *name, const char *number)
{
	char command[2000], path[400];
	uint8_t b[8192] = {0};
	FILE *f;

	image_ext(b, 0x11, "root");
	snprintf(command, sizeof(command),
		 "cd '%s' && mkdir -p dev sys/devices/%s sys/class/block && "
		 "echo %s >sys/devices/%s/dev && echo 16 >sys/devices/%s/size && "
		 "ln -s ../../devices/%s sys/class/block/%s",
		 root, name, number, name, name, name, name);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/dev/%s", root, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(b, 1, sizeof(b), f), sizeof(b));
	assert_int_equal(fclose(f), 0);
}

/*
 * Guest a has vdb by its path, and has put on it what is on guest b's vda. Whether a's disk is held
 * or not, b gets its own.
 */
static void test_tags(void **state)
{
	char root[300];
	const struct disk_spec path = spec_of("xvda", "/dev/vdb", true);
	const struct disk_spec tag = spec_of("xvda", "UUID=" UUID_A, true);
	struct disk_table t = {NULL};
	struct disk *d;
	struct err e;

	(void)state;
	if (!have_loop)
		skip();
	snprintf(root, sizeof(root), "%s", kit_path("tags"));
	assert_int_equal(mkdir(root, 0700), 0);
	mk_tagged(root, "vda", "254:0");
	mk_tagged(root, "vdb", "254:16");
	t.sysroot = root;
	refuse(&t, "b", tag, true,
	       "disk xvda: UUID=" UUID_A " is on more than one device: %s/dev/vda and %s/dev/vdb",
	       root, root);
	assert_int_equal(disk_reserve(&t, "a", &path, &e), 0);
	assert_int_equal(disk_reserve(&t, "b", &tag, &e), 0);
	d = hold(&t, "b", &tag);
	assert_true(d->loop);
	disk_drop(&t, d);
	settle("tags/dev/vda");
	/* A guest that only reads can't have put it there. */
	disk_table_free(&t);
	assert_int_equal(t.nr_reserved, 0);
	t.sysroot = root;
	refuse(&t, "b", tag, true,
	       "disk xvda: UUID=" UUID_A " is on more than one device: %s/dev/vda and %s/dev/vdb",
	       root, root);
	disk_table_free(&t);
}

/* Image files are those of another root, once there is one; devices are the same in all. */
static void test_root(void **state)
{
	const struct disk_spec file = spec_of("xvda", "/image", false),
			       device = spec_of("xvda", "/dev/null", false);
	struct disk_table t = {.root = kit_path("real")};

	(void)state;
	assert_int_equal(mkdir(kit_path("real"), 0700), 0);
	refuse(&t, "a", file, true, "disk xvda: /image: No such file or directory");
	assert_int_equal(mkdir(kit_path("real/image"), 0700), 0);
	refuse(&t, "a", file, false, "disk xvda: /image is neither a block device nor a file");
	refuse(&t, "a", device, false, "disk xvda: /dev/null is neither a block device nor a file");
}

/* Whether it is still there is asked by its number. */
static void test_lost(void **state)
{
	struct disk d = {.rdev = makedev(4095, 7)};
	DIR *dir = opendir("/sys/dev/block");
	unsigned maj, min;
	struct dirent *e;
	bool some = false;

	(void)state;
	assert_true(disk_lost(&d));
	while (dir && !some && (e = readdir(dir))) {
		if (sscanf(e->d_name, "%u:%u", &maj, &min) != 2)
			continue;
		some = true;
		d.rdev = makedev(maj, min);
		assert_false(disk_lost(&d));
	}
	if (dir)
		closedir(dir);
	if (!some)
		print_message("# this machine has no block device that could be there\n");
}

/* What a guest may write is known while it has it, too, if it got it by a tag. */
static void test_held_by_tag(void **state)
{
	char root[300];
	const struct disk_spec tag = spec_of("xvda", "UUID=" UUID_A, true);
	struct disk_spec held_spec = tag;
	struct disk held = {.guest = "a", .spec = &held_spec, .fd = -1};
	struct disk_table t = {.disks = &held};
	const struct disk_spec again = spec_of("xvdb", "LABEL=root", false);

	(void)state;
	snprintf(root, sizeof(root), "%s", kit_path("held"));
	assert_int_equal(mkdir(root, 0700), 0);
	t.sysroot = root;
	mk_tagged(root, "vda", "254:0");
	held.rdev = makedev(254, 0);
	refuse(&t, "b", again, true,
	       "disk xvdb: no device has LABEL=root (left out: %s/dev/vda, which guest a may "
	       "write)",
	       root);
}

static void test_reserve_memory(void **state)
{
	const struct disk_spec path = spec_of("xvda", "/dev/vdb", true);
	const struct disk_spec readonly = spec_of("xvda", "/dev/vdb", false);
	struct disk_table t = {NULL};
	struct err e;
	int rc;

	(void)state;
	assert_int_equal(disk_reserve(&t, "a", &readonly, &e), 0);
	assert_int_equal(t.nr_reserved, 0);
	fake_alloc_fail_at(1);
	rc = disk_reserve(&t, "a", &path, &e);
	fake_alloc_fail_at(0);
	assert_int_equal(rc, -1);
	assert_string_equal(e.msg, "out of memory");
	assert_int_equal(t.nr_reserved, 0);
	disk_table_free(&t);
}

/* Looks tags up, again and again. */
struct looking {
	struct disk_table *t;
	struct disk_spec spec;
	atomic_bool began, stop;
};

static void *look_up_often(void *arg)
{
	struct looking *l = arg;
	struct err e;
	bool absent;

	while (!atomic_load(&l->stop)) {
		disk_hold(l->t, "looking", &l->spec, &absent, &e);
		atomic_store(&l->began, true);
	}
	return NULL;
}

/* Disks of guests that are started later are reserved while others look for theirs; each counts
 * once, however often its start fails. */
static void test_reserve_meanwhile(void **state)
{
	char sysroot[256], command[320], targets[200][16];
	struct disk_table t = {.sysroot = sysroot};
	struct looking l = {.t = &t, .spec = spec_of("xvda", "LABEL=none", true)};
	pthread_t thread;
	struct err e;

	(void)state;
	snprintf(sysroot, sizeof(sysroot), "%s", kit_path("meanwhile"));
	snprintf(command, sizeof(command), "mkdir -p %s/sys/class/block", sysroot);
	assert_int_equal(system(command), 0);
	assert_int_equal(pthread_create(&thread, NULL, look_up_often, &l), 0);
	while (!atomic_load(&l.began))
		usleep(1000);
	for (unsigned i = 0; i < 200; i++) {
		const struct disk_spec spec = spec_of("xvda", targets[i], true);

		snprintf(targets[i], sizeof(targets[i]), "/dev/none%u", i);
		assert_int_equal(disk_reserve(&t, "a", &spec, &e), 0);
		assert_int_equal(disk_reserve(&t, "a", &spec, &e), 0);
		usleep(100);
	}
	atomic_store(&l.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(t.nr_reserved, 200);
	/* Another guest's target of the same name is one of its own. */
	l.spec.target = targets[0];
	assert_int_equal(disk_reserve(&t, "b", &l.spec, &e), 0);
	assert_int_equal(t.nr_reserved, 201);
	disk_table_free(&t);
}

/* A look-up that hangs, in a thread of its own. */
struct hanging {
	struct disk_table *t;
	struct disk_spec spec;
	struct disk *got;
	bool absent;
};

static void *look_up(void *arg)
{
	struct hanging *h = arg;
	struct err e;

	h->got = disk_hold(h->t, "slow", &h->spec, &h->absent, &e);
	return NULL;
}

/* A disk that does not answer stops only the guest that wants it. */
static void test_hangs(void **state)
{
	char sysroot[256], fifo[320], none[300];
	struct disk_table t = {.sysroot = sysroot};
	struct hanging h = {.t = &t, .spec = spec_of("xvda", "LABEL=slow", true)};
	pthread_t thread;
	int fd = -1;

	(void)state;
	snprintf(sysroot, sizeof(sysroot), "%s", kit_path("hangs"));
	snprintf(none, sizeof(none), "%s", kit_path("none"));
	snprintf(fifo, sizeof(fifo), "mkdir -p %s/sys/class/block/sda", sysroot);
	assert_int_equal(system(fifo), 0);
	snprintf(fifo, sizeof(fifo), "%s/sys/class/block/sda/dev", sysroot);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(pthread_create(&thread, NULL, look_up, &h), 0);
	/* It is there as soon as somebody reads. */
	for (unsigned i = 0; i < 10000 && fd < 0; i++) {
		fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		usleep(1000);
	}
	assert_true(fd >= 0);
	refuse(&t, "web", spec_of("xvda", none, true), true, "disk xvda: %s: %s", none,
	       strerror(ENOENT));
	if (have_loop) {
		struct disk_spec spec = spec_of("xvda", kit_path("image2"), false);

		disk_drop(&t, hold(&t, "web", &spec));
		settle("image2");
	}
	assert_int_equal(unlink(fifo), 0);
	close(fd);
	pthread_join(thread, NULL);
	assert_null(h.got);
	assert_true(h.absent);
	assert_null(t.disks);
}

/* One that another guest is about to hold, or to give back, may be free in a moment. */
static void test_passing(void **state)
{
	struct disk_table t = {NULL};
	struct disk_spec spec;
	struct disk *d;

	(void)state;
	if (!have_loop)
		skip();
	spec = spec_of("xvda", kit_path("image"), true);
	d = hold(&t, "web", &spec);
	assert_false(d->passing);
	refuse(&t, "db", spec_of("xvda", kit_path("image"), true), false,
	       "disk xvda: %s is used by guest web for writing", kit_path("image"));
	d->passing = true;
	refuse(&t, "db", spec_of("xvda", kit_path("image"), true), true,
	       "disk xvda: %s is used by guest web for writing", kit_path("image"));
	disk_drop(&t, d);
	assert_null(t.disks);
	settle("image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),        cmocka_unit_test(test_memory),
		cmocka_unit_test(test_image),          cmocka_unit_test(test_block),
		cmocka_unit_test(test_sharing),        cmocka_unit_test(test_qemu_image),
		cmocka_unit_test(test_media),          cmocka_unit_test(test_backing),
		cmocka_unit_test(test_partitions),     cmocka_unit_test(test_mounted),
		cmocka_unit_test(test_tags),           cmocka_unit_test(test_root),
		cmocka_unit_test(test_lost),           cmocka_unit_test(test_held_by_tag),
		cmocka_unit_test(test_reserve_memory), cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_passing),        cmocka_unit_test(test_reserve_meanwhile),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
