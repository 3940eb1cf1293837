/* The kernel asked about its interfaces, for real, in a network of the test's own. */
#include "builder/fake/net.h"

#include <sys/wait.h>
#include <unistd.h>

static void test_get(void **state)
{
	struct link l;
	struct err e;

	(void)state;
	net_need();
	l = net_get("lo");
	assert_int_equal(l.index, 1);
	assert_true(l.flags & IFF_LOOPBACK && !(l.flags & IFF_UP));
	assert_int_equal(l.mtu, 65536);
	assert_string_equal(l.name, "lo");
	assert_string_equal(l.kind, "");
	assert_int_equal(link_get("nothing", &l, &e), 1);
	assert_int_equal(link_get("a-name-too-long1", &l, &e), -1);
	assert_string_equal(e.msg, strerror(ENAMETOOLONG));
	assert_int_equal(link_get("fifteen-letters", &l, &e), 1);
}

static void test_change(void **state)
{
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	struct link bridge, l;
	struct err e;

	(void)state;
	net_need();
	assert_int_equal(link_make("br", "bridge", mac, &e), 0);
	bridge = net_get("br");
	assert_string_equal(bridge.kind, "bridge");
	assert_memory_equal(bridge.mac, mac, 6);
	assert_int_equal(link_set_bridge(bridge.index, &e), 0);
	assert_int_equal(net_sysfs("br", "bridge/forward_delay"), 0);
	assert_int_equal(net_sysfs("br", "bridge/stp_state"), 0);

	l = net_make("port", "veth");
	assert_string_equal(l.kind, "veth");
	assert_int_equal(link_set_name(l.index, "fifteen-letters", &e), 0);
	assert_int_equal(link_set_mac(l.index, mac, &e), 0);
	assert_int_equal(link_set_mtu(l.index, 1400, &e), 0);
	assert_int_equal(link_set_master(l.index, bridge.index, &e), 0);
	assert_int_equal(link_set_up(l.index, true, &e), 0);
	l = net_get("fifteen-letters");
	assert_int_equal(l.mtu, 1400);
	assert_memory_equal(l.mac, mac, 6);
	assert_int_equal(l.master, bridge.index);
	assert_true(l.flags & IFF_UP);
	assert_int_equal(link_set_up(l.index, false, &e), 0);
	assert_int_equal(link_set_master(l.index, 0, &e), 0);
	l = net_get("fifteen-letters");
	assert_int_equal(l.master, 0);
	assert_false(l.flags & IFF_UP);
	net_remove("fifteen-letters");
	net_remove("br");
	assert_int_equal(link_get("br", &l, &e), 1);
}

/* The cause, and what the kernel has to say besides. */
static void test_refused(void **state)
{
	struct link br, other;
	struct err e;

	(void)state;
	net_need();
	br = net_make("br", "bridge");
	other = net_make("br2", "bridge");
	assert_int_equal(link_make("br", "bridge", NULL, &e), -1);
	assert_int_equal(strncmp(e.msg, strerror(EEXIST), strlen(strerror(EEXIST))), 0);
	assert_int_equal(link_make("x", "no-such-kind", NULL, &e), -1);
	assert_int_equal(strncmp(e.msg, strerror(EOPNOTSUPP), strlen(strerror(EOPNOTSUPP))), 0);
	assert_int_equal(link_make("a-name-too-long1", "bridge", NULL, &e), -1);
	assert_int_equal(link_set_name(br.index, "br2", &e), -1);
	assert_string_equal(e.msg, strerror(EEXIST));
	assert_int_equal(link_set_name(br.index, "a-name-too-long1", &e), -1);
	assert_string_equal(e.msg, strerror(ENAMETOOLONG));
	assert_int_equal(link_set_mtu(br.index, 1, &e), -1);
	assert_int_equal(strncmp(e.msg, strerror(EINVAL), strlen(strerror(EINVAL))), 0);
	assert_int_equal(link_set_up(12345, true, &e), -1);
	assert_string_equal(e.msg, strerror(ENODEV));
	assert_int_equal(link_set_master(other.index, br.index, &e), -1);
	assert_non_null(strstr(e.msg, " (Can not enslave a bridge to a bridge)"));
	net_remove("br");
	net_remove("br2");
}

/* Without the right to it. */
static void test_no_right(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	net_need();
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct link l;
		struct err e;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(1);
		if (link_make("mine", "bridge", NULL, &e) != -1 || strcmp(e.msg, strerror(EPERM)))
			_exit(2);
		_exit(link_get("lo", &l, &e) != 0 ? 3 : 0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_right),
	};

	return cmocka_run_group_tests(tests, net_begin, kit_end);
}
