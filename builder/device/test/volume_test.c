/*
 * Images on file systems that are mounted for them: on a loop device, where this machine lets us
 * mount one; and what goes wrong, with a kernel that is played.
 */
#include "builder/fake/kit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "builder/device/disk.h"
#include "builder/device/loop.h"
#include "builder/device/volume.h"
#include "builder/fake/syscalls.h"
#include "images.h"
#include "builder/fake/qcow2_build.h"

#define VOLUME_BYTES (8u << 20)

/* ---- a kernel that is played ---- */

static struct {
	bool on;
	int no_fs, busy, no_mount; /* errno values: of fsopen, of a mount for writing, of any */
	bool ro;                   /* asked for */
	unsigned mounted;
	long attributes;
	char type[32], source[300], tree[320];
} played;

static long fails(int cause)
{
	errno = cause;
	return -1;
}

static long play_config(const long a[5])
{
	if (a[1] == FSCONFIG_SET_STRING)
		snprintf(played.source, sizeof(played.source), "%s", (const char *)a[3]);
	if (a[1] == FSCONFIG_SET_FLAG)
		played.ro = !strcmp((const char *)a[2], "ro");
	if (a[1] != FSCONFIG_CMD_CREATE)
		return 0;
	if (played.no_mount)
		return fails(played.no_mount);
	return played.busy && !played.ro ? fails(played.busy) : 0;
}

static bool play_call(long number, const long a[5], long *rc)
{
	switch (number) {
	case SYS_fsopen:
		snprintf(played.type, sizeof(played.type), "%s", (const char *)a[0]);
		played.ro = false;
		*rc = played.no_fs ? fails(played.no_fs) : open("/dev/null", O_RDONLY | O_CLOEXEC);
		return true;
	case SYS_fsconfig:
		*rc = play_config(a);
		return true;
	case SYS_fsmount:
		played.mounted++;
		played.attributes = a[2];
		*rc = open(played.tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return true;
	default:
		return false;
	}
}

static pthread_mutex_t played_lock = PTHREAD_MUTEX_INITIALIZER;

/* A jail that is forked by one thread has the lock free, whoever has it here. */
static void lock_played(void)
{
	pthread_mutex_lock(&played_lock);
}

static void unlock_played(void)
{
	pthread_mutex_unlock(&played_lock);
}

static bool play(long number, const long a[5], long *rc)
{
	bool done;

	lock_played();
	done = played.on && play_call(number, a, rc);
	unlock_played();
	return done;
}

/* A sysroot with an ext2 that is vda, a file; below tree there is what it is said to have. */
static void begin_played(const char *name, struct disk_table *t)
{
	static char root[300];
	uint8_t b[8192] = {0};
	char command[2000], path[400];
	FILE *f;

	memset(&played, 0, sizeof(played));
	memset(t, 0, sizeof(*t));
	played.on = true;
	fake_syscall_catch(play);
	snprintf(root, sizeof(root), "%s", kit_path(name));
	snprintf(played.tree, sizeof(played.tree), "%s/tree", root);
	snprintf(command, sizeof(command),
		 "mkdir -p '%s' && cd '%s' && mkdir -p dev proc tree/images sys/devices/vda "
		 "sys/class/block && echo 254:0 >sys/devices/vda/dev && "
		 "echo 16 >sys/devices/vda/size && ln -s ../../devices/vda sys/class/block/vda && "
		 "truncate -s 1M tree/images/web.img && truncate -s 1M tree/images/web.qcow2",
		 root, root);
	assert_int_equal(system(command), 0);
	image_ext(b, 0x11, "data");
	snprintf(path, sizeof(path), "%s/dev/vda", root);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(b, 1, sizeof(b), f), sizeof(b));
	assert_int_equal(fclose(f), 0);
	t->sysroot = root;
}

static void end_played(struct disk_table *t)
{
	fake_syscall_catch(NULL);
	assert_null(t->disks);
	disk_table_free(t);
}

static struct disk_spec spec_of(const char *vdev, const char *target, bool qemu, bool readwrite)
{
	return (struct disk_spec){.vdev = (char *)(uintptr_t)vdev,
				  .target = (char *)(uintptr_t)target,
				  .format = qemu ? DISK_QCOW2 : DISK_RAW,
				  .qdisk = qemu,
				  .readwrite = readwrite};
}

static struct disk *hold(struct disk_table *t, const char *guest, const struct disk_spec *spec)
{
	bool absent = true;
	struct err e;
	struct disk *d = disk_hold(t, guest, spec, &absent, &e);

	KIT_CHECK(d, "%s", e.msg);
	assert_false(absent);
	assert_true(d->listed && !d->passing);
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

#define TARGET "LABEL=data:/images/web.qcow2"

/* It is mounted for writing; for reading alone where it can't be and need not. */
static void test_mount(void **state)
{
	const struct disk_spec rw = spec_of("xvda", TARGET, true, true);
	struct disk_spec ro = spec_of("hdc", "LABEL=data:/images/web.img", true, false);
	struct disk_table t;
	struct disk *d;

	(void)state;
	ro.format = DISK_RAW;
	ro.cdrom = true;
	begin_played("mount", &t);
	d = hold(&t, "web", &rw);
	assert_string_equal(d->path, VOLUME_DIR "/web/xvda/images/web.qcow2");
	assert_string_equal(d->path + d->file_at, "/images/web.qcow2");
	assert_true(d->image && d->volume >= 0);
	assert_int_equal(fcntl(d->fd, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_string_equal(played.type, "ext2");
	assert_string_equal(strrchr(played.source, '/'), "/vda");
	assert_int_equal(played.attributes,
			 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	disk_drop(&t, d);
	disk_drop(&t, hold(&t, "web", &ro));
	assert_false(played.ro);
	played.busy = EROFS;
	disk_drop(&t, hold(&t, "web", &ro));
	assert_true(played.attributes & MOUNT_ATTR_RDONLY);
	refuse(&t, "web", rw, false,
	       "disk xvda: LABEL=data (%s/dev/vda): cannot mount it (ext2): Read-only file system",
	       t.sysroot);
	end_played(&t);
}

static void test_trouble(void **state)
{
	const struct disk_spec rw = spec_of("xvda", TARGET, true, true);
	struct disk_table t;
	char path[400];

	(void)state;
	begin_played("trouble", &t);
	refuse(&t, "web", spec_of("xvda", "LABEL=x:/a", true, true), true,
	       "disk xvda: no device has LABEL=x");
	refuse(&t, "web", spec_of("xvda", "LABEL=data:/none", true, true), false,
	       "disk xvda: LABEL=data:/none: No such file or directory");
	refuse(&t, "web", spec_of("xvda", "LABEL=data:/images", true, true), false,
	       "disk xvda: LABEL=data:/images is neither a block device nor a file");
	refuse(&t, "web", spec_of("xvda", "LABEL=data:/images/../a", true, true), false,
	       "disk xvda: LABEL=data:/images/../a: /images/../a can't be the path of a file "
	       "there");
	played.no_fs = ENODEV;
	refuse(&t, "web", rw, false,
	       "disk xvda: LABEL=data (%s/dev/vda): cannot mount it: dom0's kernel has no ext2",
	       t.sysroot);
	played.no_fs = 0;
	played.no_mount = EINVAL;
	refuse(&t, "web", rw, false,
	       "disk xvda: LABEL=data (%s/dev/vda): cannot mount it (ext2): Invalid argument",
	       t.sysroot);
	/* Somebody may let go of it. */
	played.no_mount = EBUSY;
	refuse(&t, "web", rw, true,
	       "disk xvda: LABEL=data (%s/dev/vda): cannot mount it (ext2): it is in use, or "
	       "mounted read-only",
	       t.sysroot);
	played.no_mount = 0;
	snprintf(path, sizeof(path), "%s/dev/vda", t.sysroot);
	assert_int_equal(truncate(path, 0), 0);
	end_played(&t);
	assert_int_equal(volume_mount(NULL, path, true, &(struct err){.msg = ""}), -1);
}

/* dom0's own root is its initramfs's to mount. */
static void test_root(void **state)
{
	static const char *const roots[] = {"LABEL=data", "UUID=" UUID_A, "/dev/vda"};
	const struct disk_spec rw = spec_of("xvda", TARGET, true, true);
	struct disk_table t;

	(void)state;
	begin_played("root", &t);
	for (size_t i = 0; i < 3; i++) {
		char line[300];

		snprintf(line, sizeof(line), "quiet root=/dev/vdb root=%s ro\n", roots[i]);
		kit_text("root/proc/cmdline", line);
		refuse(&t, "web", rw, true,
		       "disk xvda: LABEL=data (%s/dev/vda) is dom0's root, which has to be mounted "
		       "read-write first",
		       t.sysroot);
		assert_int_equal(played.mounted, 0);
	}
	kit_text("root/proc/cmdline", "root=/dev/vda root=LABEL=other quiet");
	disk_drop(&t, hold(&t, "web", &rw));
	kit_text("root/proc/cmdline", "root=none xroot=/dev/vda");
	disk_drop(&t, hold(&t, "web", &rw));
	end_played(&t);
}

static void mk_overlay(const char *name, const char *backing)
{
	uint8_t head[QCOW2_BUILD_SIZE];
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", played.tree, name);
	f = fopen(path, "w");
	qcow2_build(head, 3, backing, "raw");
	assert_non_null(f);
	assert_int_equal(fwrite(head, 1, sizeof(head), f), sizeof(head));
	assert_int_equal(fclose(f), 0);
}

/* What an image is based on is on the same file system, unless its name is absolute. */
static void test_backing(void **state)
{
	const struct disk_spec over = spec_of("xvda", TARGET, true, true);
	struct disk_spec base = spec_of("xvdb", "UUID=" UUID_A ":/base.img", true, true);
	char command[700];
	struct disk_table t;
	struct disk *d;

	(void)state;
	base.format = DISK_RAW;
	begin_played("backing", &t);
	snprintf(command, sizeof(command), "truncate -s 1M '%s/base.img'", played.tree);
	assert_int_equal(system(command), 0);
	mk_overlay("images/web.qcow2", "../base.img");
	d = hold(&t, "web", &over);
	assert_int_equal(d->backing.n, 1);
	assert_true(d->backing.files[0].on_volume);
	assert_string_equal(d->backing.files[0].path, VOLUME_DIR "/web/xvda/images/../base.img");
	refuse(&t, "db", base, false,
	       "disk xvdb: UUID=" UUID_A ":/base.img is used by guest web as " VOLUME_DIR
	       "/web/xvda/images/web.qcow2 for writing");
	disk_drop(&t, d);
	mk_overlay("images/web.qcow2", "../../base.img");
	refuse(&t, "web", over, false,
	       "disk xvda: /images/web.qcow2: its backing file /images/../../base.img is not on "
	       "its file system");
	mk_overlay("images/web.qcow2", "/dev/null");
	refuse(&t, "web", over, false,
	       "disk xvda: /images/web.qcow2: its backing file /dev/null is neither a block device "
	       "nor a file");
	end_played(&t);
}

/* A supervisor that takes over has the open file and the file system's root. */
static void test_adopt(void **state)
{
	const struct disk_spec over = spec_of("xvda", TARGET, true, true);
	struct disk_table t;
	struct disk *d;
	char path[PATH_MAX];
	int fd, volume;
	struct err e;

	(void)state;
	begin_played("adopt", &t);
	mk_overlay("images/web.qcow2", "web.img");
	d = hold(&t, "web", &over);
	fd = dup(d->fd);
	volume = dup(d->volume);
	strcpy(path, d->path);
	disk_drop(&t, d);
	d = disk_adopt(&t, "web", &over, fd, volume, path, &e);
	KIT_CHECK(d, "%s", e.msg);
	assert_string_equal(d->path + d->file_at, "/images/web.qcow2");
	assert_int_equal(d->volume, volume);
	assert_int_equal(d->backing.n, 1);
	assert_true(d->backing.files[0].on_volume);
	/* On a file system that has a number of its own; that of some is no device's. */
	assert_int_equal(d->under, major(d->file_dev) ? d->file_dev : 0);
	disk_drop(&t, d);
	assert_int_equal(fcntl(volume, F_GETFD), -1);
	end_played(&t);
}

static void *hold_and_drop(void *arg)
{
	struct disk_table *t = arg;
	struct disk_spec ro = spec_of("hdc", "LABEL=data:/images/web.img", true, false);
	struct disk *d;
	struct err e;
	bool absent;

	ro.format = DISK_RAW;
	ro.cdrom = true;
	for (int i = 0; i < 20; i++) {
		d = disk_hold(t, "web", &ro, &absent, &e);
		if (!d)
			return strdup(e.msg);
		disk_drop(t, d);
	}
	return NULL;
}

/* What is found on one is not in the way of others that look at it. */
static void test_meanwhile(void **state)
{
	struct disk_table t;
	pthread_t threads[3];
	void *failed;

	(void)state;
#ifdef JAIL_SANITIZED
	/* A jail is forked by the starter, which has no threads; here it is by the test, and a
	 * lock of the sanitizer's may be another thread's then, for ever. */
	print_message("NOT TESTED: threads that fork, under a sanitizer\n");
	return;
#endif
	begin_played("meanwhile", &t);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hold_and_drop, &t), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &failed);
		KIT_CHECK(!failed, "%s", (char *)failed);
	}
	end_played(&t);
}

static void test_paths(void **state)
{
	char path[PATH_MAX], file[PATH_MAX];
	struct err e;

	(void)state;
	assert_int_equal(volume_path("web", "xvda", "/a", path, &e),
			 strlen(VOLUME_DIR "/web/xvda"));
	assert_string_equal(path, VOLUME_DIR "/web/xvda/a");
	memset(file, 'x', sizeof(file));
	file[0] = '/';
	file[PATH_MAX - strlen(VOLUME_DIR "/web/xvda") - 1] = '\0';
	assert_true(volume_path("web", "xvda", file, path, &e) > 0);
	assert_int_equal(strlen(path), PATH_MAX - 1);
	strcat(file, "x");
	assert_int_equal(volume_path("web", "xvda", file, path, &e), -1);
	kit_good_message(&e);
}

/* ---- a real one ---- */

struct real {
	struct disk_table t;
	char dev[LOOP_PATH_MAX], at[320], root[300];
	int fd; /* of the loop device */
};

/* Makes an ext4 with an image in it, on a loop device that is vda in a tree like sysfs. False where
 * nobody here may do that. */
static bool begin_real(struct real *r, const char *name)
{
	const struct loop_options o = {.readonly = false};
	char command[3000];
	struct stat st;
	struct err e;
	int file;

	memset(r, 0, sizeof(*r));
	played.on = false;
	snprintf(r->root, sizeof(r->root), "%s", kit_path(name));
	snprintf(r->at, sizeof(r->at), "%s/mnt", r->root);
	snprintf(command, sizeof(command),
		 "mkdir -p '%s' && cd '%s' && mkdir -p from/images mnt dev proc sys/devices/vda "
		 "sys/class/block && truncate -s 1M from/images/web.img && "
		 "truncate -s %u volume && mke2fs -q -t ext4 -F -L data -d from volume 2>/dev/null",
		 r->root, r->root, VOLUME_BYTES);
	if (system(command) != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	snprintf(command, sizeof(command), "%s/volume", r->root);
	file = open(command, O_RDWR | O_CLOEXEC);
	r->fd = loop_attach(file, "volume", &o, r->dev, &e);
	close(file);
	if (r->fd < 0 || fstat(r->fd, &st) < 0)
		return false;
	if (mount(r->dev, r->at, "ext4", 0, NULL) < 0 || umount(r->at) < 0) {
		close(r->fd);
		return false;
	}
	snprintf(
		command, sizeof(command),
		"cd '%s' && echo 254:0 >sys/devices/vda/dev && echo 16384 >sys/devices/vda/size && "
		"ln -s ../../devices/vda sys/class/block/vda && ln -s %s dev/vda",
		r->root, r->dev);
	assert_int_equal(system(command), 0);
	r->t.sysroot = r->root;
	return true;
}

static void end_real(struct real *r)
{
	assert_null(r->t.disks);
	disk_table_free(&r->t);
	close(r->fd);
}

static int try_mount(const struct real *r, unsigned long flags)
{
	int rc = -1;

	/* The kernel may take a moment to let go of it. */
	for (int i = 0; i < 100 && rc < 0; i++) {
		rc = mount(r->dev, r->at, "ext4", flags, NULL);
		if (rc < 0)
			usleep(10000);
	}
	return rc;
}

/* dom0 may mount it and unmount it; with the last image it is given back. */
static void test_real(void **state)
{
	struct disk_spec raw = spec_of("xvda", "LABEL=data:/images/web.img", false, true);
	struct disk_spec device, again = raw;
	struct loop_file behind;
	struct disk *d, *other;
	struct real r;
	char text[400];
	struct stat st;

	(void)state;
	if (!begin_real(&r, "real")) {
		print_message("# no file system can be mounted here\n");
		skip();
	}
	d = hold(&r.t, "web", &raw);
	assert_true(d->loop && !d->file_at && d->volume < 0);
	assert_int_equal(fstat(r.fd, &st), 0);
	assert_int_equal(d->under, st.st_rdev);
	assert_true(loop_behind(d->fd, &behind));
	assert_int_equal(behind.dev, st.st_rdev);

	device = spec_of("xvdb", r.dev, false, false);
	refuse(&r.t, "db", device, false,
	       "disk xvdb: %s is mounted: guest web's disk xvda is an image on it", r.dev);
	again.target = text;
	again.readwrite = false;
	snprintf(text, sizeof(text), "LABEL=data:/images//web.img");
	refuse(&r.t, "db", again, false,
	       "disk xvda: LABEL=data:/images//web.img is used by guest web for writing");

	/* It is one file system, for which nothing is to be handed over. */
	assert_int_equal(mount(r.dev, r.at, "ext4", 0, NULL), 0);
	snprintf(text, sizeof(text), "%s/images/web.img", r.at);
	assert_int_equal(stat(text, &st), 0);
	assert_int_equal(st.st_ino, d->file_ino);
	assert_int_equal(st.st_dev, d->file_dev);
	refuse(&r.t, "db", again, false, "disk xvda: %s is used by guest web for writing", text);
	assert_int_equal(umount(r.at), 0);
	assert_int_equal(pwrite(d->fd, "written", 7, 0), 7);
	assert_int_equal(fsync(d->fd), 0);
	assert_int_equal(mount(r.dev, r.at, "ext4", MS_RDONLY, NULL), -1);
	assert_int_equal(errno, EBUSY);
	disk_drop(&r.t, d);
	assert_int_equal(try_mount(&r, MS_RDONLY), 0);

	/* Mounted for reading alone, it is waited for by who writes. */
	refuse(&r.t, "web", raw, true,
	       "disk xvda: LABEL=data (%s/dev/vda): cannot mount it (ext4): it is in use, or "
	       "mounted read-only",
	       r.root);
	raw.readwrite = false;
	d = hold(&r.t, "web", &raw);
	assert_int_equal(pread(d->fd, text, 7, 0), 7);
	assert_memory_equal(text, "written", 7);
	disk_drop(&r.t, d);
	assert_int_equal(umount(r.at), 0);

	/* Nor is it mounted while a guest has the device, even for reading. */
	d = hold(&r.t, "db", &device);
	refuse(&r.t, "web", raw, false,
	       "disk xvda: LABEL=data:/images/web.img can't be mounted: its device is guest db's "
	       "%s",
	       r.dev);
	disk_drop(&r.t, d);
	d = hold(&r.t, "web", &raw);
	other = hold(&r.t, "db", &raw);
	disk_drop(&r.t, d);
	disk_drop(&r.t, other);
	end_real(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mount), cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_root),  cmocka_unit_test(test_backing),
		cmocka_unit_test(test_adopt), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_real),  cmocka_unit_test(test_meanwhile),
	};

	pthread_atfork(lock_played, unlock_played, unlock_played);
	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
