/*
 * The keys disk and vif: what is kept of each entry, what can't be served, and entries that do not
 * go together.
 */
#include "config_expect.h"
#include "builder/describe/tag_spec.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/vif_spec.h"

static void test_disks(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	read_good("disk = [ '/dev/vg/web,raw,xvda,rw',\n"
		  "  'format=raw, vdev=xvdb, access=ro, discard, target=/images/a, b.img',\n"
		  "  'phy:UUID=0a1b-2c3d,xvdc1,r', 'LABEL=web "
		  "data,,xvdd,backendtype=phy,untrusted',\n"
		  "  'vdev=xvde,script=block,backend=0,specification=xen,target=PARTUUID=1-01',\n"
		  "  'PARTLABEL=x,raw,xvdf,ro,script=/etc/xen/scripts/block,backend=Domain-0',\n"
		  "  'PARTLABEL=x,raw,xvdg,ro,direct-io-safe',\n"
		  "]",
		  "", &c, &g);
	assert_int_equal(g.nr_disks, 7);
	assert_string_equal(g.disks[0].target, "/dev/vg/web");
	assert_string_equal(g.disks[0].vdev, "xvda");
	assert_int_equal(g.disks[0].vdev_number, 51712);
	assert_true(g.disks[0].readwrite);
	assert_string_equal(g.disks[1].target, "/images/a, b.img");
	assert_int_equal(g.disks[1].discard, DISK_FLAG_ON);
	assert_false(g.disks[1].readwrite);
	assert_string_equal(g.disks[2].target, "UUID=0a1b-2c3d");
	assert_string_equal(tag_value(g.disks[2].target), "0a1b-2c3d");
	assert_string_equal(g.disks[3].target, "LABEL=web data");
	assert_int_equal(g.disks[3].trusted, DISK_FLAG_OFF);
	assert_string_equal(g.disks[4].target, "PARTUUID=1-01");
	assert_string_equal(g.disks[5].target, "PARTLABEL=x");
	assert_true(g.disks[6].direct_io_safe);
	assert_null(tag_value("/dev/UUID=x"));
	read_done(&c, &g);

	read_good("disk = []; vif = []", "", &c, &g);
	assert_int_equal(g.nr_disks, 0);
	assert_int_equal(g.nr_vifs, 0);
	read_done(&c, &g);
}

/* What QEMU serves, and what the kernel does. */
static void test_back_ends(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	read_good(
		"disk = [ 'tap:qcow2:/a,xvda,w', '/b,,xvdb,backendtype=qdisk', 'file:/c,xvdc,w',\n"
		"  '/d.iso,raw,hdc,cdrom', '/e,vmdk,xvde', '/f,vhd,xvdf', 'phy:vg/g,xvdg,w' ]",
		"", &c, &g);
	assert_int_equal(g.nr_disks, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(g.disks[i].entry, i);
		assert_int_equal(g.disks[i].qdisk, i == 0 || i == 1 || i == 4 || i == 5);
	}
	assert_int_equal(g.nr_qdisks, 4);
	assert_true(guest_config_needs_qemu(&g));
	assert_string_equal(g.disks[6].target, "/dev/vg/g");
	read_done(&c, &g);

	read_good("disk = [ '/a,raw,xvda' ]", "", &c, &g);
	assert_int_equal(g.nr_qdisks, 0);
	assert_false(guest_config_needs_qemu(&g));
	read_done(&c, &g);
}

/* What QEMU's back end does not take. */
static void test_qemu_can_not(void **state)
{
	(void)state;
	refuses("disk = [ '/a,qcow2,xvda,ro', '/b,qcow2,51728', '/c,,xvdc,r',\n"
		" '/d,,51792,backendtype=qdisk,r' ]",
		"web.cfg:2:10: disk, entry 1: QEMU serves no disk for reading only: a raw one "
		"without backendtype=qdisk can be\n"
		"web.cfg:2:30: disk, entry 2: QEMU serves no disk by its number alone: vdev is a "
		"name, such as xvda\n"
		"web.cfg:3:2: disk, entry 4: QEMU serves no disk by its number alone: vdev is a "
		"name, such as xvda\n");
	notes("disk = [ '/a,qcow2,xvda,cdrom' ]", "");
}

/* What stays empty is no disk; the others keep their places in the list. */
static void test_empty_drives(void **state)
{
	static const char text[] = LEAST "\ndisk = [ ',hdc:cdrom,r', '/a,raw,xvda',\n"
					 " 'vdev=hdd,cdrom', '/b,qcow2,xvdb' ]";
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	(void)state;
	assert_int_equal(read_text("web.cfg", text, &c, &g, &d), 0);
	expect_diag(&d, "web.cfg:2:10: note: disk, entry 1: the cdrom drive hdc stays empty: only "
			"hvm guests get media later\n"
			"web.cfg:3:2: note: disk, entry 3: the cdrom drive hdd stays empty: only "
			"hvm guests get media later\n");
	assert_int_equal(g.nr_disks, 2);
	assert_int_equal(g.disks[0].entry, 1);
	assert_string_equal(g.disks[0].vdev, "xvda");
	assert_int_equal(g.disks[1].entry, 3);
	assert_string_equal(g.disks[1].vdev, "xvdb");
	assert_int_equal(g.nr_qdisks, 1);
	read_done(&c, &g);
}

static void test_vifs(void **state)
{
	static const uint8_t mac[] = {0x00, 0x16, 0x3e, 0x01, 0x02, 0x03};
	struct descriptor c;
	struct guest_config g;

	(void)state;
	read_good(
		"vif = [ '', 'mac=00:16:3e:01:02:03,bridge=xenbr1,vifname=web0,mtu=9000,trusted',\n"
		"  'devid=7,rate=10MB/s@20ms,ip=192.0.2.1 192.0.2.2,script=vif-route,backend=0',\n"
		"  'script=vif-bridge', 'script=/etc/xen/scripts/vif-bridge,backend=Domain-0',\n"
		"  'devid=65535' ]",
		"", &c, &g);
	assert_int_equal(g.nr_vifs, 6);
	assert_int_equal(g.vifs[0].devid, 0);
	assert_false(g.vifs[0].has_devid || g.vifs[0].has_mac || g.vifs[0].bridge);
	assert_int_equal(g.vifs[1].devid, 1);
	assert_memory_equal(g.vifs[1].mac, mac, 6);
	assert_string_equal(g.vifs[1].bridge, "xenbr1");
	assert_string_equal(g.vifs[1].vifname, "web0");
	assert_int_equal(g.vifs[1].mtu, 9000);
	assert_int_equal(g.vifs[1].trust, VIF_TRUSTED);
	assert_int_equal(g.vifs[2].devid, 7);
	assert_true(g.vifs[2].has_devid && g.vifs[2].has_rate);
	assert_string_equal(g.vifs[2].ip, "192.0.2.1 192.0.2.2");
	assert_int_equal(g.vifs[2].way, VIF_ROUTED);
	assert_int_equal(g.vifs[3].devid, 3);
	assert_int_equal(g.vifs[4].devid, 4);
	assert_int_equal(g.vifs[5].devid, 65535);
	read_done(&c, &g);
}

/* The key's only entry, whose string is `text`, is refused with that cause. */
static void refuses_entry(const char *key, const char *text, const char *cause)
{
	char line[8192], want[1024];

	snprintf(line, sizeof(line), "%s = [ '%s' ]", key, text);
	snprintf(want, sizeof(want), "web.cfg:2:%zu: %s = \"%.48s%s\": %s\n", strlen(key) + 6, key,
		 text, strlen(text) > 48 ? "..." : "", cause);
	refuses(line, want);
}

static void test_disk_not_served(void **state)
{
	char text[4200] = "vdev=xvda,target=/";

	(void)state;
	refuses_entry("disk", "/b,raw", "vdev is missing");
	refuses_entry("disk", "/a,raw,xvda,backendtype=tap",
		      "backendtype tap is not supported: there is no blktap any more: leave it "
		      "out");
	refuses_entry("disk", "/a,raw,xvda,backendtype=standalone",
		      "backendtype standalone is not supported: it needs a virtio back end, which "
		      "is no part of Xen: leave it out");
	refuses_entry("disk", "/a,raw,xvda,specification=virtio",
		      "specification virtio is not supported: it needs a virtio back end, which "
		      "is no part of Xen: leave it out");
	refuses_entry("disk", "/a,qcow2,xvda,backendtype=phy",
		      "backendtype phy serves raw images alone, and format is qcow2: leave it "
		      "out");
	refuses_entry("disk", ",hdc:cdrom,r,backendtype=phy",
		      "backendtype phy serves raw images alone, and format is empty: leave it "
		      "out");
	refuses_entry("disk", "/a,raw,xvda,script=block-drbd",
		      "script block-drbd is not supported: no script is run: have dom0 make a "
		      "block device of it, and name that");
	refuses_entry("disk", "/a,raw,xvda,script=/opt/block",
		      "script /opt/block is not supported: no script is run: have dom0 make a "
		      "block device of it, and name that");
	refuses_entry("disk", "iscsi:iqn.2001-05.com:0,xvda,w",
		      "script block-iscsi is not supported: no script is run: have dom0 make a "
		      "block device of it, and name that");
	refuses_entry("disk", "/a,qcow2,xvda,script=block",
		      "script block is for raw disks that the kernel serves");
	refuses_entry("disk", "/a,,xvda,script=block,backendtype=qdisk",
		      "script block is for raw disks that the kernel serves");
	refuses_entry("disk", "rbd:pool/web,raw,xvda,backendtype=qdisk",
		      "target 'rbd:pool/web' is not supported: it must be a file or a block "
		      "device of dom0's");
	refuses_entry("disk", "/,raw,xvda", "target '/' is a directory");
	refuses_entry("disk", "a/,raw,xvda", "target 'a/' is a directory");
	refuses_entry("disk", "UUID=,raw,xvda", "target 'UUID=' has nothing behind '='");
	refuses_entry("disk", "LABEL=:/a,raw,xvda", "target 'LABEL=:/a' has nothing behind '='");
	refuses_entry("disk", "LABEL=a:/../b,raw,xvda",
		      "target 'LABEL=a:/../b': what is behind ':' must be the path of a file, "
		      "without '..'");
	refuses_entry("disk", "UUID=1:/,raw,xvda",
		      "target 'UUID=1:/': what is behind ':' must be the path of a file, without "
		      "'..'");
	refuses_entry("disk", "UUID=1:/a/,raw,xvda",
		      "target 'UUID=1:/a/': what is behind ':' must be the path of a file, "
		      "without '..'");
	refuses_entry("disk", "uuid=1,raw,xvda", "unknown parameter 'uuid'");
	/* The path has 4096 characters. */
	memset(text + strlen(text), 'x', 4095);
	refuses_entry("disk", text, "target is longer than 4095 characters");
}

static void test_long_target(void **state)
{
	char text[4200] = "disk = [ 'vdev=xvda,target=/";
	struct descriptor c;
	struct guest_config g;

	(void)state;
	memset(text + strlen(text), 'x', 4094);
	strcat(text, "' ]");
	read_good(text, "", &c, &g);
	assert_int_equal(strlen(g.disks[0].target), 4095);
	read_done(&c, &g);
}

static void test_vif_not_served(void **state)
{
	(void)state;
	refuses_entry("vif", "brige=x", "unknown parameter 'brige', did you mean 'bridge'?");
	refuses_entry("vif", "script=vif-openvswitch",
		      "script vif-openvswitch is not supported: no script is run; bridge=NAME puts "
		      "it on a bridge of Linux's");
	refuses_entry("vif", "script=/opt/vif-bridge",
		      "script /opt/vif-bridge is not supported: no script is run; vif-bridge with "
		      "bridge=NAME and vif-route with gatewaydev=NAME are done without one");
	refuses_entry("vif", "devid=65536", "devid is at most 65535");
	refuses_entry("vif", "mac=01:16:3e:00:00:01",
		      "mac '01:16:3e:00:00:01' is a group address: the first byte must be even");
}

static void test_lists(void **state)
{
	struct descriptor c;
	struct guest_config g;
	char many[1024];

	(void)state;
	refuses("disk = '/b,raw,xvda'",
		"web.cfg:2:8: disk = \"/b,raw,xvda\": must be a list of strings, in [ ]\n");
	refuses("vif = 'bridge=x'",
		"web.cfg:2:7: vif = \"bridge=x\": must be a list of strings, in [ ]\n");
	refuses("disk = [", "web.cfg:2:8: the list has no closing ]\n");
	refuses("disk = [ [5] ]", "web.cfg:2:10: disk = [...]: must be a string, not a list\n");
	strcpy(many, "vif = [");
	for (int i = 0; i < 256; i++)
		strcat(many, "'',");
	strcat(many, "]");
	read_good(many, "", &c, &g);
	assert_int_equal(g.nr_vifs, 256);
	read_done(&c, &g);
	strcpy(strrchr(many, ']'), "'']");
	refuses(many, "web.cfg:2:7: vif has 257 entries: a guest can have 256\n");
	/* All entries are looked at. */
	refuses("disk = [ '/a,raw', '/b,foo,xvda',\n '/c,raw,xvdb' ]",
		"web.cfg:2:10: disk, entry 1 = \"/a,raw\": vdev is missing\n"
		"web.cfg:2:20: disk, entry 2 = \"/b,foo,xvda\": unknown format 'foo'\n");
}

static void test_same_disks(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	refuses("disk = [ '/a,raw,xvda', '/b,raw,xvdb', '/c,raw,51712', '/d,raw,xvdb' ]",
		"web.cfg:2:40: disk, entry 3: the vdev is already that of entry 1\n"
		"web.cfg:2:56: disk, entry 4: the vdev is already that of entry 2\n");
	refuses("disk = [ '/a,raw,xvda', '/b,raw,xvda', '/c,raw,xvdb' ]",
		"web.cfg:2:25: disk, entry 2: the vdev is already that of entry 1\n");
	refuses("disk = [ '/a,raw,xvda', '/a,raw,xvdb' ]",
		"web.cfg:2:25: disk, entry 2: /a is already in entry 1, and one of them writes "
		"it\n");
	refuses("disk = [ '/a,raw,xvda,ro', '/a,raw,xvdb' ]",
		"web.cfg:2:28: disk, entry 2: /a is already in entry 1, and one of them writes "
		"it\n");
	refuses("disk = [ '/a,raw,xvda', '/a,raw,xvdb,r', '/a,raw,xvdc,r' ]",
		"web.cfg:2:25: disk, entry 2: /a is already in entry 1, and one of them writes it\n"
		"web.cfg:2:42: disk, entry 3: /a is already in entry 1, and one of them writes "
		"it\n");
	read_good("disk = [ '/a,raw,xvda,ro', '/a,raw,xvdb,ro' ]", "", &c, &g);
	assert_int_equal(g.nr_disks, 2);
	read_done(&c, &g);
}

static void test_same_vifs(void **state)
{
	(void)state;
	refuses("vif = [ 'devid=3', 'devid=3', '' ]",
		"web.cfg:2:20: vif, entry 2: the devid is already that of entry 1\n");
	refuses("vif = [ 'devid=1', '' ]",
		"web.cfg:2:20: vif, entry 2: its place, a devid, is already that of entry 1\n");
	refuses("vif = [ '', 'devid=0' ]",
		"web.cfg:2:13: vif, entry 2: the devid is already that of entry 1\n");
	refuses("vif = [ 'mac=00:16:3e:00:00:0A', '', 'mac=00:16:3E:00:00:0a' ]",
		"web.cfg:2:38: vif, entry 3: the mac is already that of entry 1\n");
	refuses("vif = [ 'vifname=a', 'vifname=b', 'vifname=a' ]",
		"web.cfg:2:35: vif, entry 3: the vifname is already that of entry 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disks),           cmocka_unit_test(test_vifs),
		cmocka_unit_test(test_disk_not_served), cmocka_unit_test(test_long_target),
		cmocka_unit_test(test_vif_not_served),  cmocka_unit_test(test_lists),
		cmocka_unit_test(test_same_disks),      cmocka_unit_test(test_same_vifs),
		cmocka_unit_test(test_back_ends),       cmocka_unit_test(test_empty_drives),
		cmocka_unit_test(test_qemu_can_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
