/* The nodes of one device: where they are, and a list that can't be made whole. */
#include "builder/fake/kit.h"

#include <wchar.h>

#include "builder/describe/disk_spec.h"
#include "builder/store/device_nodes.h"

static const struct node *find(const struct nodes *n, const char *path)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].value && !strcmp(n->v[i].path, path))
			return &n->v[i];
	return NULL;
}

static void test_places(void **state)
{
	struct nodes n = {.domid = 7};
	struct device_nodes d;

	(void)state;
	device_begin(&d, &n, "vif", 2);
	device_back(&d, "mac", "%s", "00:16:3e:00:00:01");
	device_front(&d, NODE_INHERITS, "handle", "%d", 2);
	assert_string_equal(find(&n, "/local/domain/0/backend/vif/7/2/mac")->value,
			    "00:16:3e:00:00:01");
	assert_string_equal(find(&n, "/libxl/7/device/vif/2/mac")->value, "00:16:3e:00:00:01");
	assert_string_equal(find(&n, "/local/domain/7/device/vif/2/handle")->value, "2");
	assert_null(find(&n, "/local/domain/7/device/vif/2/mac"));
	assert_false(n.failed);
	nodes_free(&n);
	n.domid = 7;
	device_begin(&d, &n, "console", 0);
	device_front(&d, NODE_INHERITS, "type", "xenconsoled");
	assert_string_equal(find(&n, "/local/domain/7/console/type")->value, "xenconsoled");
	nodes_free(&n);
}

static const char *value(const struct nodes *n, const char *path)
{
	const struct node *found = find(n, path);

	return found ? found->value : NULL;
}

/* What libxl writes for QEMU: no script, no number of a device. */
static void test_qdisk(void **state)
{
	static char vdev[] = "hda", target[] = "/img/a:b.vhd";
	struct disk_spec spec = {.vdev = vdev,
				 .target = target,
				 .vdev_number = 768,
				 .readwrite = true,
				 .direct_io_safe = true,
				 .qdisk = true};
	struct disk disk = {.spec = &spec, .format = DISK_VHD, .path = "/img/a:b.vhd"};
	struct nodes n = {.domid = 7};

	(void)state;
	disk_nodes(&disk, "x86_64-abi", &n);
#define BACK  "/local/domain/0/backend/qdisk/7/768"
#define FRONT "/local/domain/7/device/vbd/768"
#define LIBXL "/libxl/7/device/vbd/768"
	assert_string_equal(value(&n, BACK "/params"), "vhd:/img/a:b.vhd");
	assert_string_equal(value(&n, LIBXL "/params"), "vhd:/img/a:b.vhd");
	assert_string_equal(value(&n, BACK "/frontend"), FRONT);
	assert_string_equal(value(&n, FRONT "/backend"), BACK);
	assert_string_equal(value(&n, LIBXL "/backend"), BACK);
	assert_string_equal(value(&n, LIBXL "/type"), "qdisk");
	assert_string_equal(value(&n, BACK "/device-type"), "disk");
	assert_string_equal(value(&n, BACK "/removable"), "0");
	assert_string_equal(value(&n, BACK "/mode"), "w");
	assert_string_equal(value(&n, BACK "/direct-io-safe"), "1");
	assert_string_equal(value(&n, FRONT "/protocol"), "x86_64-abi");
	assert_null(value(&n, BACK "/script"));
	assert_null(value(&n, BACK "/physical-device"));
	assert_null(value(&n, BACK "/hotplug-status"));
	nodes_free(&n);
#undef BACK
#undef FRONT
#undef LIBXL
}

/* A cdrom drive with a medium and without: QEMU's in an hvm guest, the kernel's in others. */
static void test_cdrom(void **state)
{
	static char vdev[] = "hdc", target[] = "/img/a.iso";
	struct disk_spec spec = {.vdev = vdev, .vdev_number = 5632, .cdrom = true, .qdisk = true};
	struct disk disk = {.spec = &spec, .format = DISK_EMPTY};
	struct nodes n = {.domid = 7};

	(void)state;
	disk_nodes(&disk, NULL, &n);
	assert_string_equal(value(&n, "/local/domain/0/backend/qdisk/7/5632/params"), "aio:");
	assert_string_equal(value(&n, "/libxl/7/device/vbd/5632/params"), "aio:");
	assert_string_equal(value(&n, "/libxl/7/device/vbd/5632/removable"), "1");
	assert_string_equal(value(&n, "/libxl/7/device/vbd/5632/mode"), "r");
	assert_string_equal(value(&n, "/libxl/7/device/vbd/5632/discard-enable"), "0");
	assert_string_equal(value(&n, "/local/domain/7/device/vbd/5632/device-type"), "cdrom");
	assert_null(value(&n, "/local/domain/7/device/vbd/5632/protocol"));
	nodes_free(&n);

	spec.qdisk = false;
	spec.target = target;
	disk.format = DISK_RAW;
	disk.loop = true;
	strcpy(disk.path, "/dev/loop3");
	n.domid = 7;
	disk_nodes(&disk, NULL, &n);
	assert_string_equal(value(&n, "/local/domain/0/backend/vbd/7/5632/params"), "/img/a.iso");
	assert_string_equal(value(&n, "/local/domain/0/backend/vbd/7/5632/device-type"), "cdrom");
	assert_string_equal(value(&n, "/local/domain/0/backend/vbd/7/5632/node"), "/dev/loop3");
	nodes_free(&n);
}

/* A value that can't be written out: the list is not to be used, and has no half of it. */
static void test_no_value(void **state)
{
	static const wchar_t none[] = {0x7fffffff, 0}; /* no character; vasprintf fails */
	struct nodes n = {.domid = 7};
	struct device_nodes d;
	struct err e;
	size_t before;

	(void)state;
	device_begin(&d, &n, "vif", 2);
	before = n.n;
	device_back(&d, "mac", "%ls", none);
	assert_true(n.failed);
	assert_int_equal(n.n, before);
	n.failed = false;
	device_front(&d, NODE_INHERITS, "handle", "%ls", none);
	assert_true(n.failed);
	assert_int_equal(n.n, before);
	assert_int_equal(nodes_send(&n, -1, 0, &e), -1);
	kit_good_message(&e);
	nodes_free(&n);
}

/* The value of a node of the vif's back end, NULL without one. */
static const char *of_vif(const char *text, const char *name)
{
	static char value[128];
	struct vif_spec spec = {.devid = 0};
	const struct vif vif = {.spec = &spec};
	struct nodes n = {.domid = 7};
	const struct node *node;
	char path[128];
	struct err e;

	assert_int_equal(vif_spec_parse(text, &spec, &e), 0);
	vif_nodes(&vif, &n);
	snprintf(path, sizeof(path), "/local/domain/0/backend/vif/7/0/%s", name);
	node = find(&n, path);
	if (node)
		snprintf(value, sizeof(value), "%s", node->value);
	nodes_free(&n);
	vif_spec_free(&spec);
	return node ? value : NULL;
}

/* As libxl writes them: a name of a script is one in its own directory, and what a script does not
 * look at is there, too. */
static void test_vif(void **state)
{
	static const char routed[] = "script=vif-route,ip=192.0.2.7 10.9.0.0/16,gatewaydev=eth0";

	(void)state;
	assert_string_equal(of_vif("", "script"), "/etc/xen/scripts/vif-bridge");
	assert_null(of_vif("", "gatewaydev"));
	assert_null(of_vif("", "ip"));
	assert_string_equal(of_vif("", "bridge"), "xenbr0");
	assert_string_equal(of_vif(routed, "script"), "/etc/xen/scripts/vif-route");
	assert_string_equal(of_vif(routed, "gatewaydev"), "eth0");
	assert_string_equal(of_vif(routed, "ip"), "192.0.2.7 10.9.0.0/16");
	assert_string_equal(of_vif(routed, "bridge"), "xenbr0");
	assert_string_equal(of_vif(routed, "type"), "vif");
	assert_null(of_vif(routed, "mtu"));
	assert_string_equal(of_vif("script=/usr/etc/xen/scripts/vif-bridge,mtu=9000", "script"),
			    "/usr/etc/xen/scripts/vif-bridge");
	assert_string_equal(of_vif("mtu=9000", "mtu"), "9000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),   cmocka_unit_test(test_qdisk),
		cmocka_unit_test(test_cdrom),    cmocka_unit_test(test_vif),
		cmocka_unit_test(test_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
