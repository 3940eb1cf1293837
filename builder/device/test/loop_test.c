/* Loop devices, for real; skipped, and said so, where the kernel has none for us. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/device/loop.h"
#include "builder/fake/ioctl.h"

static bool have_loop;

static int open_image(const char *name, int flags)
{
	int fd = open(kit_path(name), flags | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int begin(void **state)
{
	static char image[8192] = "image";
	char path[LOOP_PATH_MAX];
	struct err e;
	int file, fd;

	if (kit_begin(state) < 0)
		return -1;
	kit_write("image", image, sizeof(image));
	kit_write("other", image, sizeof(image));
	file = open_image("image", O_RDWR);
	fd = loop_attach(file, "image", &(struct loop_options){0}, path, &e);
	have_loop = fd >= 0;
	if (have_loop)
		close(fd);
	else
		print_message("# no loop devices: %s\n", e.msg);
	close(file);
	return 0;
}

static int attach(const char *name, struct loop_options o, char path[LOOP_PATH_MAX])
{
	const int file = open_image(name, o.readonly ? O_RDONLY : O_RDWR);
	struct err e;
	int fd = loop_attach(file, name, &o, path, &e);

	KIT_CHECK(fd >= 0, "%s", e.msg);
	close(file);
	return fd;
}

static void test_attach(void **state)
{
	char path[LOOP_PATH_MAX], second_path[LOOP_PATH_MAX], text[64];
	struct loop_info64 info;
	struct stat st, image;
	struct loop_file behind;
	int fd, second;

	(void)state;
	if (!have_loop)
		skip();
	fd = attach("image", (struct loop_options){0}, path);
	second = attach("other", (struct loop_options){0}, second_path);
	assert_string_not_equal(path, second_path);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISBLK(st.st_mode));
	assert_int_equal(stat(path, &image), 0);
	assert_int_equal(image.st_rdev, st.st_rdev);
	/* What is written there is in the file. */
	assert_int_equal(pread(fd, text, 6, 0), 6);
	assert_string_equal(text, "image");
	assert_int_equal(pwrite(fd, "written", 8, 4096), 8);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 8192);
	assert_int_equal(stat(kit_path("image"), &image), 0);
	assert_true(loop_behind(fd, &behind));
	assert_int_equal(behind.dev, image.st_dev);
	assert_int_equal(behind.ino, image.st_ino);
	assert_false(behind.readonly);
	assert_int_equal(ioctl(fd, LOOP_GET_STATUS64, &info), 0);
	assert_true(info.lo_flags & LO_FLAGS_AUTOCLEAR);
	assert_false(info.lo_flags & LO_FLAGS_DIRECT_IO);
	assert_string_equal((char *)info.lo_file_name, "image");
	close(second);
	close(fd);
	fd = open_image("image", O_RDONLY);
	assert_int_equal(pread(fd, text, 8, 4096), 8);
	assert_string_equal(text, "written");
	assert_false(loop_behind(fd, &behind));
	close(fd);
}

static void test_readonly(void **state)
{
	char path[LOOP_PATH_MAX];
	struct loop_file behind;
	int fd, readonly = 0;

	(void)state;
	if (!have_loop)
		skip();
	fd = attach("image", (struct loop_options){.readonly = true}, path);
	assert_int_equal(ioctl(fd, BLKROGET, &readonly), 0);
	assert_true(readonly);
	assert_true(loop_behind(fd, &behind));
	assert_true(behind.readonly);
	close(fd);
}

/*
 * Where the file system can't do direct I/O the kernel does without, so the test checks only that
 * the device works.
 */
static void test_direct(void **state)
{
	char path[LOOP_PATH_MAX], text[8];
	int fd;

	(void)state;
	if (!have_loop)
		skip();
	fd = attach("image", (struct loop_options){.direct = true}, path);
	assert_int_equal(pread(fd, text, 6, 0), 6);
	assert_string_equal(text, "image");
	close(fd);
}

static void test_find_other(void **state)
{
	char path[LOOP_PATH_MAX], found[LOOP_PATH_MAX] = "";
	struct loop_file f;
	struct stat st;
	int fd;

	(void)state;
	if (!have_loop)
		skip();
	assert_int_equal(stat(kit_path("image"), &st), 0);
	f = (struct loop_file){st.st_dev, st.st_ino, true};
	fd = attach("image", (struct loop_options){.readonly = true}, path);
	assert_false(loop_find_other(&f, found)); /* both only read */
	f.readonly = false;
	assert_true(loop_find_other(&f, found));
	assert_string_equal(found, path);
	close(fd);
	/* It goes with its last user, but not always at once. */
	for (int i = 0; i < 1000 && loop_find_other(&f, found); i++)
		usleep(1000);
	assert_false(loop_find_other(&f, found));
	fd = attach("image", (struct loop_options){0}, path);
	f.readonly = true;
	assert_true(loop_find_other(&f, found));
	assert_string_equal(found, path);
	f.ino++;
	assert_false(loop_find_other(&f, found));
	close(fd);
}

static unsigned refused; /* this request fails with that errno */
static int refusal;

static bool old_kernel(unsigned request, int *rc)
{
	*rc = -1;
	errno = request == refused ? refusal : EINVAL;
	return request == refused || request == LOOP_CONFIGURE;
}

/* Linux before 5.8 sets it up in two steps. */
static void test_old_kernel(void **state)
{
	char path[LOOP_PATH_MAX], text[8];
	const int file = open_image("image", O_RDWR);
	struct loop_info64 info;
	struct err e;
	int fd;

	(void)state;
	if (!have_loop)
		skip();
	refused = 0;
	fake_ioctls(old_kernel);
	fd = attach("image", (struct loop_options){0}, path);
	assert_int_equal(pread(fd, text, 6, 0), 6);
	assert_string_equal(text, "image");
	assert_int_equal(ioctl(fd, LOOP_GET_STATUS64, &info), 0);
	assert_true(info.lo_flags & LO_FLAGS_AUTOCLEAR);
	assert_string_equal((char *)info.lo_file_name, "image");
	close(fd);
	/* What fails half-way holds no file: the device can be had again. */
	refused = LOOP_SET_STATUS64;
	refusal = EPERM;
	assert_int_equal(loop_attach(file, "image", &(struct loop_options){0}, path, &e), -1);
	assert_non_null(strstr(e.msg, strerror(EPERM)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(ioctl(fd, LOOP_GET_STATUS64, &info), -1);
	assert_int_equal(errno, ENXIO);
	close(fd);
	refused = LOOP_SET_FD;
	assert_int_equal(loop_attach(file, "image", &(struct loop_options){0}, path, &e), -1);
	refused = LOOP_CTL_GET_FREE;
	assert_int_equal(loop_attach(file, "image", &(struct loop_options){0}, path, &e), -1);
	assert_string_equal(path, "");
	kit_good_message(&e);
	fake_ioctls(NULL);
	close(file);
}

static void test_refused(void **state)
{
	char path[LOOP_PATH_MAX];
	int pipes[2], fds;
	struct err e;

	(void)state;
	if (!have_loop)
		skip();
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(loop_attach(pipes[0], "pipe", &(struct loop_options){0}, path, &e), -1);
	assert_int_equal(strncmp(e.msg, "cannot set up loop device /dev/loop", 35), 0);
	assert_non_null(strstr(e.msg, strerror(EINVAL)));
	kit_good_message(&e);
	close(pipes[0]);
	close(pipes[1]);
	/* Nothing is left open. */
	fds = dup(0);
	assert_int_equal(loop_attach(-1, "none", &(struct loop_options){0}, path, &e), -1);
	close(fds);
	assert_int_equal(dup(0), fds);
	close(fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach),  cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_direct),  cmocka_unit_test(test_find_other),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_old_kernel),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
