/* Networks that are routed to a guest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "builder/describe/vif_ip.h"

/* The only word of `word` is a network, which is shown as `shown`. */
static void reads(const char *word, int family, unsigned bits, const char *shown)
{
	struct err e = {.msg = "right"};
	char text[VIF_NET_TEXT];
	const char *at = word;
	struct vif_net n;

	vif_net_next(&at, &n, &e);
	assert_string_equal(e.msg, "right");
	assert_int_equal(n.family, family);
	assert_int_equal(n.bits, bits);
	vif_net_text(&n, text);
	assert_string_equal(text, shown);
	assert_int_equal(vif_net_next(&at, &n, &e), 0);
	assert_string_equal(at, "");
}

static void test_good(void **state)
{
	static const uint8_t addr[4] = {192, 0, 2, 7};
	const char *at = "192.0.2.7";
	struct vif_net n;
	struct err e;

	(void)state;
	assert_int_equal(vif_net_next(&at, &n, &e), 1);
	assert_memory_equal(n.addr, addr, 4);
	reads("192.0.2.7", AF_INET, 32, "192.0.2.7");
	reads("  192.0.2.7/32\t", AF_INET, 32, "192.0.2.7");
	reads("192.0.2.0/28", AF_INET, 28, "192.0.2.0/28");
	reads("128.0.0.0/1", AF_INET, 1, "128.0.0.0/1");
	reads("0.0.0.0/0", AF_INET, 0, "0.0.0.0/0");
	reads("2001:db8::7", AF_INET6, 128, "2001:db8::7");
	reads("2001:DB8:0::/48", AF_INET6, 48, "2001:db8::/48");
	reads("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", AF_INET6, 127,
	      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
	reads("::ffff:192.0.2.7", AF_INET6, 128, "::ffff:192.0.2.7");
}

static void test_list(void **state)
{
	const char *at = " 192.0.2.7  2001:db8::/32\t10.0.0.0/8 ";
	struct vif_net n;
	struct err e;

	(void)state;
	assert_int_equal(vif_net_next(&at, &n, &e), 1);
	assert_int_equal(n.bits, 32);
	assert_int_equal(vif_net_next(&at, &n, &e), 1);
	assert_int_equal(n.family, AF_INET6);
	assert_int_equal(vif_net_next(&at, &n, &e), 1);
	assert_int_equal(n.bits, 8);
	assert_int_equal(vif_net_next(&at, &n, &e), 0);
	at = "";
	assert_int_equal(vif_net_next(&at, &n, &e), 0);
}

static void refuses(const char *word, const char *msg)
{
	struct err e = {.msg = "accepted"};
	const char *at = word;
	struct vif_net n;

	assert_int_equal(vif_net_next(&at, &n, &e), -1);
	assert_string_equal(e.msg, msg);
}

#define NONE " is not an address or a network, such as 192.0.2.7, 192.0.2.0/28 or 2001:db8::7"
#define HALF " is an address with the prefix of a network: a route wants one or the other"

static void test_errors(void **state)
{
	(void)state;
	refuses("host", "ip 'host'" NONE);
	refuses("10.1", "ip '10.1'" NONE);
	refuses("192.0.2.256", "ip '192.0.2.256'" NONE);
	refuses("192.0.2.7,", "ip '192.0.2.7,'" NONE);
	refuses("192.0.2.7/", "ip '192.0.2.7/'" NONE);
	refuses("192.0.2.7/33", "ip '192.0.2.7/33'" NONE);
	refuses("192.0.2.7/032", "ip '192.0.2.7/032'" NONE);
	refuses("192.0.2.7/255.255.255.0", "ip '192.0.2.7/255.255.255.0'" NONE);
	refuses("192.0.2.0/-1", "ip '192.0.2.0/-1'" NONE);
	refuses("2001:db8::/129", "ip '2001:db8::/129'" NONE);
	refuses("2001:db8::/4294967296", "ip '2001:db8::/4294967296'" NONE);
	refuses("2001:db8::7%eth0", "ip '2001:db8::7%eth0'" NONE);
	refuses("192.0.2.7/24 10.0.0.1", "ip '192.0.2.7/24'" HALF);
	refuses("192.0.2.7/31", "ip '192.0.2.7/31'" HALF);
	refuses("128.0.0.0/0", "ip '128.0.0.0/0'" HALF);
	refuses("2001:db8::7/64", "ip '2001:db8::7/64'" HALF);
	refuses("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:1",
		"ip '0000:0000:0000:0000:0000:0000:0000:0000:'" NONE);
}

static void test_meet(void **state)
{
	char text[VIF_NET_TEXT] = "";

	(void)state;
	assert_false(vif_nets_meet(NULL, "10.0.0.1", text));
	assert_false(vif_nets_meet("10.0.0.1", NULL, text));
	assert_false(vif_nets_meet("10.0.0.1 10.0.0.2", "10.0.0.3", text));
	assert_false(vif_nets_meet("10.0.0.0/8", "10.0.0.0/9", text)); /* one in the other */
	assert_false(vif_nets_meet("0.0.0.0/0", "::/0", text));
	assert_string_equal(text, "");
	assert_true(vif_nets_meet("10.0.0.1 2001:db8::/32", "10.0.0.2 2001:DB8:0::/32", text));
	assert_string_equal(text, "2001:db8::/32");
	assert_true(vif_nets_meet("10.0.0.1/32", "10.0.0.1", text));
	assert_string_equal(text, "10.0.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
