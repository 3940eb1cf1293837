/* The paths by which QEMU reads an hvm guest's kernel and ramdisk: whether they lead to what is
 * held. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <unistd.h>

#include "builder/devmodel/image_paths.h"
#include "builder/image/image_files.h"

static struct image_cache cache;
static char kernel[256], ramdisk[256];

static void refuses(const struct guest *g, const struct own_root *r, const char *fmt,
		    const char *path)
{
	char want[512];
	struct err e;

	assert_int_equal(image_paths_check(g, r, &e), -1);
	snprintf(want, sizeof(want), fmt, path);
	assert_string_equal(e.msg, want);
	kit_good_message(&e);
}

static void test_paths(void **state)
{
	static const char another[] = " %s is another file for QEMU, which has that of the "
				      "initramfs, than the one whose sha256 was computed";
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	struct own_root root = {.dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
	struct guest g = {.cfg = &cfg};
	char want[256];
	struct err e;

	(void)state;
	snprintf(kernel, sizeof(kernel), "%s", kit_path("kernel"));
	snprintf(ramdisk, sizeof(ramdisk), "%s", kit_path("ramdisk"));
	cfg.kernel = kernel;
	cfg.ramdisk = ramdisk;
	cfg.kernel_digest.given = cfg.ramdisk_digest.given = true;
	g.kernel = image_hold(&cache, "kernel", kernel, &e);
	g.ramdisk = image_hold(&cache, "ramdisk", ramdisk, &e);
	assert_true(g.kernel && g.ramdisk);
	KIT_CHECK(image_paths_check(&g, NULL, &e) == 0, "%s", e.msg);
	KIT_CHECK(image_paths_check(&g, &root, &e) == 0, "%s", e.msg);
	/* The own root's, not this process's. */
	close(root.dir);
	root.dir = open(kit_path(""), O_PATH | O_DIRECTORY | O_CLOEXEC);
	refuses(&g, &root, "kernel %s: cannot be seen by QEMU: No such file or directory", kernel);
	close(root.dir);

	kit_text("new", "another");
	assert_int_equal(rename(kit_path("new"), ramdisk), 0);
	snprintf(want, sizeof(want), "ramdisk%s", another);
	refuses(&g, NULL, want, ramdisk);
	assert_int_equal(unlink(kernel), 0);
	refuses(&g, NULL, "kernel %s: cannot be seen by QEMU: No such file or directory", kernel);
	/* Of what has no digest nothing is promised. */
	cfg.kernel_digest.given = cfg.ramdisk_digest.given = false;
	assert_int_equal(image_paths_check(&g, NULL, &e), 0);
	image_drop(&cache, g.kernel);
	image_drop(&cache, g.ramdisk);
	g.kernel = NULL;
	cfg.kernel_digest.given = true;
	refuses(&g, NULL, "kernel %s is not held any more", kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
