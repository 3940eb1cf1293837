/* Vifs, plugged for real in a network of the test's own; pairs of veth stand for the back end's. */
#include "builder/fake/net.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/device/vif.h"

#define DOMID 7

static char br_name[] = "br", web0[] = "web0";
static const uint8_t no_frame[6] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};

static struct vif one(const struct vif_spec *spec)
{
	return (struct vif){.spec = spec, .devid = spec->devid};
}

static void expect_bad(struct vif *v, const char *msg)
{
	struct err e;

	assert_int_equal(vif_plug(v, DOMID, &e), -1);
	assert_string_equal(e.msg, msg);
	assert_false(v->plugged);
	kit_good_message(&e);
}

static void test_init(void **state)
{
	const struct vif_spec specs[3] = {
		{.bridge = br_name, .has_mac = true, .mac = {2, 1, 2, 3, 4, 5}, .devid = 4},
		{.bridge = br_name, .devid = 0},
		{.bridge = br_name, .devid = 1},
	};
	struct vif v[3];
	char text[18];
	bool absent;
	struct err e;

	(void)state;
	net_need();
	net_make(br_name, "bridge");
	assert_int_equal(vif_init(NULL, NULL, 0, &absent, &e), 0);
	memset(v, 0xff, sizeof(v));
	KIT_CHECK(vif_init(v, specs, 3, &absent, &e) == 0, "%s", e.msg);
	assert_int_equal(v[0].devid, 4);
	vif_mac_text(v[0].mac, text);
	assert_string_equal(text, "02:01:02:03:04:05");
	assert_false(v[0].plugged || v[2].plugged);
	assert_memory_equal(v[1].mac, "\x00\x16\x3e", 3);
	assert_true(v[1].mac[3] < 0x80);
	assert_true(memcmp(v[1].mac, v[2].mac, 6));
	assert_int_equal(v[2].devid, 1);
	net_remove(br_name);
}

static void test_no_bridge(void **state)
{
	const struct vif_spec named = {.bridge = br_name, .devid = 3}, unnamed = {.devid = 0};
	struct vif v;
	bool absent;
	struct err e;

	(void)state;
	net_need();
	assert_int_equal(vif_init(&v, &named, 1, &absent, &e), -1);
	assert_true(absent && e.passing);
	assert_string_equal(e.msg, "vif 3: there is no bridge br (earlydom.bridge=br makes one)");
	assert_int_equal(vif_init(&v, &unnamed, 1, &absent, &e), -1);
	assert_string_equal(e.msg,
			    "vif 0: there is no bridge xenbr0 (earlydom.bridge=xenbr0 makes one)");
	assert_string_equal(vif_bridge(&v), "xenbr0");
	net_make(br_name, "veth");
	assert_int_equal(vif_init(&v, &named, 1, &absent, &e), -1);
	assert_string_equal(e.msg, "vif 3: br is not a bridge");
	assert_false(absent);
	/* It goes away after the guest was started. */
	v = one(&named);
	net_make("vif7.3", "veth");
	expect_bad(&v, "vif 3: br is not a bridge");
	net_remove("vif7.3");
	net_remove(br_name);
}

/* A bridge that was called xenbr7 once. */
static void test_old_bridge(void **state)
{
	static char old[] = "xenbr7";
	const struct vif_spec spec = {.bridge = old};
	struct vif v;
	bool absent;
	struct err e;

	(void)state;
	net_need();
	net_make("eth7", "veth");
	assert_int_equal(vif_init(&v, &spec, 1, &absent, &e), -1);
	assert_string_equal(e.msg,
			    "vif 0: there is no bridge xenbr7 (earlydom.bridge=xenbr7 makes one)");
	assert_true(absent);
	net_remove("eth7");
	net_make("eth7", "bridge");
	KIT_CHECK(vif_init(&v, &spec, 1, &absent, &e) == 0, "%s", e.msg);
	net_make("vif7.0", "veth");
	KIT_CHECK(vif_plug(&v, DOMID, &e) == 0, "%s", e.msg);
	assert_int_equal(net_get("vif7.0").master, net_get("eth7").index);
	/* The store and others are told what the descriptor says. */
	assert_string_equal(vif_bridge(&v), "xenbr7");
	net_remove("vif7.0");
	net_remove("eth7");
}

static void test_plug(void **state)
{
	const struct vif_spec spec = {.bridge = br_name, .devid = 1};
	struct vif v = one(&spec);
	struct link br, l;
	struct err e;

	(void)state;
	net_need();
	br = net_make(br_name, "bridge");
	assert_int_equal(link_set_mtu(br.index, 1450, &e), 0);
	assert_int_equal(vif_plug(&v, DOMID, &e), 1); /* not yet */
	assert_false(v.plugged);
	l = net_make("vif7.1", "veth");
	assert_int_equal(link_set_up(l.index, true, &e), 0);
	KIT_CHECK(vif_plug(&v, DOMID, &e) == 0, "%s", e.msg);
	assert_true(v.plugged);
	assert_int_equal(v.mtu, 1450);
	l = net_get("vif7.1");
	assert_int_equal(l.master, br.index);
	assert_int_equal(l.mtu, 1450);
	assert_memory_equal(l.mac, no_frame, 6);
	assert_true(l.flags & IFF_UP);
	/* Once more: it is left alone. */
	assert_int_equal(link_set_mtu(l.index, 1400, &e), 0);
	v.plugged = false;
	assert_int_equal(vif_plug(&v, DOMID, &e), 0);
	assert_true(v.plugged);
	assert_int_equal(v.mtu, 1400);
	net_remove("vif7.1");
	net_remove(br_name);
}

/* The card's interface comes when QEMU has started, and is put beside the vif. */
static void test_card(void **state)
{
	const struct vif_spec spec = {.bridge = br_name, .devid = 1, .type = VIF_TYPE_IOEMU};
	struct vif v = one(&spec);
	struct link br, l;
	struct err e;

	(void)state;
	net_need();
	br = net_make(br_name, "bridge");
	net_make("vif7.1", "veth");
	assert_int_equal(vif_plug(&v, DOMID, &e), 1);
	assert_false(v.plugged);
	net_make("vif7.1-emu", "veth");
	KIT_CHECK(vif_plug(&v, DOMID, &e) == 0, "%s", e.msg);
	assert_true(v.plugged);
	l = net_get("vif7.1-emu");
	assert_int_equal(l.master, br.index);
	assert_memory_equal(l.mac, no_frame, 6);
	assert_true(l.flags & IFF_UP);
	assert_int_equal(net_get("vif7.1").master, br.index);
	net_remove("vif7.1-emu");
	net_remove("vif7.1");
	net_remove(br_name);
}

static void test_name(void **state)
{
	const struct vif_spec spec = {.bridge = br_name, .vifname = web0, .mtu = 9000};
	struct vif v = one(&spec);
	struct link br, l;
	struct err e;

	(void)state;
	net_need();
	br = net_make(br_name, "bridge");
	net_make("vif7.0", "veth");
	KIT_CHECK(vif_plug(&v, DOMID, &e) == 0, "%s", e.msg);
	assert_int_equal(v.mtu, 9000);
	assert_int_equal(link_get("vif7.0", &l, &e), 1);
	l = net_get(web0);
	assert_int_equal(l.mtu, 9000);
	assert_int_equal(l.master, br.index);
	/* Another guest's interface wants the same name. */
	net_make("vif7.0", "veth");
	v.plugged = false;
	expect_bad(&v, "vif 0: cannot name vif7.0 web0: there is an interface of that name");
	net_remove("vif7.0");
	/* An interface of that name that is not the back end's does not count. */
	assert_int_equal(vif_plug(&v, DOMID, &e), 1);
	net_remove(web0);
	net_remove(br_name);
}

/* The back end's interface has got its name already: its device in sysfs tells it. */
static void test_renamed(void **state)
{
	const struct vif_spec spec = {.bridge = br_name, .vifname = web0};
	struct vif v = one(&spec);
	struct err e;

	(void)state;
	net_need();
	net_make(br_name, "bridge");
	net_make(web0, "veth");
	assert_int_equal(mount("none", "/sys/class/net", "tmpfs", 0, NULL), 0);
	assert_int_equal(mkdir("/sys/class/net/web0", 0755), 0);
	assert_int_equal(symlink("../../../vif-7-1", "/sys/class/net/web0/device"), 0);
	assert_int_equal(vif_plug(&v, DOMID, &e), 1);
	assert_int_equal(unlink("/sys/class/net/web0/device"), 0);
	assert_int_equal(symlink("../../../vif-7-0", "/sys/class/net/web0/device"), 0);
	KIT_CHECK(vif_plug(&v, DOMID, &e) == 0, "%s", e.msg);
	assert_int_equal(net_get(web0).master, net_get(br_name).index);
	assert_int_equal(umount("/sys/class/net"), 0);
	net_remove(web0);
	net_remove(br_name);
}

static void test_refused(void **state)
{
	static char bad[] = "no/name";
	const struct vif_spec mtu = {.bridge = br_name, .mtu = 70000};
	const struct vif_spec name = {.bridge = br_name, .vifname = bad, .devid = 2};
	struct vif v = one(&mtu);
	struct err e;

	(void)state;
	net_need();
	net_make(br_name, "bridge");
	net_make("vif7.0", "veth");
	net_make("vif7.2", "veth");
	assert_int_equal(vif_plug(&v, DOMID, &e), -1);
	assert_int_equal(strncmp(e.msg, "vif 0: cannot set the mtu of vif7.0 to 70000: ", 46), 0);
	v = one(&name);
	expect_bad(&v, "vif 2: cannot name vif7.2 no/name: Invalid argument");
	net_remove("vif7.0");
	net_remove("vif7.2");
	net_remove(br_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),       cmocka_unit_test(test_no_bridge),
		cmocka_unit_test(test_old_bridge), cmocka_unit_test(test_plug),
		cmocka_unit_test(test_card),       cmocka_unit_test(test_name),
		cmocka_unit_test(test_renamed),    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, net_begin, kit_end);
}
