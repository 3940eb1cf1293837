/* The paths by which QEMU opens disks: whether they lead to what is held. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/describe/disk_spec.h"
#include "builder/device/disk.h"
#include "builder/devmodel/disk_paths.h"

static char image[256], other[256], vdevs[3][4] = {"hda", "hdc", "hdd"};
static struct disk_spec specs[3] = {
	{.vdev = vdevs[0], .qdisk = true},
	{.vdev = vdevs[1], .qdisk = true, .cdrom = true},
	{.vdev = vdevs[2], .qdisk = true, .cdrom = true},
};
static struct disk disks[3] = {
	{.spec = &specs[0], .image = true, .format = DISK_QCOW2, .fd = -1},
	{.spec = &specs[1], .format = DISK_EMPTY, .fd = -1},
	{.spec = &specs[2], .path = "/dev/null", .fd = -1},
};
static struct disk *list[3] = {&disks[0], &disks[1], &disks[2]};

static void refuses(const struct guest *g, const char *fmt, const char *path)
{
	char want[512];
	struct err e;

	assert_int_equal(disk_paths_check(g, NULL, &e), -1);
	snprintf(want, sizeof(want), fmt, path);
	assert_string_equal(e.msg, want);
	kit_good_message(&e);
}

static void test_paths(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	const struct guest g = {.cfg = &cfg, .disks = list};
	struct disk_backing backing = {.fd = -1};
	struct stat st;
	struct err e;

	(void)state;
	cfg.disks = specs;
	cfg.nr_disks = 3;
	snprintf(image, sizeof(image), "%s", kit_path("image"));
	snprintf(other, sizeof(other), "%s", kit_path("other"));
	kit_text("image", "one");
	kit_text("other", "another");
	disks[0].fd = open(image, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(disks[0].fd, &st), 0);
	disks[0].file_dev = st.st_dev;
	disks[0].file_ino = st.st_ino;
	strcpy(disks[0].path, image);
	assert_int_equal(stat("/dev/null", &st), 0);
	disks[2].rdev = st.st_rdev;
	KIT_CHECK(disk_paths_check(&g, NULL, &e) == 0, "%s", e.msg);
	disks[2].rdev++;
	refuses(&g, "disk hdd: %s is another device by now, which QEMU would open", "/dev/null");
	cfg.nr_disks = 2;
	/* What the image is based on. */
	strcpy(backing.path, other);
	assert_int_equal(stat(other, &st), 0);
	backing.dev = st.st_dev;
	backing.ino = st.st_ino;
	disks[0].backing.files = &backing;
	disks[0].backing.n = 1;
	KIT_CHECK(disk_paths_check(&g, NULL, &e) == 0, "%s", e.msg);
	backing.ino++;
	refuses(&g, "disk hda: %s is another file by now, which QEMU would open", other);
	disks[0].backing.n = 0;
	assert_int_equal(rename(other, image), 0);
	refuses(&g, "disk hda: %s is another file by now, which QEMU would open", image);
	assert_int_equal(unlink(image), 0);
	refuses(&g, "disk hda: %s: No such file or directory", image);
	close(disks[0].fd);
}

/* An image that is by a link elsewhere, and its backing file; what has a device is nowhere else. */
static void test_lead_out(void **state)
{
	struct disk_backing backing = {.path = "/in/x", .fd = -1};
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	const struct guest g = {.cfg = &cfg, .disks = list};
	const struct disk before = disks[0];
	struct own_root r;

	(void)state;
	cfg.disks = specs;
	cfg.nr_disks = 1;
	r.dir = open(kit_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(r.dir >= 0);
	assert_int_equal(mkdirat(r.dir, "in", 0700), 0);
	assert_int_equal(symlinkat("/proc/1/root/out", r.dir, "out"), 0);
	strcpy(disks[0].path, "/in/y");
	disks[0].image = true;
	disks[0].backing.files = &backing;
	disks[0].backing.n = 1;
	assert_false(disk_paths_lead_out(&g, &r));
	strcpy(backing.path, "/out/x");
	assert_true(disk_paths_lead_out(&g, &r));
	backing.rdev = 1;
	assert_false(disk_paths_lead_out(&g, &r));
	strcpy(disks[0].path, "/out/y");
	assert_true(disk_paths_lead_out(&g, &r));
	assert_false(disk_paths_lead_out(&g, NULL));
	disks[0].file_at = 3;
	assert_false(disk_paths_lead_out(&g, &r));
	disks[0].file_at = 0;
	disks[0].image = false;
	assert_false(disk_paths_lead_out(&g, &r));
	disks[0] = before;
	close(r.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_lead_out),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
