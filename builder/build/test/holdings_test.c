/*
 * What is held for a guest, as far as that needs no device: the modules of its devices, disks that
 * QEMU serves.
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/build/holdings.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/usb_spec.h"
#include "builder/describe/vif_spec.h"
#include "builder/fake/qcow2_build.h"
#include "builder/device/usb.h"
#include "builder/device/volume.h"
#include "builder/describe/vif_spec.h"
#include "builder/keeper/kept.h"

static void test_modules(void **state)
{
	static const struct {
		const char *target;
		unsigned modules; /* blkback 1, loop 2 */
	} disks[] = {
		{"/dev/vda", 1},      {"UUID=1", 1}, {"/srv/disk", 3},
		{"/devices/disk", 3}, {NULL, 1},     {"LABEL=a:/b", 3},
	};
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct disk_spec disk = {.target = NULL};
	struct vif_spec vif = {.devid = 0};
	static char net[] = "net";
	struct err e;

	(void)state;
	assert_int_equal(guest_modules(&cfg), 0);
	cfg.disks = &disk;
	cfg.nr_disks = 1;
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		disk.target = (char *)(uintptr_t)disks[i].target;
		assert_int_equal(guest_modules(&cfg), disks[i].modules);
	}
	/* QEMU needs none. */
	disk.target = (char *)(uintptr_t) "/srv/disk";
	disk.qdisk = true;
	assert_int_equal(guest_modules(&cfg), 0);
	cfg.nr_disks = 0;
	cfg.vifs = &vif;
	cfg.nr_vifs = 1;
	assert_int_equal(guest_modules(&cfg), 4 | 8);
	cfg.type = GUEST_HVM;
	assert_int_equal(guest_modules(&cfg), 4 | 8 | 16);
	vif.way = VIF_ROUTED;
	assert_int_equal(guest_modules(&cfg), 4 | 16);
	/* Another domain's kernel has its own. */
	vif.backend_domain = disk.backend_domain = net;
	disk.qdisk = false;
	cfg.nr_disks = 1;
	assert_int_equal(guest_modules(&cfg), 0);
	/* Without lists they are built in, or loaded by somebody else. */
	assert_int_equal(guest_modules_load(NULL, 31, &e), 0);
}

/* What another domain serves is neither looked for here nor held, and nobody serves it yet. */
static void test_elsewhere(void **state)
{
	static char vdev[] = "xvda", target[] = "/nowhere", net[] = "net", bridge[] = "br-none";
	struct disk_spec disk = {
		.vdev = vdev, .target = target, .readwrite = true, .backend_domain = net};
	struct vif_spec vif = {.bridge = bridge, .backend_domain = net};
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct guest g = {.cfg = &cfg};
	struct disk_table t = {NULL};
	bool absent;
	struct err e;

	(void)state;
	cfg.disks = &disk;
	cfg.vifs = &vif;
	cfg.nr_disks = cfg.nr_vifs = 1;
	KIT_CHECK(disk_reserve(&t, "web", &disk, &e) == 0, "%s", e.msg);
	assert_int_equal(t.nr_reserved, 0);
	KIT_CHECK(guest_hold_devices(&g, &t, &absent, &e) == 0, "%s", e.msg);
	assert_int_equal(g.disks[0]->fd, -1);
	assert_string_equal(g.disks[0]->path, "");
	assert_false(guest_lost_devices(&g));
	assert_true(g.backends[0] == NO_DOMAIN && g.backends[1] == NO_DOMAIN);
	guest_drop_devices(&g, &t);
	assert_null(g.backends);
	/* By a supervisor that takes over */
	KIT_CHECK(guest_adopt_disk(&g, &t, 0, "", 0, &e) == 0, "%s", e.msg);
	assert_int_equal(g.disks[0]->format, DISK_EMPTY);
	guest_drop_devices(&g, &t);
	disk_table_free(&t);
}

/* A supervisor that takes over has no file of what is empty, and can't tell which file an image was
 * that was not kept. */
static void test_adopt(void **state)
{
	static char vdevs[2][4] = {"hda", "hdc"}, target[300];
	struct disk_spec specs[] = {
		{.vdev = vdevs[0], .target = target, .readwrite = true, .qdisk = true},
		{.vdev = vdevs[1], .cdrom = true, .qdisk = true, .format = DISK_EMPTY},
	};
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	struct guest g = {.cfg = &cfg};
	struct disk_table t = {NULL};
	bool absent;
	struct err e;

	(void)state;
	cfg.disks = specs;
	cfg.nr_disks = 2;
	specs[0].format = DISK_QCOW2;
	snprintf(target, sizeof(target), "%s", kit_path("image"));
	kit_text("image", "");
	assert_int_equal(truncate(target, DISK_SECTOR), 0);
	KIT_CHECK(guest_hold_devices(&g, &t, &absent, &e) == 0, "%s", e.msg);
	assert_true(g.disks[0]->image && g.disks[1]->fd < 0);
	guest_drop_devices(&g, &t);

	KIT_CHECK(guest_adopt_disk(&g, &t, 1, "", 0, &e) == 0, "%s", e.msg);
	assert_int_equal(g.disks[1]->format, DISK_EMPTY);
	assert_int_equal(guest_adopt_disk(&g, &t, 0, target, 0, &e), -1);
	KIT_CHECK(strstr(e.msg, "disk hda: ") == e.msg && strstr(e.msg, "not the device any more"),
		  "%s", e.msg);
	guest_drop_devices(&g, &t);
	assert_null(t.disks);
}

/* One that is not there yet is waited for, and one that has gone is looked for. */
static void test_usb(void **state)
{
	static struct usbdev_spec specs[2] = {{.bus = 1, .addr = 3}, {.bus = 2, .addr = 4}};
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	struct guest g = {.cfg = &cfg};
	struct disk_table t = {NULL};
	char root[256], command[1024];
	bool absent;
	struct err e;

	(void)state;
	snprintf(root, sizeof(root), "%s", kit_path("usb"));
	t.sysroot = root;
	cfg.usbdevs = specs;
	cfg.nr_usbdevs = 2;
	assert_false(guest_knows_devices(&g));
	snprintf(command, sizeof(command),
		 "mkdir -p %s/sys/bus/usb/devices/1-1 %s/sys/bus/usb/devices/2-1; "
		 "cd %s/sys/bus/usb/devices; echo 1 >1-1/busnum; echo 3 >1-1/devnum",
		 root, root, root);
	assert_int_equal(system(command), 0);
	assert_int_equal(guest_hold_devices(&g, &t, &absent, &e), -1);
	assert_string_equal(e.msg, "USB device 4 of bus 2 is not there");
	assert_true(absent);
	assert_null(g.usbdevs);
	kit_text("usb/sys/bus/usb/devices/2-1/busnum", "2");
	kit_text("usb/sys/bus/usb/devices/2-1/devnum", "4");
	KIT_CHECK(guest_hold_devices(&g, &t, &absent, &e) == 0, "%s", e.msg);
	assert_false(absent);
	assert_true(guest_knows_devices(&g));
	assert_string_equal(g.usbdevs[1].name, "2-1");
	assert_false(guest_lost_devices(&g));
	kit_text("usb/sys/bus/usb/devices/2-1/devnum", "5");
	assert_true(guest_lost_devices(&g));
	guest_drop_devices(&g, &t);
	assert_null(g.usbdevs);
	/* A supervisor that takes over knows those that are there. */
	guest_adopt_usb(&g, root);
	assert_true(guest_knows_devices(&g));
	assert_string_equal(g.usbdevs[0].name, "1-1");
	assert_string_equal(g.usbdevs[1].name, "");
	assert_true(guest_lost_devices(&g));
	guest_drop_devices(&g, &t);
}

/* By the file that outlived the supervisor before; a medium that came later is a raw one. */
static void test_adopt_file(void **state)
{
	static char vdev[] = "hdc", target[300];
	struct disk_spec spec = {.vdev = vdev, .target = target, .cdrom = true, .qdisk = true};
	struct disk_table t = {NULL};
	struct disk *d;
	struct err e;

	(void)state;
	spec.format = DISK_QCOW2;
	snprintf(target, sizeof(target), "%s", kit_path("image"));
	kit_text("image", "");
	d = disk_adopt(&t, "web", &spec, open(target, O_RDONLY | O_CLOEXEC), -1, target, &e);
	KIT_CHECK(d, "%s", e.msg);
	assert_true(d->image && d->file_ino && !d->rdev);
	assert_int_equal(d->format, DISK_QCOW2);
	disk_drop(&t, d);
	d = disk_adopt(&t, "web", &spec, open(target, O_RDONLY | O_CLOEXEC), -1, "/other.iso", &e);
	KIT_CHECK(d, "%s", e.msg);
	assert_int_equal(d->format, DISK_RAW);
	disk_drop(&t, d);
	/* The kernel serves no file. */
	spec.qdisk = spec.cdrom = false;
	assert_null(
		disk_adopt(&t, "web", &spec, open(target, O_RDONLY | O_CLOEXEC), -1, target, &e));
	assert_string_equal(e.msg, "disk hdc: what an earlier supervisor held is no disk");
}

/* The file system of an image that has no path outlives the supervisor, too: what the image is
 * based on is found there. */
static void test_adopt_volume(void **state)
{
	static char vdev[] = "xvda", target[] = "LABEL=data:/images/top";
	struct disk_spec spec = {.vdev = vdev,
				 .target = target,
				 .format = DISK_QCOW2,
				 .readwrite = true,
				 .qdisk = true};
	struct guest_config cfg = kit_config("web", GUEST_PV);
	struct guest g = {.cfg = &cfg};
	struct disk_table t = {NULL};
	uint8_t head[QCOW2_BUILD_SIZE];
	struct kept kept;
	struct err e;
	FILE *f;

	(void)state;
	cfg.disks = &spec;
	cfg.nr_disks = 1;
	assert_int_equal(mkdir(kit_path("volume"), 0700), 0);
	assert_int_equal(mkdir(kit_path("volume/images"), 0700), 0);
	kit_text("volume/base", "");
	qcow2_build(head, 3, "../base", "raw");
	f = fopen(kit_path("volume/images/top"), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(head, 1, sizeof(head), f), sizeof(head));
	assert_int_equal(fclose(f), 0);
	kept_init(&kept, -1);
	t.kept = &kept;
	assert_int_equal(kept_came(&kept, "disk web xvda",
				   open(kit_path("volume/images/top"), O_RDWR | O_CLOEXEC)),
			 0);
	assert_int_equal(
		kept_came(&kept, "volume web xvda", open(kit_path("volume"), O_PATH | O_CLOEXEC)),
		0);
	KIT_CHECK(guest_adopt_disk(&g, &t, 0, VOLUME_DIR "/web/xvda/images/top", 0, &e) == 0, "%s",
		  e.msg);
	assert_true(g.disks[0]->image && g.disks[0]->volume >= 0);
	assert_int_equal(g.disks[0]->backing.n, 1);
	assert_string_equal(g.disks[0]->backing.files[0].path,
			    VOLUME_DIR "/web/xvda/images/../base");
	assert_int_equal(kept.n, 2); /* for the next one */
	guest_drop_devices(&g, &t);
	assert_int_equal(kept.n, 0);
	kept_free(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),      cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_usb),          cmocka_unit_test(test_adopt_file),
		cmocka_unit_test(test_adopt_volume), cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
