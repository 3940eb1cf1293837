/*
 * The keys usbctrl and usbdev: their lists, together, and guests that can't have them.
 */
#include "builder/fake/kit.h"

#include "builder/describe/usb_spec.h"
#include "config_expect.h"

#define HVM "type = 'hvm'; "

static struct guest_config g;
static struct descriptor c;

static void reads(const char *text, const char *messages)
{
	read_good(text, messages, &c, &g);
}

static void done(void)
{
	read_done(&c, &g);
}

static void test_good(void **state)
{
	(void)state;
	reads(HVM "usbctrl = ['version=3,ports=4', '']", "");
	assert_int_equal(g.nr_usbctrls, 2);
	assert_int_equal(g.nr_usbdevs, 0);
	assert_int_equal(usbctrl_ports(&g.usbctrls[0]), 4);
	assert_int_equal(usbctrl_version(&g.usbctrls[1]), 2);
	done();
	/* A controller comes with a device. */
	reads(HVM "usbdev = ['hostbus=1,hostaddr=3', 'hostbus=1,hostaddr=4']", "");
	assert_int_equal(g.nr_usbctrls, 1);
	assert_true(g.usbctrls[0].added);
	assert_int_equal(g.nr_usbdevs, 2);
	assert_int_equal(g.usbdevs[1].at_port, 2);
	done();
	reads(HVM "usbdev = ['hostbus=1,hostaddr=3,controller=1']; usbctrl = ['', 'version=1']",
	      "");
	assert_int_equal(g.usbdevs[0].at, 1);
	assert_int_equal(g.usbdevs[0].at_port, 1);
	done();
	reads(HVM "usbdev = ['hostbus=001,hostaddr=011']",
	      "web.cfg:2:25: note: usbdev, entry 1: a number that begins with 0 is octal: it is "
	      "device 9 of bus 1\n");
	done();
	/* Of an empty list nothing is to be served. */
	reads("usbctrl = []; usbdev = []", "");
	assert_int_equal(g.nr_usbctrls, 0);
	done();
}

static void test_bad(void **state)
{
	char many[1024] = HVM "usbctrl = ['version=2', ";

	(void)state;
	refuses(HVM "usbctrl = 'version=2'",
		"web.cfg:2:25: usbctrl = \"version=2\": must be a list of strings, in [ ]\n");
	refuses(HVM "usbctrl = ['version=9', '', 'port=1']",
		"web.cfg:2:26: usbctrl, entry 1: version is at most 3\n"
		"web.cfg:2:43: usbctrl, entry 3: unknown parameter 'port', did you mean "
		"'ports'?\n");
	refuses(HVM "usbctrl = ['ports=1', '', 'type=pv']; usbdev = ['hostbus=1,hostaddr=3']",
		"web.cfg:2:26: usbctrl, entry 1: a controller of version 2 has 6 ports, not 1\n"
		"web.cfg:2:41: usbctrl, entry 3: type pv is not supported: its back end, "
		"xen-usbback, is none of Linux's: devicemodel has a controller that QEMU "
		"emulates\n");
	refuses(HVM "usbdev = ['hostbus=1,hostaddr=3', 'hostbus=1,hostaddr=3']",
		"web.cfg:2:49: usbdev, entry 2: the device is that of entry 1\n");
	refuses(HVM "usbdev = ['hostbus=1', 'hostbus=1,hostaddr=3,controller=0']",
		"web.cfg:2:25: usbdev, entry 1: hostaddr is missing: lsusb shows it\n");
	refuses(HVM "usbctrl = ['version=1']; usbdev = ['hostbus=1,hostaddr=3,controller=1']",
		"web.cfg:2:50: usbdev, entry 1: there is no controller 1: usbctrl has 1, numbered "
		"from 0\n");
	/* One cause gives one message. */
	refuses(HVM "usbctrl = ['version=4']; usbdev = ['hostbus=1,hostaddr=3,controller=0']",
		"web.cfg:2:26: usbctrl, entry 1: version is at most 3\n");
	for (size_t i = 0; i < 16; i++)
		strcat(many, "'version=1', ");
	strcat(many, "]");
	refuses(many, "web.cfg:2:25: usbctrl has 17 entries: a guest can have 16\n");
}

static void test_others(void **state)
{
	(void)state;
	/* That it is one of PV USB matters no more. */
	refuses("usbctrl = ['type=pv,version=2,ports=4']",
		"web.cfg:2:1: usbctrl is not supported for pv guests: QEMU serves USB to hvm "
		"guests alone\n");
	refuses("usbctrl = ['version=2']; usbdev = ['hostbus=1,hostaddr=3']",
		"web.cfg:2:1: usbctrl is not supported for pv guests: QEMU serves USB to hvm "
		"guests alone\n");
	refuses("type = 'pvh'; usbdev = ['hostbus=1,hostaddr=3']",
		"web.cfg:2:15: usbdev is not supported for pvh guests: QEMU serves USB to hvm "
		"guests alone\n");
	refuses("image = 'vmx'; device_model_protocol = 'classic'; device_model_override = '/m'; "
		"device_model_config = '/c'; usbctrl = ['']",
		"web.cfg:2:109: usbctrl needs QEMU, and device_model_protocol is \"classic\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("config_usb", tests, NULL, NULL);
}
