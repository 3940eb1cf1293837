/*
 * Network strings: the examples of xl-network-configuration(5), and what is wrong with others. With
 * --seeds DIR: inputs for the fuzzer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "builder/describe/vif_spec.h"

static void parses(const char *text, struct vif_spec *s)
{
	struct err e = {.msg = "right"};

	vif_spec_parse(text, s, &e);
	assert_string_equal(e.msg, "right");
}

static void test_good(void **state)
{
	static const uint8_t mac[] = {0x00, 0x16, 0x3e, 0x74, 0x3d, 0x76};
	struct vif_spec s;

	(void)state;
	parses("", &s);
	assert_false(s.has_mac || s.has_rate || s.has_devid);
	vif_spec_free(&s);

	parses("mac=00:16:3E:74:3d:76,model=rtl8139,bridge=xenbr0", &s);
	assert_true(s.has_mac);
	assert_memory_equal(s.mac, mac, 6);
	assert_string_equal(s.model, "rtl8139");
	assert_string_equal(s.bridge, "xenbr0");
	vif_spec_free(&s);

	parses("vifname=web0, script=vif-route, gatewaydev=eth0, ip=10.0.0.2 10.0.0.3/32,"
	       "backend=net,type=ioemu,devid=3,mtu=9000,untrusted",
	       &s);
	assert_string_equal(s.vifname, "web0");
	assert_string_equal(s.script, "vif-route");
	assert_string_equal(s.gatewaydev, "eth0");
	assert_string_equal(s.ip, "10.0.0.2 10.0.0.3/32");
	assert_string_equal(s.backend_domain, "net");
	assert_int_equal(s.type, VIF_TYPE_IOEMU);
	assert_true(s.has_devid);
	assert_int_equal(s.devid, 3);
	assert_int_equal(s.mtu, 9000);
	assert_int_equal(s.trust, VIF_UNTRUSTED);
	vif_spec_free(&s);

	parses("netdev=eth1,type=vif,trusted,rate=1MB/s@20ms,", &s);
	assert_string_equal(s.gatewaydev, "eth1");
	assert_int_equal(s.type, VIF_TYPE_VIF);
	assert_int_equal(s.trust, VIF_TRUSTED);
	assert_true(s.has_rate);
	assert_int_equal(s.rate_bytes, 20000);
	assert_int_equal(s.rate_interval_us, 20000);
	vif_spec_free(&s);
}

/* What xl takes: blanks around parts, parts with nothing in them, addresses with other separators
 * and without leading zeros, and keys that do nothing. */
static void test_as_written(void **state)
{
	static const uint8_t mac[] = {0x00, 0x16, 0x3e, 0x0a, 0x01, 0xfe};
	static const char *const macs[] = {
		"mac=00:16:3e:0a:01:fe",    "mac=0:16:3E:a:1:Fe",
		"mac=00-16-3e-0A-01-fe",    " mac=00:16:3e:0a:01:fe ",
		"mac= 00:16:3e:0a:01:fe\t", ",, ,mac=00:16:3e:0a:01:fe,,",
	};
	struct vif_spec s;

	(void)state;
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		parses(macs[i], &s);
		assert_true(s.has_mac && !s.zero_mac);
		assert_memory_equal(s.mac, mac, 6);
		vif_spec_free(&s);
	}
	parses("  ", &s);
	assert_false(s.has_mac || s.zero_mac || s.bridge || s.script);
	vif_spec_free(&s);
	/* As xen-tools writes it. */
	parses("ip=192.0.2.7 ,mac=00:16:3E:0A:01:FE", &s);
	assert_string_equal(s.ip, "192.0.2.7 "); /* with the blank, as xl has it */
	assert_true(s.has_mac);
	vif_spec_free(&s);
	parses("mac=00:00:0:0:00:00,accel=0,ip=", &s);
	assert_true(s.zero_mac && s.has_accel && !s.has_mac);
	assert_string_equal(s.ip, "");
	vif_spec_free(&s);
	/* On a bridge it is nobody's. */
	parses("ip=dhcp", &s);
	assert_string_equal(s.ip, "dhcp");
	vif_spec_free(&s);
	parses("bridge= br0 , script=vif-route ,gatewaydev=,vifname=,netdev=eth1,mtu=0,devid=07",
	       &s);
	assert_string_equal(s.bridge, "br0");
	assert_string_equal(s.script, "vif-route");
	assert_string_equal(s.gatewaydev, "eth1");
	assert_null(s.vifname);
	assert_int_equal(s.mtu, 0);
	assert_int_equal(s.devid, 7);
	vif_spec_free(&s);
	parses("type=netfront,gatewaydev=xenbr0:1", &s);
	assert_true(s.has_netfront);
	assert_int_equal(s.type, VIF_TYPE_DEFAULT);
	assert_string_equal(s.gatewaydev, "xenbr0:1");
	vif_spec_free(&s);

	parses("type=vif,model=e1000", &s);
	assert_string_equal(s.model, "e1000");
	vif_spec_free(&s);
}

static void test_script(void **state)
{
	static const struct {
		const char *script;
		enum vif_way way;
	} good[] = {
		{"vif-bridge", VIF_BRIDGED},
		{"./vif-bridge", VIF_BRIDGED},
		{"/etc/xen/scripts/vif-bridge", VIF_BRIDGED},
		{"/etc//xen/./scripts/vif-bridge", VIF_BRIDGED},
		{"/usr/local/etc/xen/scripts/vif-bridge", VIF_BRIDGED},
		{"vif-route", VIF_ROUTED},
		{"/etc/xen/scripts/vif-route", VIF_ROUTED},
		{"/nix/store/abc-xen-4.19/etc/xen/scripts/vif-route", VIF_ROUTED},
	};
	char text[128];
	struct vif_spec s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "script=%s,bridge=b,gatewaydev=g", good[i].script);
		parses(text, &s);
		assert_int_equal(s.way, good[i].way);
		assert_string_equal(s.script, good[i].script);
		vif_spec_free(&s);
	}
	parses("bridge=b", &s);
	assert_int_equal(s.way, VIF_BRIDGED);
	vif_spec_free(&s);
}

static void refuses(const char *text, const char *msg)
{
	struct vif_spec s;
	struct err e = {.msg = "accepted"};

	assert_int_equal(vif_spec_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, msg);
	vif_spec_free(&s);
}

static void test_errors(void **state)
{
	(void)state;
	refuses("mac=00:16:3e:0:1", "mac '00:16:3e:0:1' must be six pairs of hexadecimal digits "
				    "with ':' between");
	refuses("mac=00:16:3e:0:1:", "mac '00:16:3e:0:1:' must be six pairs of hexadecimal digits "
				     "with ':' between");
	refuses("mac=00:16:3e:0:1:2:3", "mac '00:16:3e:0:1:2:3' must be six pairs of hexadecimal "
					"digits with ':' between");
	refuses("mac=00:16:3e:0:1:002", "mac '00:16:3e:0:1:002' must be six pairs of hexadecimal "
					"digits with ':' between");
	refuses("mac=00163e000102", "mac '00163e000102' must be six pairs of hexadecimal digits "
				    "with ':' between");
	refuses("mac=xx:xx:xx:xx:xx:xx",
		"mac 'xx:xx:xx:xx:xx:xx' is a template: x stands for a digit of your own; "
		"without mac the guest gets an address");
	refuses("mac=00:16:3E:XX:xx:01",
		"mac '00:16:3E:XX:xx:01' is a template: x stands for a digit of your own; "
		"without mac the guest gets an address");
	refuses("mac=xyz", "mac 'xyz' must be six pairs of hexadecimal digits with ':' between");
	refuses("mac=", "mac '' must be six pairs of hexadecimal digits with ':' between");
	refuses("mac=00:16:3e:00:01:0g", "mac '00:16:3e:00:01:0g' must be six pairs of "
					 "hexadecimal digits with ':' between");
	refuses("mac=01:16:3e:00:01:02",
		"mac '01:16:3e:00:01:02' is a group address: the first byte must be even");
	refuses("mac=0:0:0:0:0:0,mac=0:0:0:0:0:0", "mac is given twice");
	refuses("mac=00:16:3e:00:01:02,mac=00:16:3e:00:01:02", "mac is given twice");
	refuses("bridge=", "bridge '' is not a name for an interface (1 to 15 characters)");
	refuses("vifname=abcdefghijklmnop",
		"vifname 'abcdefghijklmnop' is not a name for an interface (1 to 15 characters)");
	refuses("vifname=a/b", "vifname 'a/b' is not a name for an interface: it can't have "
			       "blanks, '/', ':' or '%'");
	refuses("vifname=web%d", "vifname 'web%d' is not a name for an interface: it can't have "
				 "blanks, '/', ':' or '%'");
	refuses("vifname=a b", "vifname 'a b' is not a name for an interface: it can't have "
			       "blanks, '/', ':' or '%'");
	refuses("bridge=a\xa0",
		"bridge 'a\xa0' is not a name for an interface (1 to 15 characters)");
	refuses("bridge=.", "bridge '.' is not a name for an interface (1 to 15 characters)");
	refuses("bridge=..", "bridge '..' is not a name for an interface (1 to 15 characters)");
	refuses("script=vif-route,gatewaydev=xenbr0:1",
		"gatewaydev 'xenbr0:1' is not a name for an interface: it can't have blanks, '/', "
		"':' or '%'");
	refuses("bridge=a,bridge=b", "bridge is given twice");
	refuses("gatewaydev=a,netdev=b", "gatewaydev is given twice");
	refuses("ip=,ip=", "ip is given twice");
	refuses("model=", "model is empty");
	refuses("script=", "script is empty");
	refuses("type= vif", "unknown type ' vif': it is vif or ioemu");
	refuses("rate=10Mb/s ", "rate '10Mb/s ' must be like 10MB/s or 250Kb/s");
	refuses("trusted=1", "trusted has no value");
	refuses("gatewaydev=a,gatewaydev=", "gatewaydev is given twice");
	refuses("type=foo", "unknown type 'foo': it is vif or ioemu");
	refuses("type=vif,type=vif", "type is given twice");
	refuses("type=netfront,type=netfront", "type is given twice");
	refuses("devid=x", "devid must be a decimal number, not 'x'");
	refuses("devid=1,devid=1", "devid is given twice");
	refuses("devid=99999999999", "devid is at most 2147483647");
	refuses("mtu=65536", "mtu is at most 65535");
	refuses("mtu=67", "mtu is at least 68");
	refuses("mtu=1500,mtu=1500", "mtu is given twice");
	refuses("trusted,untrusted", "trusted is given twice");
	refuses("brige=x", "unknown parameter 'brige', did you mean 'bridge'?");
	refuses("bridge = x", "unknown parameter 'bridge ', did you mean 'bridge'?");
	refuses("vlan=10p/20", "vlan is not supported: bridge=NAME of a bridge in that VLAN gives "
			       "the same");
	refuses("forwarddev=eth1", "forwarddev is for COLO, which is not supported");
	refuses("colo_checkpoint_port=1", "colo_checkpoint_port is for COLO, which is not "
					  "supported");
	refuses("00:16:3e:00:01:02", "unknown parameter '00:16:3e:00:01:02'");
	refuses("rate=1MB/s,rate=1MB/s", "rate is given twice");
	refuses("rate=", "rate '' must be like 10MB/s or 250Kb/s");
}

#define NO_SCRIPT " is not supported: no script is run; "
#define KNOWN                                                                                      \
	NO_SCRIPT "vif-bridge with bridge=NAME and vif-route with gatewaydev=NAME are done "       \
		  "without one"

static void test_script_errors(void **state)
{
	char text[400], msg[300];
	struct vif_spec s;

	(void)state;
	refuses("script=vif-nat", "script vif-nat" NO_SCRIPT
				  "script=vif-route with ip=ADDRESS routes the address, and dom0's "
				  "own firewall rules translate it");
	refuses("script=/etc/xen/scripts/vif-openvswitch",
		"script /etc/xen/scripts/vif-openvswitch" NO_SCRIPT
		"bridge=NAME puts it on a bridge of Linux's");
	refuses("bridge=ovsbr0:10,script=vif-openvswitch",
		"script vif-openvswitch" NO_SCRIPT "bridge=NAME puts it on a bridge of Linux's");
	refuses("script=/opt/vif-bridge", "script /opt/vif-bridge" KNOWN);
	refuses("script=vif-brigde", "script vif-brigde" KNOWN);
	refuses("script=mine/vif-route", "script mine/vif-route" KNOWN);
	refuses("script=/etc/xen/scripts/../vif-route",
		"script /etc/xen/scripts/../vif-route" KNOWN);
	refuses("script=/etc/xen/scripts/", "script /etc/xen/scripts/" KNOWN);
	/* The message shows 80 characters of it. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "script=/", 8);
	snprintf(msg, sizeof(msg), "script %.80s" KNOWN, text + 7);
	refuses(text, msg);
	refuses("script=vif-route,ip=192.0.2.7 host",
		"ip 'host' is not an address or a network, such as 192.0.2.7, 192.0.2.0/28 or "
		"2001:db8::7");
	memcpy(text, "script=vif-route,ip=", 21);
	for (size_t i = 0; i < 32; i++)
		strcat(text, "10.0.0.1 ");
	parses(text, &s);
	vif_spec_free(&s);
	strcat(text, "10.0.0.1");
	refuses(text, "ip has more than 32 addresses");
}

static void test_same_routes(void **state)
{
	struct vif_spec a, b;
	char text[VIF_NET_TEXT];

	(void)state;
	parses("script=vif-route,ip=192.0.2.7 10.0.0.0/8", &a);
	parses("script=vif-route,ip=10.0.0.0/8", &b);
	assert_true(vif_routes_meet(&a, &b, text));
	assert_string_equal(text, "10.0.0.0/8");
	b.way = VIF_BRIDGED;
	assert_false(vif_routes_meet(&a, &b, text) || vif_routes_meet(&b, &a, text));
	vif_spec_free(&a);
	vif_spec_free(&b);
}

static void rate(const char *text, uint64_t want_bytes, uint32_t want_us)
{
	struct err e = {.msg = "right"};
	uint64_t bytes = 0;
	uint32_t us = 0;

	vif_rate_parse(text, &bytes, &us, &e);
	assert_string_equal(e.msg, "right");
	assert_int_equal(bytes, want_bytes);
	assert_int_equal(us, want_us);
}

static void bad_rate(const char *text, const char *msg)
{
	struct err e = {.msg = "accepted"};
	uint64_t bytes;
	uint32_t us;

	assert_int_equal(vif_rate_parse(text, &bytes, &us, &e), -1);
	assert_string_equal(e.msg, msg);
}

static void test_rate(void **state)
{
	(void)state;
	rate("10Mb/s", 62500, 50000);
	rate("250KB/s", 12500, 50000);
	rate("1MB/s@20ms", 20000, 20000);
	rate("1GB/s@1s", 1000000000, 1000000);
	rate("800b/s@1", 100, 1000000);
	rate("1000B/s@10m", 10, 10000);
	rate("1000000B/s@7u", 7, 7);
	rate("4294967295GB/s@4us", 17179869180000u, 4);
	bad_rate("10M", "rate '10M' must be like 10MB/s or 250Kb/s");
	bad_rate("MB/s", "rate 'MB/s' must be like 10MB/s or 250Kb/s");
	bad_rate("1TB/s", "rate '1TB/s' must be like 10MB/s or 250Kb/s");
	bad_rate("1MB/sx", "rate '1MB/sx' must be like 10MB/s or 250Kb/s");
	bad_rate("-1MB/s", "rate '-1MB/s' must be like 10MB/s or 250Kb/s");
	bad_rate("010MB/s", "rate must be a decimal number, not '010'");
	bad_rate("4294967296B/s", "rate is at most 4294967295");
	bad_rate("0B/s", "rate must not be 0");
	bad_rate("1B/s", "rate is less than one byte per interval");
	bad_rate("1MB/s@", "rate's interval '' must be like 20ms or 500us");
	bad_rate("1MB/s@1h", "rate's interval '1h' must be like 20ms or 500us");
	bad_rate("1MB/s@0", "rate's interval must be 1 us to 4294967295 us");
	bad_rate("1MB/s@4295s", "rate's interval must be 1 us to 4294967295 us");
	bad_rate("1MB/s@4294967296us", "rate's interval is at most 4294967295");
	bad_rate("4294967295GB/s@4294s", "rate is too large for its interval");
}

static int write_seeds(const char *dir)
{
	static const char *const seeds[] = {
		"mac=00:16:3e:74:3d:76,model=rtl8139,bridge=xenbr0,vifname=web0,devid=3,mtu=9000",
		"script=/etc/xen/scripts/vif-route,gatewaydev=eth0,ip=192.0.2.7 10.0.0.0/8 "
		"2001:db8::/48,untrusted",
		"type=ioemu,rate=1MB/s@20ms,netdev=eth1,backend=Domain-0,accel=0,trusted",
	};
	char path[512];
	FILE *f;

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		snprintf(path, sizeof(path), "%s/%zu", dir, i);
		f = fopen(path, "w");
		if (!f || fputs(seeds[i], f) == EOF || fclose(f) == EOF)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),          cmocka_unit_test(test_as_written),
		cmocka_unit_test(test_script),        cmocka_unit_test(test_errors),
		cmocka_unit_test(test_script_errors), cmocka_unit_test(test_same_routes),
		cmocka_unit_test(test_rate),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seeds(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
