/*
 * Files of device models in an own root, for real: each test is a process in a mount namespace of
 * its own, which says on a pipe what is wrong; where namespaces cannot be made it says that it was
 * skipped. This program plays the device model when its name begins with '@'.
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/describe/disk_spec.h"
#include "builder/device/disk.h"
#include "builder/devmodel/devmodel_files.h"
#include "builder/devmodel/disk_paths.h"
#include "builder/devmodel/devmodel_powers.h"
#include "builder/devmodel/devmodel_process.h"
#include "builder/host/own_root.h"

static int told;

#define WRONG(...)                                                                                 \
	do {                                                                                       \
		dprintf(told, __VA_ARGS__);                                                        \
		_exit(1);                                                                          \
	} while (0)

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			WRONG("line %d: %s: %s", __LINE__, #cond, strerror(errno));                \
	} while (0)

static void in_process(void (*test)(void))
{
	char text[512] = "";
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		told = fds[1];
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			WRONG("SKIP %s", strerror(errno));
		test();
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!strncmp(text, "SKIP ", 5)) {
		fprintf(stderr, "model_files_test: NOT TESTED, this needs root: %s\n", text + 5);
		return;
	}
	KIT_CHECK(text[0] == '\0' && status == 0, "%s (status %#x)", text, (unsigned)status);
}

static void make(struct own_root *r)
{
	struct err e;

	if (own_root_make(r, &e) < 0)
		WRONG("%s", e.msg);
}

static void keep(const struct own_root *r, const struct guest_config *cfg)
{
	struct err e;

	if (devmodel_files_keep(r, NULL, cfg, &e) < 0)
		WRONG("%s", e.msg);
}

static void enter(const struct own_root *r)
{
	struct err e;

	if (own_root_enter(r, NULL, &e) < 0)
		WRONG("%s", e.msg);
}

static bool reads(const char *path, const char *want)
{
	char text[64] = "";
	const int fd = open(path, O_RDONLY);
	const ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	return n >= 0 && !strcmp(text, want);
}

static char model[256], config[256];

static struct guest_config classic(void)
{
	struct guest_config cfg = kit_config("web", GUEST_HVM);

	strcpy(model, kit_path("link/prog"));
	strcpy(config, kit_path("conf"));
	cfg.model_protocol = MODEL_CLASSIC;
	cfg.model_override = model;
	cfg.model_config = config;
	return cfg;
}

/* Directories, links of both kinds on the way and at the end. */
static void make_tree(void)
{
	char to[256];

	MUST(mkdir(kit_path("real"), 0755) == 0);
	kit_text("real/program", "the program");
	kit_text("real/other", "not needed");
	MUST(symlink("real", kit_path("link")) == 0);
	MUST(symlink(".././real//program", kit_path("real/prog")) == 0);
	kit_text("the-config", "the config");
	strcpy(to, kit_path("the-config"));
	MUST(symlink(to, kit_path("conf")) == 0);
}

static void keeps(void)
{
	const struct guest_config cfg = classic();
	struct own_root r;
	struct stat st;

	make_tree();
	make(&r);
	keep(&r, &cfg);
	keep(&r, &cfg); /* another guest with the same files */
	MUST(access(kit_path("real/program"), F_OK) == 0);
	/* The switch empties the initramfs. */
	MUST(unlink(kit_path("real/program")) == 0 && unlink(kit_path("real/prog")) == 0);
	MUST(unlink(kit_path("the-config")) == 0 && unlink(kit_path("conf")) == 0);
	MUST(unlink(kit_path("link")) == 0 && unlink(kit_path("real/other")) == 0);
	MUST(rmdir(kit_path("real")) == 0);
	enter(&r);
	MUST(reads(model, "the program"));
	MUST(reads(config, "the config"));
	MUST(stat(kit_path("real/other"), &st) < 0);
	MUST(stat(kit_path("kernel"), &st) < 0);
	MUST(lstat(kit_path("link"), &st) == 0 && S_ISLNK(st.st_mode));
}

static void test_keeps(void **state)
{
	(void)state;
	in_process(keeps);
}

static char gone[] = "/nowhere/x", loop[256], dir[256];

static void what_is_not_there(void)
{
	struct guest_config cfg = classic();
	struct own_root r;
	struct stat st;
	struct err e;
	char want[512];

	make(&r);
	cfg.model_override = gone;
	cfg.model_config = gone;
	keep(&r, &cfg);
	MUST(fstatat(r.dir, "nowhere", &st, 0) < 0);
	/* A directory is not gone through, a device not touched. */
	strcpy(dir, kit_path(""));
	cfg.model_override = dir;
	keep(&r, &cfg);
	MUST(fstatat(r.dir, kit_path("kernel") + 1, &st, 0) < 0);
	strcpy(loop, kit_path("loop"));
	MUST(symlink("loop", loop) == 0);
	cfg.model_override = loop;
	MUST(devmodel_files_keep(&r, NULL, &cfg, &e) == -1);
	snprintf(want, sizeof(want), "cannot keep %s for device models: Too many symbolic links",
		 loop);
	if (strncmp(e.msg, want, strlen(want) - strlen("Too many symbolic links")) != 0)
		WRONG("%s", e.msg);
	/* pv and pvh guests have none. */
	cfg.type = GUEST_PVH;
	keep(&r, &cfg);
}

static void test_what_is_not_there(void **state)
{
	(void)state;
	in_process(what_is_not_there);
}

/* An image that lies in the initramfs is kept as it is, and found at its path. */
static char image[256], tagged[] = "LABEL=web", vdev[] = "hda";

static void keeps_images(void)
{
	struct disk_spec specs[] = {
		{.vdev = vdev, .target = image, .qdisk = true},
		{.vdev = vdev, .target = tagged, .qdisk = true},
		{.vdev = vdev, .cdrom = true, .qdisk = true, .format = DISK_EMPTY},
	};
	struct disk disk = {.spec = specs, .image = true, .format = DISK_QCOW2}, *list = &disk;
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	const struct guest g = {.cfg = &cfg, .disks = &list};
	struct own_root r;
	struct stat st;
	struct err e;

	cfg.model_override = gone;
	cfg.disks = specs;
	cfg.nr_disks = 3;
	make(&r);
	keep(&r, &cfg);
	cfg.nr_disks = 1;
	strcpy(disk.path, image);
	disk.fd = open(image, O_RDONLY);
	MUST(fstat(disk.fd, &st) == 0);
	disk.file_dev = st.st_dev;
	disk.file_ino = st.st_ino;
	MUST(unlink(image) == 0);
	MUST(disk_paths_check(&g, &r, &e) == 0);
	enter(&r);
	MUST(disk_paths_check(&g, &r, &e) == 0);
	MUST(reads(image, "an image"));
	disk.file_ino++;
	MUST(disk_paths_check(&g, &r, &e) < 0);
}

static void test_keeps_images(void **state)
{
	(void)state;
	strcpy(image, kit_path("image"));
	kit_text("image", "an image");
	in_process(keeps_images);
}

/* A program with shared libraries, or a static one, that is to run from the own root. */
static char program[256], ramdisk[256];

static void runs(void)
{
	static char name[] = "@model", *argv[] = {name, NULL}, *env[] = {NULL};
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC), fds[3] = {null, null, null};
	struct own_root r;
	struct stat st;
	int status;
	struct err e;
	pid_t pid;

	cfg.model_override = program;
	cfg.ramdisk = ramdisk;
	make(&r);
	keep(&r, &cfg);
	MUST(fstatat(r.dir, cfg.kernel + 1, &st, 0) == 0 && st.st_size > 0);
	MUST(fstatat(r.dir, cfg.ramdisk + 1, &st, 0) == 0 && st.st_size == KIT_RAMDISK);
	MUST(unlink(program) == 0);
	for (int i = 0; i < 2; i++) {
		const struct model_program p = {.path = program,
						.argv = argv,
						.env = env,
						.fds = fds,
						.nr_fds = 3,
						.limits = MODEL_LIMITS_CORE,
						.own_root = &r};

		pid = devmodel_process_start(NULL, &p, &e);
		if (pid < 0)
			WRONG("%s", e.msg);
		MUST(waitpid(pid, &status, 0) == pid);
		MUST(status == 42 << 8);
		enter(&r); /* and again, as for a guest that is restarted */
	}
}

static void test_runs(void **state)
{
	char command[600], self[256];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	assert_true(n > 0);
	self[n] = '\0';
	strcpy(program, kit_path("bin"));
	strcpy(ramdisk, kit_path("ramdisk"));
	snprintf(command, sizeof(command), "cp %s %s", self, program);
	assert_int_equal(system(command), 0);
	in_process(runs);
}

static void test_program(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_HVM);

	(void)state;
	assert_string_equal(model_program_of(&cfg), "/usr/libexec/xen-qemu-system-i386");
	cfg.model_override = gone;
	assert_string_equal(model_program_of(&cfg), gone);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps),
		cmocka_unit_test(test_keeps_images),
		cmocka_unit_test(test_what_is_not_there),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_program),
	};

	(void)argc;
	if (argv[0][0] == '@')
		return 42;
	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
