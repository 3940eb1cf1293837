/*
 * Back ends looked at: disks in the fake store alone, vifs with real interfaces besides, in a
 * network of the test's own. The states are those that Linux's back ends go through.
 */
#include "builder/fake/fake_store.h"
#include "builder/fake/net.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/build/devices.h"
#include "builder/device/vif.h"
#include "builder/describe/disk_spec.h"

#define DOMID 7
#define BACK  "/local/domain/0/backend"
#define FRONT "/local/domain/7/device"

#define XVDA "51712"
#define XVDB "51728"

struct bench {
	struct host host;
	struct guest_config cfg;
	struct disk_spec disks[2];
	struct vif_spec vif_specs[2];
	struct vif vifs[2];
	struct guest guest;
};

/* A guest in the store with so many disks (xvda, xvdb) and vifs (0, 1, on the bridge br). */
static void begin(struct bench *b, size_t disks, size_t vifs)
{
	static char names[2][5] = {"xvda", "xvdb"}, bridge[] = "br";

	fake_reset();
	fake_store()->running = true;
	fake_store()->back_ends = false;
	memset(b, 0, sizeof(*b));
	b->host.xsh = xs_open(0);
	assert_non_null(b->host.xsh);
	b->guest.cfg = &b->cfg;
	b->guest.domid = DOMID;
	b->guest.vifs = b->vifs;
	b->cfg.disks = b->disks;
	b->cfg.vifs = b->vif_specs;
	b->cfg.nr_disks = disks;
	b->cfg.nr_vifs = vifs;
	for (size_t i = 0; i < 2; i++) {
		b->disks[i].vdev = names[i];
		assert_int_equal(disk_vdev_number(names[i], &b->disks[i].vdev_number), 0);
		b->vif_specs[i].bridge = bridge;
		b->vifs[i].spec = &b->vif_specs[i];
		b->vifs[i].devid = (unsigned)i;
	}
}

static void end(struct bench *b)
{
	xs_close(b->host.xsh);
}

static void put(const char *path, const char *value)
{
	fake_store_write(path, value);
}

static void expect(struct bench *b, enum devices_state want)
{
	enum devices_state now;
	struct err e;

	KIT_CHECK(!devices_look(&b->guest, &b->host, &now, &e), "%s", e.msg);
	assert_int_equal(now, want);
}

static void expect_bad(struct bench *b, const char *msg)
{
	enum devices_state now;
	struct err e;

	assert_int_equal(devices_look(&b->guest, &b->host, &now, &e), -1);
	assert_string_equal(e.msg, msg);
	kit_good_message(&e);
}

static void expect_late(struct bench *b, const char *msg)
{
	struct err e;

	assert_int_equal(devices_late(&b->guest, &b->host, 10, &e), -1);
	assert_string_equal(e.msg, msg);
	kit_good_message(&e);
}

static void test_none(void **state)
{
	enum devices_state now = DEVICES_WAITING;
	struct bench b;
	struct xs_handle *xsh;
	struct err e;

	(void)state;
	begin(&b, 0, 0);
	expect(&b, DEVICES_CONNECTED);
	xsh = b.host.xsh;
	b.host.xsh = NULL;
	expect(&b, DEVICES_CONNECTED);
	b.cfg.nr_disks = 1;
	assert_int_equal(devices_look(&b.guest, &b.host, &now, &e), -1);
	assert_string_equal(e.msg, "there is no store for its devices");
	expect_late(&b, "there is no store for its devices");
	b.host.xsh = xsh;
	end(&b);
}

/* pciback serves all devices by one back end, which needs no front end to have found them. */
static void test_pci(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 0, 0);
	b.cfg.nr_pcis = 2;
	expect_bad(&b, "PCI devices: its back end was taken out of the store "
		       "(/local/domain/0/backend/pci/7/0/state)");
	put(BACK "/pci/7/0/state", "1");
	expect(&b, DEVICES_WAITING);
	expect_late(&b,
		    "PCI devices: its back end is not there after 10 s: is xen-pciback loaded?");
	put(BACK "/pci/7/0/state", "2");
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "PCI devices: its back end has not opened it after 10 s");
	put(BACK "/pci/7/0/state", "3");
	expect(&b, DEVICES_CONNECTED);
	put(BACK "/pci/7/0/state", "5");
	put("/local/domain/0/error/backend/pci/7/0/error", "22 Error exporting pci device");
	expect_bad(&b, "PCI devices: its back end has given up: Error exporting pci device: "
		       "Invalid argument");
	end(&b);
}

/* In another domain: nothing is plugged or opened here, and its error is where that one writes. */
static void test_elsewhere(void **state)
{
#define NET "/local/domain/5"
	static char net[] = "net";
	uint32_t by[] = {5, 5};
	struct bench b;

	(void)state;
	begin(&b, 1, 1);
	b.disks[0].backend_domain = b.vif_specs[0].backend_domain = net;
	b.guest.backends = by;
	put(NET "/backend/vbd/7/" XVDA "/state", "1");
	put(NET "/backend/vif/7/0/state", "1");
	put(BACK "/vif/7/0/state", "4");
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "disk xvda: net, domain 5, does not serve it after 10 s: has it its back "
			"end?");
	put(NET "/backend/vbd/7/" XVDA "/state", "2");
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "vif 0: net, domain 5, does not serve it after 10 s: has it xen-netback?");
	put(NET "/backend/vif/7/0/state", "2");
	put(NET "/backend/vif/7/0/hotplug-status", "");
	expect(&b, DEVICES_READY);
	assert_string_equal(fake_store_read(NET "/backend/vif/7/0/hotplug-status"), "");
	assert_null(fake_store_read(FRONT "/vif/0/mtu"));
	put(NET "/backend/vbd/7/" XVDA "/state", "4");
	put(NET "/backend/vif/7/0/state", "4");
	expect(&b, DEVICES_CONNECTED);
	put(NET "/backend/vif/7/0/state", "6");
	put(NET "/error/backend/vif/7/0/error", "no \n memory");
	expect_bad(&b, "vif 0: its back end has given up: no ? memory");
	fake_store_remove(NET "/backend/vif/7/0");
	expect_bad(&b, "vif 0: its back end was taken out of the store (" NET
		       "/backend/vif/7/0/state)");
	/* None serves it now. */
	by[1] = NO_DOMAIN;
	expect(&b, DEVICES_WAITING);
	/* A QEMU there */
	by[1] = 5;
	put(NET "/backend/vif/7/0/state", "4");
	b.disks[0].format = DISK_QCOW2;
	put(NET "/backend/qdisk/7/" XVDA "/state", "1");
	expect(&b, DEVICES_WAITING);
	put(NET "/backend/qdisk/7/" XVDA "/state", "4");
	expect(&b, DEVICES_CONNECTED);
	end(&b);
#undef NET
}

/* QEMU's back ends are elsewhere. An emulated cdrom drive is not waited for. */
static void test_qdisks(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 2, 0);
	b.cfg.type = GUEST_HVM;
	b.disks[0].qdisk = b.disks[1].qdisk = b.disks[1].cdrom = true;
	put(BACK "/qdisk/7/" XVDA "/state", "1");
	put(BACK "/qdisk/7/" XVDB "/state", "1");
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "disk xvda: QEMU does not serve it after 10 s; its log tells why");
	fake_store_remove(BACK "/qdisk/7/" XVDA);
	expect_bad(&b, "disk xvda: QEMU has given it up; its log tells why");
	put(BACK "/qdisk/7/" XVDA "/state", "2");
	expect(&b, DEVICES_READY);
	put(BACK "/qdisk/7/" XVDA "/state", "4");
	expect(&b, DEVICES_CONNECTED);
	/* A pv guest has the drive as it has any disk. */
	b.cfg.type = GUEST_PV;
	expect(&b, DEVICES_WAITING);
	put(BACK "/qdisk/7/" XVDB "/state", "6");
	put("/local/domain/0/error/backend/qdisk/7/" XVDB "/error", "22 no");
	expect_bad(&b, "disk xvdb: its back end has given up: no: Invalid argument");
	end(&b);
}

static void test_disks(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 2, 0);
	put(BACK "/vbd/7/" XVDA "/state", "1");
	put(BACK "/vbd/7/" XVDB "/state", "1");
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "disk xvda: its back end is not there after 10 s: is xen-blkback loaded?");
	put(BACK "/vbd/7/" XVDA "/state", "2");
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "disk xvdb: its back end is not there after 10 s: is xen-blkback loaded?");
	put(BACK "/vbd/7/" XVDB "/state", "2");
	expect(&b, DEVICES_READY);
	expect_late(&b, "disk xvda: the guest has not connected with it after 10 s");
	put(BACK "/vbd/7/" XVDA "/state", "4");
	expect(&b, DEVICES_READY);
	expect_late(&b, "disk xvdb: the guest has not connected with it after 10 s");
	put(BACK "/vbd/7/" XVDB "/state", "3");
	expect(&b, DEVICES_READY);
	put(BACK "/vbd/7/" XVDB "/state", "4");
	expect(&b, DEVICES_CONNECTED);
	expect_late(&b, "its devices took more than 10 s");
	put(BACK "/vbd/7/" XVDB "/state", "8"); /* Reconfigured */
	expect(&b, DEVICES_CONNECTED);
	/* What no state can be. */
	put(BACK "/vbd/7/" XVDB "/state", "44");
	expect(&b, DEVICES_WAITING);
	put(BACK "/vbd/7/" XVDB "/state", "");
	expect(&b, DEVICES_WAITING);
	put(BACK "/vbd/7/" XVDB "/state", "9");
	expect(&b, DEVICES_WAITING);
	end(&b);
}

/* The block back end waits for the guest before it has opened the disk. */
static void test_not_open(void **state)
{
	static const char *const dirs[] = {"/sys/bus/xen-backend", "/sys/bus/xen-backend/devices",
					   "/sys/bus/xen-backend/devices/vbd-7-" XVDA};
	struct bench b;

	(void)state;
	net_need(); /* a name space for mounts, too */
	assert_int_equal(mount("none", "/sys/bus", "tmpfs", 0, NULL), 0);
	begin(&b, 1, 0);
	put(BACK "/vbd/7/" XVDA "/state", "2");
	expect(&b, DEVICES_READY);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(mkdir(dirs[i], 0755), 0);
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "disk xvda: its back end has not opened it after 10 s");
	assert_int_equal(mkdir("/sys/bus/xen-backend/devices/vbd-7-" XVDA "/physical_device", 0755),
			 0);
	expect(&b, DEVICES_READY);
	put(BACK "/vbd/7/" XVDA "/state", "4");
	expect(&b, DEVICES_CONNECTED);
	end(&b);
	assert_int_equal(umount("/sys/bus"), 0);
}

static void test_given_up(void **state)
{
	char msg[300];
	struct bench b;

	(void)state;
	begin(&b, 1, 0);
	put(BACK "/vbd/7/" XVDA "/state", "5");
	put(FRONT "/vbd/" XVDA "/state", "1");
	expect_bad(&b, "disk xvda: its back end has given up");
	expect_late(&b, "disk xvda: its back end has given up");
	put("/local/domain/0/error/backend/vbd/7/" XVDA "/error", "2 creating vbd structure");
	snprintf(msg, sizeof(msg),
		 "disk xvda: its back end has given up: creating vbd structure: %s",
		 strerror(ENOENT));
	expect_bad(&b, msg);
	put(BACK "/vbd/7/" XVDA "/state", "6");
	put(FRONT "/vbd/" XVDA "/state", "6");
	expect_bad(&b, msg);
	/* What a guest has a part in is printed as what it is. */
	put("/local/domain/0/error/backend/vbd/7/" XVDA "/error",
	    "0 unknown fe protocol \x1b[2J\nearlydom: fine\xff");
	expect_bad(&b, "disk xvda: its back end has given up: unknown fe protocol ?[2J?earlydom: "
		       "fine?");
	put("/local/domain/0/error/backend/vbd/7/" XVDA "/error", "no number");
	expect_bad(&b, "disk xvda: its back end has given up: no number");
	end(&b);
}

/* The guest's kernel closes its devices when it ends: that is no fault. */
static void test_closed_by_guest(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1, 0);
	put(BACK "/vbd/7/" XVDA "/state", "5");
	put(FRONT "/vbd/" XVDA "/state", "5");
	expect(&b, DEVICES_READY);
	put(BACK "/vbd/7/" XVDA "/state", "6");
	put(FRONT "/vbd/" XVDA "/state", "6");
	expect(&b, DEVICES_READY);
	end(&b);
}

static void test_store_fails(void **state)
{
	char msg[300];
	struct bench b;

	(void)state;
	begin(&b, 1, 0);
	expect_bad(&b, "disk xvda: its back end was taken out of the store "
		       "(" BACK "/vbd/7/" XVDA "/state)");
	put(BACK "/vbd/7/" XVDA "/state", "2");
	fake_fail_call("xs_read", 1, EIO);
	snprintf(msg, sizeof(msg),
		 "disk xvda: cannot read " BACK "/vbd/7/" XVDA "/state from the store: %s",
		 strerror(EIO));
	expect_bad(&b, msg);
	expect(&b, DEVICES_READY);
	end(&b);
}

static void test_vifs(void **state)
{
	struct bench b;
	struct err e;

	(void)state;
	net_need();
	net_make("br", "bridge");
	begin(&b, 1, 2);
	b.vif_specs[1].mtu = 1400;
	put(BACK "/vbd/7/" XVDA "/state", "2");
	put(BACK "/vif/7/0/state", "1");
	put(BACK "/vif/7/1/state", "1");
	put(BACK "/vif/7/0/hotplug-status", "");
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "vif 0: its back end is not there after 10 s: is xen-netback loaded?");
	/* A back end without its interface: none is plugged, nothing is told. */
	put(BACK "/vif/7/0/state", "2");
	put(BACK "/vif/7/1/state", "2");
	expect(&b, DEVICES_WAITING);
	expect_late(&b, "vif 0: its back end is there, but the interface vif7.0 is not after 10 s");
	assert_string_equal(fake_store_read(BACK "/vif/7/0/hotplug-status"), "");
	net_make("vif7.0", "veth");
	expect(&b, DEVICES_WAITING);
	assert_string_equal(fake_store_read(BACK "/vif/7/0/hotplug-status"), "connected");
	assert_string_equal(fake_store_read(FRONT "/vif/0/mtu"), "1500");
	assert_true(b.vifs[0].plugged && !b.vifs[1].plugged);
	assert_null(fake_store_read(BACK "/vif/7/1/hotplug-status"));
	net_make("vif7.1", "veth");
	expect(&b, DEVICES_READY);
	assert_string_equal(fake_store_read(BACK "/vif/7/1/hotplug-status"), "connected");
	assert_string_equal(fake_store_read(FRONT "/vif/1/mtu"), "1400");
	assert_int_equal(net_get("vif7.1").master, net_get("br").index);
	/* Plugged is plugged: the next looks leave it alone. */
	assert_int_equal(link_set_master(net_get("vif7.1").index, 0, &e), 0);
	put(BACK "/vif/7/0/state", "4");
	put(BACK "/vif/7/1/state", "4");
	expect(&b, DEVICES_READY);
	put(BACK "/vbd/7/" XVDA "/state", "4");
	expect(&b, DEVICES_CONNECTED);
	assert_int_equal(net_get("vif7.1").master, 0);
	end(&b);
	net_remove("vif7.0");
	net_remove("vif7.1");
	net_remove("br");
}

/* One that is routed: the guest is told what it is told on a bridge. */
static void test_routed(void **state)
{
	static char gateway[] = "gw", ip[] = "192.0.2.7";
	struct bench b;

	(void)state;
	net_need();
	begin(&b, 0, 1);
	b.vif_specs[0].way = VIF_ROUTED;
	b.vif_specs[0].gatewaydev = gateway;
	b.vif_specs[0].ip = ip;
	put(BACK "/vif/7/0/state", "2");
	net_make("vif7.0", "veth");
	expect_bad(&b, "vif 0: there is no interface gw, which is its gatewaydev");
	net_make("gw", "bridge");
	net_address("gw", "192.0.2.1", 24);
	expect(&b, DEVICES_READY);
	assert_string_equal(fake_store_read(BACK "/vif/7/0/hotplug-status"), "connected");
	assert_string_equal(fake_store_read(FRONT "/vif/0/mtu"), "1500");
	assert_string_equal(net_route("192.0.2.7", 32, 2), "vif7.0");
	end(&b);
	net_remove("vif7.0");
	net_remove("gw");
}

static void test_vif_fails(void **state)
{
	char msg[300];
	struct bench b;

	(void)state;
	net_need();
	begin(&b, 0, 1);
	net_make("vif7.0", "veth");
	put(BACK "/vif/7/0/state", "2");
	expect_bad(&b, "vif 0: there is no bridge br (earlydom.bridge=br makes one)");
	/* What could not be told is told the next time. */
	net_make("br", "bridge");
	fake_fail_call("xs_write", 2, EIO);
	snprintf(msg, sizeof(msg),
		 "vif 0: cannot write " BACK "/vif/7/0/hotplug-status to the store: %s",
		 strerror(EIO));
	expect_bad(&b, msg);
	assert_false(b.vifs[0].plugged);
	expect(&b, DEVICES_READY);
	assert_string_equal(fake_store_read(BACK "/vif/7/0/hotplug-status"), "connected");
	/* The driver has given up. */
	put(BACK "/vif/7/0/state", "5");
	put("/local/domain/0/error/backend/vif/7/0/error", "12 creating interface");
	snprintf(msg, sizeof(msg), "vif 0: its back end has given up: creating interface: %s",
		 strerror(ENOMEM));
	expect_bad(&b, msg);
	end(&b);
	net_remove("vif7.0");
	net_remove("br");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),        cmocka_unit_test(test_disks),
		cmocka_unit_test(test_pci),         cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_qdisks),      cmocka_unit_test(test_not_open),
		cmocka_unit_test(test_given_up),    cmocka_unit_test(test_closed_by_guest),
		cmocka_unit_test(test_store_fails), cmocka_unit_test(test_vifs),
		cmocka_unit_test(test_routed),      cmocka_unit_test(test_vif_fails),
	};

	return cmocka_run_group_tests(tests, net_begin, kit_end);
}
