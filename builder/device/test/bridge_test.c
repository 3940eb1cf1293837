/* Bridges, made for real in a network of the test's own. */
#include "builder/fake/child.h"
#include "builder/fake/net.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "builder/device/bridge.h"
#include "builder/device/modules.h"

#define PORTS(...)                                                                                 \
	.ports = (char *[]){__VA_ARGS__},                                                          \
	.nr_ports = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)

static char br_name[] = "xenbr0", eth0[] = "eth0", eth1[] = "eth1", eth2[] = "eth2";

/* The C libraries differ in the words for errno values. */
static const char *with_cause(const char *text, int errnum)
{
	static char msg[256];

	snprintf(msg, sizeof(msg), "%s: %s", text, strerror(errnum));
	return msg;
}

static void expect_bad(const struct bridge_spec *b, const char *msg)
{
	size_t absent;
	struct err e;

	assert_int_equal(bridge_make(NULL, b, &absent, &e), -1);
	assert_string_equal(e.msg, msg);
	kit_good_message(&e);
}

static void test_alone(void **state)
{
	static const uint8_t small[6] = {2, 0, 0, 0, 0, 1};
	const struct bridge_spec b = {.name = br_name};
	struct link br, port;
	uint8_t mac[6];
	size_t absent;
	struct err e;

	(void)state;
	net_need();
	KIT_CHECK(bridge_make(NULL, &b, &absent, &e) == 0, "%s", e.msg);
	assert_int_equal(absent, 0);
	assert_int_equal(bridge_late(&b, 10, &e), 0);
	br = net_get(br_name);
	assert_string_equal(br.kind, "bridge");
	assert_true(br.flags & IFF_UP);
	assert_int_equal(net_sysfs(br_name, "bridge/stp_state"), 0);
	assert_int_equal(net_sysfs(br_name, "bridge/forward_delay"), 0);
	/* Its address stays when others come. */
	assert_int_equal(br.mac[0] & 3, 2);
	memcpy(mac, br.mac, 6);
	port = net_make("vif1.0", "veth");
	assert_int_equal(link_set_mac(port.index, small, &e), 0);
	assert_int_equal(link_set_master(port.index, br.index, &e), 0);
	br = net_get(br_name);
	assert_memory_equal(br.mac, mac, 6);
	/* Once more: nothing happens to it. */
	assert_int_equal(bridge_make(NULL, &b, &absent, &e), 0);
	assert_int_equal(net_get(br_name).index, br.index);
	net_remove("vif1.0");
	net_remove(br_name);
}

static void test_ports(void **state)
{
	const struct bridge_spec b = {.name = br_name, PORTS(eth0, eth1, eth2)};
	struct link br, first;
	size_t absent;
	struct err e;

	(void)state;
	net_need();
	first = net_make(eth0, "veth");
	net_make(eth2, "veth");
	KIT_CHECK(bridge_make(NULL, &b, &absent, &e) == 0, "%s", e.msg);
	assert_int_equal(absent, 1);
	assert_int_equal(bridge_late(&b, 10, &e), -1);
	assert_string_equal(e.msg, "bridge xenbr0: port eth1 is not there after 10 s");
	br = net_get(br_name);
	assert_int_equal(net_get(eth0).master, br.index);
	assert_int_equal(net_get(eth2).master, br.index);
	assert_true(net_get(eth2).flags & IFF_UP);
	/* The late one comes. */
	assert_int_equal(bridge_make(NULL, &b, &absent, &e), 0);
	assert_int_equal(absent, 1);
	net_make(eth1, "veth");
	assert_int_equal(bridge_make(NULL, &b, &absent, &e), 0);
	assert_int_equal(absent, 0);
	assert_int_equal(net_get(eth1).master, br.index);
	assert_true(net_get(eth1).flags & IFF_UP);
	assert_int_equal(bridge_late(&b, 10, &e), 0);
	/* The bridge has the address of one of them. */
	br = net_get(br_name);
	assert_true(!memcmp(br.mac, first.mac, 6) || !memcmp(br.mac, net_get(eth1).mac, 6) ||
		    !memcmp(br.mac, net_get(eth2).mac, 6));
	net_remove(br_name);
	net_remove(eth0);
	net_remove(eth1);
	net_remove(eth2);
}

/* An existing bridge is used; a bridge or port that is down is taken up. */
static void test_there(void **state)
{
	const struct bridge_spec b = {.name = br_name, PORTS(eth0)};
	struct link br;
	size_t absent;
	struct err e;

	(void)state;
	net_need();
	br = net_make(br_name, "bridge");
	net_make(eth0, "veth");
	assert_int_equal(link_set_master(net_get(eth0).index, br.index, &e), 0);
	assert_int_equal(bridge_make(NULL, &b, &absent, &e), 0);
	assert_int_equal(net_get(br_name).index, br.index);
	assert_true(net_get(br_name).flags & IFF_UP);
	assert_true(net_get(eth0).flags & IFF_UP);
	net_remove(br_name);
	net_remove(eth0);
}

/* In a root whose module is not there any more. */
static void make_in_root(struct err *e)
{
	const struct bridge_spec b = {.name = br_name};
	size_t absent;

	if (chroot(kit_path("root")) < 0)
		err_set(e, "SKIP");
	else
		bridge_make(NULL, &b, &absent, e);
}

/* One that is there needs no module: a supervisor that takes over has none of the initramfs's. */
static void test_no_module(void **state)
{
	static const char *const dirs[] = {"root", "root/lib", "root/lib/modules",
					   "root/lib/modules/earlydom"};
	const char *said;

	(void)state;
	net_need();
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		assert_int_equal(mkdir(kit_path(dirs[i]), 0755), 0);
	kit_text("root" MODULES_DIR "/bridge.list", "bridge\n");
	said = child_says(make_in_root);
	if (!strcmp(said, "SKIP")) {
		print_message("# NOT TESTED: a root of its own needs root\n");
		skip();
	}
	assert_string_equal(
		said,
		with_cause("bridge xenbr0: cannot load module " MODULES_DIR "/bridge.ko", ENOENT));
	net_make(br_name, "bridge");
	assert_string_equal(child_says(make_in_root), "");
	net_remove(br_name);
}

static void test_bad(void **state)
{
	static char bad[] = "a-name-too-long1";
	const struct bridge_spec no_bridge = {.name = eth0};
	const struct bridge_spec too_long = {.name = bad};
	const struct bridge_spec b = {.name = br_name, PORTS(bad, eth0, eth1)};
	const struct bridge_spec loop = {.name = br_name, PORTS(br_name)};
	struct link other;
	struct err e;

	(void)state;
	net_need();
	net_make(eth0, "veth");
	net_make(eth1, "veth");
	expect_bad(&no_bridge,
		   "bridge eth0: there is an interface of that name that is not a bridge");
	expect_bad(&too_long,
		   with_cause("bridge a-name-too-long1: cannot look it up", ENAMETOOLONG));
	/* The first cause is reported, and the rest is done. */
	other = net_make("other", "bridge");
	assert_int_equal(link_set_master(net_get(eth0).index, other.index, &e), 0);
	expect_bad(&b,
		   with_cause("bridge xenbr0: cannot look up port a-name-too-long1", ENAMETOOLONG));
	assert_int_equal(net_get(eth1).master, net_get(br_name).index);
	assert_int_equal(net_get(eth0).master, other.index);
	expect_bad(&(const struct bridge_spec){.name = br_name, PORTS(eth0)},
		   "bridge xenbr0: port eth0 belongs to another interface");
	assert_int_equal(bridge_make(NULL, &loop, &(size_t){0}, &e), -1);
	assert_int_equal(strncmp(e.msg, "bridge xenbr0: cannot add port xenbr0: ", 39), 0);
	net_remove("other");
	net_remove(br_name);
	net_remove(eth0);
	net_remove(eth1);
}

/* Without the right to change the network: each step says that it is the one. */
static const struct bridge_spec *unprivileged;

static void make_unprivileged(struct err *e)
{
	size_t absent;

	if (setuid(65534) < 0)
		err_set(e, "setuid: %s", strerror(errno));
	else if (bridge_make(NULL, unprivileged, &absent, e) == 0)
		e->msg[0] = '\0';
}

static void expect_no_right(const struct bridge_spec *b, const char *words)
{
	unprivileged = b;
	assert_string_equal(child_says(make_unprivileged), with_cause(words, EPERM));
}

static void test_no_right(void **state)
{
	const struct bridge_spec alone = {.name = br_name};
	const struct bridge_spec b = {.name = br_name, PORTS(eth0)};
	struct link br, port;
	struct err e;

	(void)state;
	net_need();
	expect_no_right(&alone, "bridge xenbr0: cannot make it");
	assert_int_equal(link_get(br_name, &br, &e), 1);
	br = net_make(br_name, "bridge");
	expect_no_right(&alone, "bridge xenbr0: cannot take it up");
	assert_false(net_get(br_name).flags & IFF_UP);
	assert_int_equal(link_set_up(br.index, true, &e), 0);
	port = net_make(eth0, "veth");
	expect_no_right(&b, "bridge xenbr0: cannot add port eth0");
	assert_int_equal(net_get(eth0).master, 0);
	assert_int_equal(link_set_master(port.index, br.index, &e), 0);
	expect_no_right(&b, "bridge xenbr0: cannot take port eth0 up");
	net_remove(br_name);
	net_remove(eth0);
}

static void make_without_random(struct err *e)
{
	const struct bridge_spec b = {.name = br_name};
	size_t absent;

	child_refuse(SYS_getrandom, ENOSYS);
	if (bridge_make(NULL, &b, &absent, e) == 0)
		e->msg[0] = '\0';
}

static void test_no_address(void **state)
{
	struct link br;
	struct err e;

	(void)state;
	net_need();
	assert_string_equal(child_says(make_without_random),
			    with_cause("bridge xenbr0: cannot make an address", ENOSYS));
	assert_int_equal(link_get(br_name, &br, &e), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),      cmocka_unit_test(test_ports),
		cmocka_unit_test(test_there),      cmocka_unit_test(test_no_module),
		cmocka_unit_test(test_bad),        cmocka_unit_test(test_no_right),
		cmocka_unit_test(test_no_address),
	};

	return cmocka_run_group_tests(tests, net_begin, kit_end);
}
