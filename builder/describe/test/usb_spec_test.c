/* Strings of usbctrl and usbdev. */
#include "builder/fake/kit.h"

#include "builder/describe/usb_spec.h"

static void ctrl(const char *text, unsigned version, unsigned ports, bool devicemodel)
{
	struct usbctrl_spec s;
	struct err e;

	KIT_CHECK(usbctrl_spec_parse(text, &s, &e) == 0, "%s: %s", text, e.msg);
	KIT_CHECK(usbctrl_spec_check(&s, &e) == 0, "%s: %s", text, e.msg);
	assert_int_equal(usbctrl_version(&s), version);
	assert_int_equal(usbctrl_ports(&s), ports);
	assert_int_equal(s.type, devicemodel ? USBCTRL_DEVICEMODEL : USBCTRL_AUTO);
	assert_false(s.added);
}

/* The defaults of libxl, and what is the default anyway. */
static void test_controllers(void **state)
{
	struct usbctrl_spec s;
	struct err e;

	(void)state;
	ctrl("", 2, 6, false);
	ctrl("type=auto", 2, 6, false);
	ctrl("type=devicemodel,version=1", 1, 2, true);
	ctrl("version=1,ports=2", 1, 2, false);
	ctrl(" version=2, ports= 6", 2, 6, false);
	ctrl("version=3", 3, 8, false);
	ctrl("ports=15,version=3,type=devicemodel", 3, 15, true);
	ctrl("version=3,ports=1,", 3, 1, false);
	ctrl("version=0,ports=0", 2, 6, false);
	/* What was given is to be told from a default. */
	assert_int_equal(usbctrl_spec_parse("type=auto", &s, &e), 0);
	assert_int_equal(s.version + s.ports, 0);
	assert_int_equal(usbctrl_spec_parse("version=3,ports=8", &s, &e), 0);
	assert_int_equal(s.version, 3);
	assert_int_equal(s.ports, 8);
}

static void wrong_ctrl(const char *text, const char *want)
{
	struct err e = {.msg = "right"};
	struct usbctrl_spec s;

	assert_true(usbctrl_spec_parse(text, &s, &e) < 0 || usbctrl_spec_check(&s, &e) < 0);
	assert_string_equal(e.msg, want);
}

static void test_wrong_controllers(void **state)
{
	(void)state;
	wrong_ctrl("version=2,ports=4", "a controller of version 2 has 6 ports, not 4");
	wrong_ctrl("ports=7", "a controller of version 2 has 6 ports, not 7");
	wrong_ctrl("ports=4,version=1", "a controller of version 1 has 2 ports, not 4");
	wrong_ctrl("version=3,ports=16", "a controller of version 3 has at most 15 ports, not 16");
	wrong_ctrl("version=3,ports=32", "ports is at most 31");
	wrong_ctrl("version=4", "version is at most 3");
	wrong_ctrl("version=x", "version must be a decimal number, not 'x'");
	wrong_ctrl("version=", "version must be a decimal number, not ''");
	wrong_ctrl("version=2,version=2", "version is given twice");
	wrong_ctrl("type=auto,type=auto", "type is given twice");
	wrong_ctrl("type=pv", "type pv is not supported: its back end, xen-usbback, is none of "
			      "Linux's: devicemodel has a controller that QEMU emulates");
	wrong_ctrl("type=qusb", "type qusb is not supported: QEMU would open the host's devices "
				"itself, with root's powers: devicemodel gets them open");
	wrong_ctrl("type=xhci", "unknown type 'xhci': it is devicemodel or auto");
	wrong_ctrl("version=1,,ports=2", "a parameter is missing between two commas");
	wrong_ctrl("version", "'version' has no value");
	wrong_ctrl("port=2", "unknown parameter 'port', did you mean 'ports'?");
	wrong_ctrl("nosuch=1", "unknown parameter 'nosuch'");
}

static void dev(const char *text, unsigned bus, unsigned addr, int controller, unsigned port)
{
	struct usbdev_spec s;
	struct err e;

	KIT_CHECK(usbdev_spec_parse(text, &s, &e) == 0, "%s: %s", text, e.msg);
	assert_int_equal(s.bus, bus);
	assert_int_equal(s.addr, addr);
	assert_int_equal(s.has_controller, controller >= 0);
	assert_int_equal(s.controller, controller >= 0 ? controller : 0);
	assert_int_equal(s.port, port);
	assert_false(s.octal);
}

static void octal(const char *text, unsigned bus, unsigned addr)
{
	struct usbdev_spec s;
	struct err e;

	KIT_CHECK(usbdev_spec_parse(text, &s, &e) == 0, "%s: %s", text, e.msg);
	assert_true(s.octal);
	assert_int_equal(s.bus, bus);
	assert_int_equal(s.addr, addr);
}

static void test_devices(void **state)
{
	(void)state;
	dev("hostbus=1,hostaddr=3", 1, 3, -1, 0);
	dev("type=hostdev, hostbus=255,hostaddr=127,controller=15,port=15", 255, 127, 15, 15);
	dev("hostaddr=1,hostbus=2,controller=0,port=0", 2, 1, 0, 0);
	/* As lsusb prints them; xl reads them by strtoul with base 0. */
	dev("hostbus=001,hostaddr=007", 1, 7, -1, 0);
	dev("hostbus=0x1,hostaddr=0X1f", 1, 31, -1, 0);
	octal("hostbus=001,hostaddr=010", 1, 8);
	octal("hostbus=012,hostaddr=3", 10, 3);
}

static void wrong_dev(const char *text, const char *want)
{
	struct err e = {.msg = "right"};
	struct usbdev_spec s;

	assert_int_equal(usbdev_spec_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, want);
}

static void test_wrong_devices(void **state)
{
	(void)state;
	wrong_dev("", "hostbus is missing: lsusb shows it");
	wrong_dev("hostaddr=3", "hostbus is missing: lsusb shows it");
	wrong_dev("hostbus=3,controller=0", "hostaddr is missing: lsusb shows it");
	wrong_dev("hostbus=0,hostaddr=3", "hostbus must be 1 to 255");
	wrong_dev("hostbus=256,hostaddr=3", "hostbus must be 1 to 255");
	wrong_dev("hostbus=99999999999999999999,hostaddr=3", "hostbus must be 1 to 255");
	wrong_dev("hostbus=0xffffffffff01,hostaddr=3", "hostbus must be 1 to 255");
	wrong_dev("hostbus=1,hostaddr=128", "hostaddr must be 1 to 127");
	wrong_dev("hostbus=1,hostaddr=008", "hostaddr '008' begins with 0, as octal numbers do: "
					    "write 8");
	wrong_dev("hostbus=010,hostaddr=x", "hostaddr must be a number, not 'x'");
	wrong_dev("hostbus=1,hostaddr=", "hostaddr must be a number, not ''");
	wrong_dev("hostbus=1,hostaddr=0x", "hostaddr must be a number, not '0x'");
	wrong_dev("hostbus=1,hostaddr=-3", "hostaddr must be a number, not '-3'");
	wrong_dev("hostbus=1,hostaddr=3,port=1", "port is given without controller");
	wrong_dev("hostbus=1,hostaddr=3,controller=16", "controller is at most 15");
	wrong_dev("hostbus=1,hostaddr=3,controller=0,port=16", "port is at most 15");
	wrong_dev("hostbus=1,hostbus=1", "hostbus is given twice");
	wrong_dev("type=guest", "unknown type 'guest': it is hostdev");
	wrong_dev("hostbus=1,,hostaddr=3", "a parameter is missing between two commas");
	wrong_dev("hostadr=3", "unknown parameter 'hostadr', did you mean 'hostaddr'?");
	wrong_dev("1:3", "unknown parameter '1:3'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_controllers),
		cmocka_unit_test(test_wrong_controllers),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_wrong_devices),
	};

	return cmocka_run_group_tests_name("usb_spec", tests, NULL, NULL);
}
