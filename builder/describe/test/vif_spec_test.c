/*
 * Network strings: the examples of xl-network-configuration(5), and what is wrong with others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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
	refuses("mac=00:16:3e:0:1:2",
		"mac '00:16:3e:0:1:2' must be six pairs of hexadecimal digits "
		"with ':' between");
	refuses("mac=00-16-3e-00-01-02", "mac '00-16-3e-00-01-02' must be six pairs of "
					 "hexadecimal digits with ':' between");
	refuses("mac=00:16:3e:00:01:0g", "mac '00:16:3e:00:01:0g' must be six pairs of "
					 "hexadecimal digits with ':' between");
	refuses("mac=01:16:3e:00:01:02",
		"mac '01:16:3e:00:01:02' is a group address: the first byte must be even");
	refuses("mac=00:00:00:00:00:00", "mac must not be all zero");
	refuses("mac=00:16:3e:00:01:02,mac=00:16:3e:00:01:02", "mac is given twice");
	refuses("bridge=", "bridge '' is not a name for an interface (1 to 15 characters)");
	refuses("vifname=abcdefghijklmnop",
		"vifname 'abcdefghijklmnop' is not a name for an interface (1 to 15 characters)");
	refuses("vifname=a/b", "vifname 'a/b' is not a name for an interface (1 to 15 characters)");
	refuses("vifname=web%d",
		"vifname 'web%d' is not a name for an interface (1 to 15 characters)");
	refuses("vifname=a b", "vifname 'a b' is not a name for an interface (1 to 15 characters)");
	refuses("bridge=a\xa0",
		"bridge 'a\xa0' is not a name for an interface (1 to 15 characters)");
	refuses("bridge=.", "bridge '.' is not a name for an interface (1 to 15 characters)");
	refuses("bridge=..", "bridge '..' is not a name for an interface (1 to 15 characters)");
	refuses("bridge=a,bridge=b", "bridge is given twice");
	refuses("gatewaydev=a,netdev=b", "gatewaydev is given twice");
	refuses("ip=host", "ip 'host' is not an address");
	refuses("ip=", "ip '' is not an address");
	refuses("model=", "model is empty");
	refuses("script=", "script is empty");
	refuses("type=foo", "unknown type 'foo': it is vif or ioemu");
	refuses("type=vif,type=vif", "type is given twice");
	refuses("type=vif,model=e1000", "model is for type=ioemu only");
	refuses("devid=x", "devid must be a decimal number, not 'x'");
	refuses("devid=1,devid=1", "devid is given twice");
	refuses("devid=99999999999", "devid is at most 2147483647");
	refuses("mtu=65536", "mtu is at most 65535");
	refuses("mtu=67", "mtu is at least 68");
	refuses("mtu=1500,mtu=1500", "mtu is given twice");
	refuses("trusted,untrusted", "trusted is given twice");
	refuses("brige=x", "unknown parameter 'brige', did you mean 'bridge'?");
	refuses("accel=x", "unknown parameter 'accel'");
	refuses("00:16:3e:00:01:02", "unknown parameter '00:16:3e:00:01:02'");
	refuses("bridge=a,,mtu=1500", "a parameter is missing between two commas");
	refuses("rate=1MB/s,rate=1MB/s", "rate is given twice");
	refuses("rate=", "rate '' must be like 10MB/s or 250Kb/s");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
