/* Which port each device gets. */
#include "builder/fake/kit.h"

#include "builder/describe/usb_plug.h"

#define DEVICES_MAX 300

static struct usbctrl_spec ctrls[USB_CONTROLLERS_MAX];
static struct usbdev_spec devs[DEVICES_MAX];
static size_t nr, n;

static void begin(void)
{
	nr = n = 0;
}

static void controller(unsigned version, unsigned ports)
{
	ctrls[nr++] = (struct usbctrl_spec){.version = version, .ports = ports};
}

/* A device of its own number; at -1 is anywhere. */
static void device(int at, unsigned port)
{
	devs[n] = (struct usbdev_spec){.bus = (uint8_t)(n / 100 + 1),
				       .addr = (uint8_t)(n % 100 + 1),
				       .has_controller = at >= 0,
				       .controller = at >= 0 ? (unsigned)at : 0,
				       .port = port};
	n++;
}

static void plugs(void)
{
	size_t bad;
	struct err e;

	KIT_CHECK(usb_plug(ctrls, &nr, devs, n, &bad, &e) == 0, "%s", e.msg);
}

static void is_at(size_t i, unsigned at, unsigned port)
{
	KIT_CHECK(devs[i].at == at && devs[i].at_port == port, "%zu: %u.%u", i, devs[i].at,
		  devs[i].at_port);
}

static void wrong(size_t i, const char *want)
{
	size_t bad = 999;
	struct err e = {.msg = ""};

	assert_int_equal(usb_plug(ctrls, &nr, devs, n, &bad, &e), -1);
	assert_int_equal(bad, i);
	assert_string_equal(e.msg, want);
}

static void test_given(void **state)
{
	(void)state;
	begin();
	controller(1, 0);
	controller(3, 4);
	device(1, 4);
	device(1, 0);
	device(-1, 0);
	device(0, 0);
	device(-1, 0);
	plugs();
	is_at(0, 1, 4);
	is_at(1, 1, 1);
	is_at(2, 0, 1);
	is_at(3, 0, 2);
	is_at(4, 1, 2);
	assert_int_equal(nr, 2);
}

/* Where no port is free another controller comes, of the default kind, with what it can have. */
static void test_added(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 7; i++)
		device(-1, 0);
	plugs();
	assert_int_equal(nr, 2);
	assert_true(ctrls[0].added && ctrls[1].added);
	assert_int_equal(usbctrl_version(&ctrls[1]), 2);
	is_at(0, 0, 1);
	is_at(5, 0, 6);
	is_at(6, 1, 1);
	begin();
	controller(1, 0);
	for (int i = 0; i < 3; i++)
		device(-1, 0);
	plugs();
	assert_int_equal(nr, 2);
	assert_false(ctrls[0].added);
	is_at(2, 1, 1);
}

static void test_wrong(void **state)
{
	(void)state;
	begin();
	device(0, 0);
	wrong(0, "there is no controller 0: usbctrl has 0, numbered from 0");
	begin();
	controller(1, 0);
	device(0, 3);
	wrong(0, "controller 0 has 2 ports, and no port 3");
	begin();
	controller(1, 0);
	device(-1, 0);
	device(0, 1);
	wrong(1, "port 1 of controller 0 has a device already");
	begin();
	controller(1, 0);
	device(0, 2);
	device(0, 0);
	device(0, 0);
	wrong(2, "controller 0 has no free port");
	begin();
	controller(3, 0);
	device(-1, 0);
	device(-1, 0);
	devs[1] = devs[0];
	wrong(1, "the device is that of entry 1");
	/* 15 of USB 3 and one of USB 1 have room for so many. */
	begin();
	for (int i = 0; i < 15; i++)
		controller(3, 15);
	controller(1, 0);
	for (int i = 0; i < 15 * 15 + 2 + 1; i++)
		device(-1, 0);
	wrong(227, "no controller has a free port");
	assert_int_equal(nr, USB_CONTROLLERS_MAX);
	is_at(226, 15, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests_name("usb_plug", tests, NULL, NULL);
}
