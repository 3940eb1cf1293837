/* Vifs that are routed, for real in a network of the test's own; pairs of veth stand for the back
 * end's, and only their carrier is not that of one. */
#include "builder/fake/child.h"
#include "builder/fake/net.h"

#include <errno.h>
#include <unistd.h>

#include "builder/device/netlink_route.h"
#include "builder/device/vif.h"
#include "builder/device/vif_route.h"

#define DOMID 7

static char gw_name[] = "gw", web0[] = "web0", ip[] = "192.0.2.7 10.9.0.0/16",
	    ip6[] = "2001:db8::7", both[] = "2001:db8::/64 192.0.2.7";

static struct vif_spec routed(char *networks)
{
	return (struct vif_spec){.way = VIF_ROUTED, .gatewaydev = gw_name, .ip = networks};
}

static struct vif one(const struct vif_spec *spec)
{
	return (struct vif){.spec = spec, .devid = spec->devid};
}

static void gateway_up(void)
{
	net_make(gw_name, "bridge");
	net_address(gw_name, "192.0.2.1", 24);
}

static void plugs(struct vif *v)
{
	struct err e;

	v->plugged = false;
	KIT_CHECK(vif_plug(v, DOMID, &e) == 0, "%s", e.msg);
	assert_true(v->plugged);
}

static void expect_bad(struct vif *v, const char *msg)
{
	struct err e;

	assert_int_equal(vif_plug(v, DOMID, &e), -1);
	assert_string_equal(e.msg, msg);
	assert_true(e.passing);
	assert_false(v->plugged);
	kit_good_message(&e);
}

static void expect_no_source(const struct vif_spec *spec, const char *msg)
{
	struct vif v;
	bool absent = false;
	struct err e;

	assert_int_equal(vif_init(&v, spec, 1, &absent, &e), -1);
	assert_string_equal(e.msg, msg);
	assert_true(absent && e.passing);
	kit_good_message(&e);
}

/* gatewaydev and its address are waited for; there is no bridge, and none is asked for. */
static void test_source(void **state)
{
	struct vif_spec spec = routed(ip), other = {.way = VIF_ROUTED, .devid = 1};
	struct vif_source source;
	bool absent = true;
	struct err e;
	struct vif v;

	(void)state;
	net_need();
	expect_no_source(&spec, "vif 0: there is no interface gw, which is its gatewaydev");
	expect_no_source(&other,
			 "vif 1: there is no interface eth0, which is the default of gatewaydev");
	net_make(gw_name, "bridge");
	expect_no_source(&spec, "vif 0: gatewaydev gw has no IPv4 address");
	net_address(gw_name, "192.0.2.1", 24);
	KIT_CHECK(vif_init(&v, &spec, 1, &absent, &e) == 0, "%s", e.msg);
	assert_false(absent);
	assert_int_equal(vif_find_source(&spec, &source, &absent, &e), 0);
	assert_true(source.there);
	assert_memory_equal(source.addr, "\xc0\x00\x02\x01", 4);
	net_remove(gw_name);
	/* It goes away after the guest was started. */
	v = one(&spec);
	net_make("vif7.0", "veth");
	expect_bad(&v, "vif 0: there is no interface gw, which is its gatewaydev");
	net_remove("vif7.0");
	/* For IPv6 alone none is needed. */
	spec.ip = ip6;
	assert_int_equal(vif_find_source(&spec, &source, &absent, &e), 0);
	assert_false(source.there || absent);
	spec.ip = both;
	assert_int_equal(vif_find_source(&spec, &source, &absent, &e), -1);
}

static void test_plug(void **state)
{
	const struct vif_spec spec = routed(ip);
	struct vif v = one(&spec);
	uint8_t addr[4];
	struct link l;
	struct err e;

	(void)state;
	net_need();
	gateway_up();
	assert_int_equal(vif_plug(&v, DOMID, &e), 1); /* not yet */
	l = net_make("vif7.0", "veth");
	for (int i = 0; i < 2; i++) { /* once more: it is as it was */
		plugs(&v);
		assert_int_equal(v.mtu, 1500);
		assert_memory_equal(net_get("vif7.0").mac, l.mac, 6);
		assert_int_equal(net_get("vif7.0").master, 0);
		assert_true(net_get("vif7.0").flags & IFF_UP);
		assert_int_equal(link_get_ipv4(l.index, addr, &e), 0);
		assert_memory_equal(addr, "\xc0\x00\x02\x01", 4);
		assert_int_equal(net_conf("vif7.0", "proxy_arp"), 1);
		assert_int_equal(net_conf("vif7.0", "ignore_routes_with_linkdown"), 0);
		assert_string_equal(net_route("192.0.2.7", 32, 2), "vif7.0");
		assert_string_equal(net_route("10.9.0.0", 16, 2), "vif7.0");
		assert_string_equal(net_source("10.9.1.1"), "192.0.2.1");
	}
	/* Not whichever address it has besides. */
	net_remove("vif7.0");
	net_make("vif7.0", "veth");
	net_address("vif7.0", "203.0.113.1", 32);
	plugs(&v);
	assert_string_equal(net_source("10.9.1.1"), "192.0.2.1");
	/* The next domain's, when this one is gone. */
	net_remove("vif7.0");
	net_make("vif7.0", "veth");
	plugs(&v);
	assert_string_equal(net_route("192.0.2.7", 32, 2), "vif7.0");
	net_remove("vif7.0");
	net_remove(gw_name);
}

static void test_name_and_mtu(void **state)
{
	struct vif_spec spec = routed(NULL);
	struct vif v = one(&spec);
	struct link l;
	struct err e;

	(void)state;
	net_need();
	gateway_up();
	spec.vifname = web0;
	spec.mtu = 9000;
	l = net_make("vif7.0", "veth");
	assert_int_equal(link_set_up(l.index, true, &e), 0);
	plugs(&v);
	assert_int_equal(v.mtu, 9000);
	l = net_get(web0);
	assert_int_equal(l.mtu, 9000);
	assert_true(l.flags & IFF_UP);
	assert_int_equal(net_conf(web0, "proxy_arp"), 1);
	net_remove(web0);
	/* That of gatewaydev is not taken, as that of a bridge would be. */
	spec.mtu = 0;
	assert_int_equal(link_set_mtu(net_get(gw_name).index, 1400, &e), 0);
	net_make("vif7.0", "veth");
	plugs(&v);
	assert_int_equal(v.mtu, 1500);
	net_remove(web0);
	net_remove(gw_name);
}

static void test_ipv6(void **state)
{
	const struct vif_spec spec = routed(both);
	struct vif v = one(&spec);

	(void)state;
	net_need();
	if (access("/proc/net/ipv6_route", F_OK) < 0) {
		print_message("# NOT TESTED: this kernel has no IPv6\n");
		skip();
	}
	gateway_up();
	net_make("vif7.0", "veth");
	plugs(&v);
	assert_string_equal(net_route("2001:db8::", 64, 2), "vif7.0");
	assert_string_equal(net_route("192.0.2.7", 32, 2), "vif7.0");
	net_remove("vif7.0");
	net_remove(gw_name);
}

/* The routes by the vif count while the guest's driver is connected, else those by the card. */
static void test_card(void **state)
{
	struct vif_spec spec = routed(both);
	struct vif v = one(&spec);
	uint8_t addr[4];
	struct link l;
	struct err e;

	(void)state;
	net_need();
	spec.type = VIF_TYPE_IOEMU;
	gateway_up();
	net_make("vif7.0", "veth");
	assert_int_equal(vif_plug(&v, DOMID, &e), 1);
	assert_false(v.plugged);
	l = net_make("vif7.0-emu", "veth");
	plugs(&v);
	assert_int_equal(net_conf("vif7.0", "ignore_routes_with_linkdown"), 1);
	assert_int_equal(net_conf("vif7.0-emu", "ignore_routes_with_linkdown"), 0);
	assert_int_equal(net_conf("vif7.0-emu", "proxy_arp"), 1);
	assert_true(net_get("vif7.0-emu").flags & IFF_UP);
	assert_int_equal(link_get_ipv4(l.index, addr, &e), 0);
	assert_string_equal(net_route("192.0.2.7", 32, 2), "vif7.0");
	assert_string_equal(net_route("192.0.2.7", 32, 3), "vif7.0-emu");
	if (access("/proc/net/ipv6_route", F_OK) == 0) {
		assert_string_equal(net_route("2001:db8::", 64, 2), "vif7.0");
		assert_string_equal(net_route("2001:db8::", 64, 3), "");
	}
	net_remove("vif7.0-emu");
	net_remove("vif7.0");
	net_remove(gw_name);
}

static void test_taken(void **state)
{
	const struct vif_spec spec = routed(ip);
	struct vif v = one(&spec);

	(void)state;
	net_need();
	gateway_up();
	net_make("vif7.0", "veth");
	plugs(&v);
	/* Another guest's. */
	v.devid = 1;
	net_make("vif7.1", "veth");
	expect_bad(&v, "vif 1: cannot route 192.0.2.7 to vif7.1: there is a route to it by another "
		       "interface");
	net_remove("vif7.0");
	plugs(&v);
	net_remove("vif7.1");
	net_remove(gw_name);
}

/* A kernel that has IPv6 off for the interface says so. */
static void test_no_ipv6(void **state)
{
	static const char off[] = "/proc/sys/net/ipv6/conf/vif7.0/disable_ipv6";
	static const char msg[] = "vif 0: cannot route 2001:db8::/64 to vif7.0: ";
	const struct vif_spec spec = routed(both);
	struct vif v = one(&spec);
	struct err e;
	FILE *f;

	(void)state;
	net_need();
	gateway_up();
	net_make("vif7.0", "veth");
	f = fopen(off, "w");
	if (f && fputs("1", f) >= 0 && fclose(f) == 0) {
		assert_int_equal(vif_plug(&v, DOMID, &e), -1);
		assert_int_equal(strncmp(e.msg, msg, strlen(msg)), 0);
		assert_false(v.plugged);
	} else {
		print_message("# NOT TESTED: %s: %s\n", off, strerror(errno));
	}
	net_remove("vif7.0");
	net_remove(gw_name);
}

static void plug_unprivileged(struct err *e)
{
	const struct vif_spec spec = routed(ip);
	struct vif v = one(&spec);

	if (setuid(65534) < 0)
		err_set(e, "setuid: %s", strerror(errno));
	else if (vif_plug(&v, DOMID, e) == 0)
		e->msg[0] = '\0';
}

static void test_no_right(void **state)
{
	char msg[128];

	(void)state;
	net_need();
	gateway_up();
	net_make("vif7.0", "veth");
	snprintf(msg, sizeof(msg), "vif 0: cannot give vif7.0 an address: %s", strerror(EPERM));
	assert_string_equal(child_says(plug_unprivileged), msg);
	net_remove("vif7.0");
	net_remove(gw_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),       cmocka_unit_test(test_plug),
		cmocka_unit_test(test_name_and_mtu), cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_card),         cmocka_unit_test(test_taken),
		cmocka_unit_test(test_no_ipv6),      cmocka_unit_test(test_no_right),
	};

	return cmocka_run_group_tests(tests, net_begin, kit_end);
}
