/*
 * Links by which QEMU finds images that it has as open files.
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/device/disk.h"
#include "builder/device/volume.h"
#include "builder/devmodel/volume_links.h"

/* What the link leads to. */
static const char *link_at(const char *path)
{
	static char to[64];
	char at[PATH_MAX];
	ssize_t n;

	snprintf(at, sizeof(at), "%s%s", kit_path("root"), path);
	n = readlink(at, to, sizeof(to) - 1);
	to[n > 0 ? n : 0] = '\0';
	return to;
}

static void test_links(void **state)
{
	static char vdevs[][5] = {"xvda", "hdc", "xvdb"};
	struct disk_spec specs[] = {{.vdev = vdevs[0]}, {.vdev = vdevs[1]}, {.vdev = vdevs[2]}};
	struct disk_backing backing[] = {
		{.path = VOLUME_DIR "/web/xvda/images/../base/a.img", .on_volume = true, .fd = 8},
		{.path = "/root/b.img", .fd = 9},
	};
	struct disk image = {.spec = &specs[0],
			     .image = true,
			     .fd = 5,
			     .backing = {backing, 2},
			     .path = VOLUME_DIR "/web/xvda/images/a.qcow2"},
		    plain = {.spec = &specs[1], .image = true, .fd = 6, .path = "/a.iso"},
		    loop = {.spec = &specs[2], .loop = true, .fd = 7, .path = "/dev/loop0"};
	struct disk *list[] = {&image, &plain, &loop};
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	const struct guest g = {.cfg = &cfg, .disks = list};
	struct model_handed files = {.n = 3};
	char root[300], at[PATH_MAX + 300];
	struct err e;

	(void)state;
	cfg.disks = specs;
	cfg.nr_disks = 3;
	image.file_at = strlen(VOLUME_DIR "/web/xvda");
	snprintf(root, sizeof(root), "%s", kit_path("root"));
	assert_int_equal(mkdir(root, 0700), 0);
	KIT_CHECK(volume_links_make(root, &g, &files, &e) == 0, "%s", e.msg);
	assert_int_equal(files.n, 5);
	assert_int_equal(files.fds[3], 5);
	assert_int_equal(files.fds[4], 8);
	assert_string_equal(link_at(image.path), "/proc/self/fd/3");
	assert_string_equal(link_at(VOLUME_DIR "/web/xvda/base/a.img"), "/proc/self/fd/4");
	/* Another QEMU has them as other files. */
	files.n = 7;
	KIT_CHECK(volume_links_make(root, &g, &files, &e) == 0, "%s", e.msg);
	assert_string_equal(link_at(image.path), "/proc/self/fd/7");
	/* A directory is in the way. */
	snprintf(at, sizeof(at), "%s%s", root, image.path);
	assert_int_equal(unlink(at), 0);
	assert_int_equal(mkdir(at, 0700), 0);
	assert_int_equal(volume_links_make(root, &g, &files, &e), -1);
	KIT_CHECK(strstr(e.msg, "by which QEMU opens an image: Is a directory"), "%s", e.msg);
	/* With the guest's end all of it goes, and nothing of another guest. */
	snprintf(at, sizeof(at), "%s" VOLUME_DIR "/web2", root);
	assert_int_equal(mkdir(at, 0700), 0);
	volume_links_remove(root, "web");
	volume_links_remove(root, "web");
	assert_int_equal(access(at, F_OK), 0);
	at[strlen(at) - 1] = '\0';
	assert_int_equal(access(at, F_OK), -1);
	files.n = MODEL_FDS_MAX;
	assert_int_equal(volume_links_make(root, &g, &files, &e), -1);
	assert_string_equal(e.msg, "it has more disks than its device model can have");
	cfg.nr_disks = 0;
	assert_int_equal(volume_links_make(root, &g, &files, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
