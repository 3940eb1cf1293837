/* Addresses and routes, for real, in a network of the test's own. */
#include "builder/fake/net.h"

#include <sys/socket.h>
#include <unistd.h>

#include "builder/device/netlink_route.h"

static const uint8_t gateway[4] = {192, 0, 2, 1}, guest[16] = {192, 0, 2, 7},
		     net[16] = {10, 1, 0, 0}, guest6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 7},
		     net6[16] = {0x20, 1, 0x0d, 0xb8};

static void test_get(void **state)
{
	struct link l;
	uint8_t addr[4];
	struct err e;

	(void)state;
	net_need();
	net_make("other", "bridge");
	net_address("other", "192.0.2.200", 24);
	l = net_make("eth0", "bridge");
	assert_int_equal(link_get_ipv4(l.index, addr, &e), 1);
	net_address("eth0", "192.0.2.1", 24);
	KIT_CHECK(link_get_ipv4(l.index, addr, &e) == 0, "%s", e.msg);
	assert_memory_equal(addr, gateway, 4);
	/* Another one comes behind it. */
	assert_int_equal(link_add_ipv4(l.index, guest, &e), 0);
	assert_int_equal(link_get_ipv4(l.index, addr, &e), 0);
	assert_memory_equal(addr, gateway, 4);
	assert_int_equal(link_get_ipv4(12345, addr, &e), 1);
	net_remove("eth0");
	net_remove("other");
}

/* The cause comes first; some kernels have more to say. */
static void says(const struct err *e, int errnum)
{
	assert_int_equal(strncmp(e->msg, strerror(errnum), strlen(strerror(errnum))), 0);
}

static void test_add(void **state)
{
	struct link l;
	uint8_t addr[4];
	struct err e;

	(void)state;
	net_need();
	l = net_make("vif7.0", "bridge");
	for (int i = 0; i < 2; i++) { /* once more: nothing changes */
		KIT_CHECK(link_add_ipv4(l.index, gateway, &e) == 0, "%s", e.msg);
		assert_int_equal(link_get_ipv4(l.index, addr, &e), 0);
		assert_memory_equal(addr, gateway, 4);
	}
	assert_int_equal(net_conf("vif7.0", "proxy_arp"), 0);
	KIT_CHECK(link_set_proxy_arp(l.index, &e) == 0, "%s", e.msg);
	assert_int_equal(net_conf("vif7.0", "proxy_arp"), 1);
	assert_int_equal(net_conf("vif7.0", "ignore_routes_with_linkdown"), 0);
	KIT_CHECK(link_ignore_linkdown(l.index, &e) == 0, "%s", e.msg);
	assert_int_equal(net_conf("vif7.0", "ignore_routes_with_linkdown"), 1);
	assert_int_equal(link_add_ipv4(12345, gateway, &e), -1);
	says(&e, ENODEV);
	assert_int_equal(link_set_proxy_arp(12345, &e), -1);
	says(&e, ENODEV);
	net_remove("vif7.0");
}

static void adds(const struct route *r, int want)
{
	struct err e = {.msg = ""};

	assert_int_equal(route_add(r, &e), want);
	assert_string_equal(e.msg, "");
}

static void test_route(void **state)
{
	struct route r = {
		.family = AF_INET, .addr = guest, .bits = 32, .src = gateway, .metric = 2};
	struct link a, b;
	struct err e;

	(void)state;
	net_need();
	net_make("eth0", "bridge");
	net_address("eth0", "192.0.2.1", 24);
	a = net_make("vif7.0", "bridge");
	b = net_make("vif8.0", "bridge");
	r.index = a.index;
	/* It must be up. */
	assert_int_equal(route_add(&r, &e), -1);
	says(&e, ENETDOWN);
	assert_int_equal(link_set_up(a.index, true, &e), 0);
	assert_int_equal(link_set_up(b.index, true, &e), 0);
	adds(&r, 0);
	assert_string_equal(net_route("192.0.2.7", 32, 2), "vif7.0");
	assert_string_equal(net_source("192.0.2.7"), "192.0.2.1");
	adds(&r, 0); /* once more */
	assert_string_equal(net_route("192.0.2.7", 32, 2), "vif7.0");
	/* There is one to another interface. */
	r.index = b.index;
	adds(&r, 1);
	assert_string_equal(net_route("192.0.2.7", 32, 2), "vif7.0");
	r.metric = 3;
	adds(&r, 0);
	assert_string_equal(net_route("192.0.2.7", 32, 3), "vif8.0");
	/* A network; a source that dom0 has not. */
	r = (struct route){
		.family = AF_INET, .addr = net, .bits = 16, .index = b.index, .metric = 2};
	adds(&r, 0);
	assert_string_equal(net_route("10.1.0.0", 16, 2), "vif8.0");
	r.src = net;
	r.bits = 24;
	assert_int_equal(route_add(&r, &e), -1);
	says(&e, EINVAL);
	net_remove("vif7.0");
	assert_string_equal(net_route("192.0.2.7", 32, 2), "");
	net_remove("vif8.0");
	net_remove("eth0");
}

static void test_route6(void **state)
{
	struct route r = {.family = AF_INET6, .addr = guest6, .bits = 128, .metric = 2};
	struct link a, b;
	struct err e;

	(void)state;
	net_need();
	if (access("/proc/net/ipv6_route", F_OK) < 0) {
		print_message("# NOT TESTED: this kernel has no IPv6\n");
		skip();
	}
	a = net_make("vif7.0", "bridge");
	b = net_make("vif8.0", "bridge");
	assert_int_equal(link_set_up(a.index, true, &e), 0);
	assert_int_equal(link_set_up(b.index, true, &e), 0);
	r.index = a.index;
	adds(&r, 0);
	adds(&r, 0);
	assert_string_equal(net_route("2001:db8::7", 128, 2), "vif7.0");
	r.index = b.index;
	adds(&r, 1);
	assert_string_equal(net_route("2001:db8::7", 128, 2), "vif7.0");
	r.addr = net6;
	r.bits = 64;
	adds(&r, 0);
	assert_string_equal(net_route("2001:db8::", 64, 2), "vif8.0");
	net_remove("vif7.0");
	net_remove("vif8.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_route6),
	};

	return cmocka_run_group_tests(tests, net_begin, kit_end);
}
