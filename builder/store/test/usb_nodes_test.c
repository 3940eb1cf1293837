/* The nodes of USB controllers, and whether another domain has a device. */
#include "builder/fake/kit.h"

#include "builder/describe/usb_spec.h"
#include "builder/device/usb.h"
#include "builder/fake/fake_store.h"
#include "builder/store/device_nodes.h"
#include "builder/store/store.h"
#include "builder/store/usb_others.h"

static struct usbctrl_spec ctrls[2];
static struct usbdev_spec devs[2];
static struct usb_device found[2];
static struct guest_config cfg;
static struct guest g;

static int set_up(void **state)
{
	(void)state;
	cfg = kit_config("web", GUEST_HVM);
	ctrls[0] = (struct usbctrl_spec){.version = 1};
	ctrls[1] = (struct usbctrl_spec){.version = 3, .ports = 3};
	devs[0] = (struct usbdev_spec){.bus = 1, .addr = 3, .at = 0, .at_port = 2};
	devs[1] = (struct usbdev_spec){.bus = 2, .addr = 4, .at = 1, .at_port = 1};
	found[0] = (struct usb_device){.spec = &devs[0], .name = "1-1.4"};
	found[1] = (struct usb_device){.spec = &devs[1], .name = "2-3"};
	cfg.usbctrls = ctrls;
	cfg.nr_usbctrls = 2;
	cfg.usbdevs = devs;
	cfg.nr_usbdevs = 2;
	g = (struct guest){.cfg = &cfg, .domid = 7, .usbdevs = found};
	return 0;
}

/* All of them, as "PATH=VALUE " in their order. */
static void nodes_are(const char *want)
{
	struct nodes n = {.domid = 7};
	char text[2048] = "";

	usb_nodes(&g, &n);
	assert_false(n.failed);
	for (size_t i = 0; i < n.n; i++) {
		assert_int_equal(n.v[i].access, NODE_INHERITS);
		sprintf(text + strlen(text), "%s=%s ", n.v[i].path, n.v[i].value);
	}
	assert_string_equal(text, want);
	nodes_free(&n);
}

#define DIR "/libxl/7/device/vusb/"

static void test_nodes(void **state)
{
	(void)state;
	nodes_are(DIR "0/type=devicemodel " DIR "0/usb-ver=1 " DIR "0/num-ports=2 " DIR
		      "0/port= " DIR "0/port/1= " DIR "0/port/2=1-1.4 " DIR
		      "1/type=devicemodel " DIR "1/usb-ver=3 " DIR "1/num-ports=3 " DIR
		      "1/port= " DIR "1/port/1=2-3 " DIR "1/port/2= " DIR "1/port/3= ");
	/* Of one that was adopted it may not be known. */
	g.usbdevs = NULL;
	cfg.nr_usbctrls = 1;
	nodes_are(DIR "0/type=devicemodel " DIR "0/usb-ver=1 " DIR "0/num-ports=2 " DIR
		      "0/port= " DIR "0/port/1= " DIR "0/port/2= ");
	cfg.nr_usbctrls = 0;
	nodes_are("");
}

/* xl's guests have nodes for these alone; earlydom's have them too. */
static void test_others(void **state)
{
	struct xs_handle *xsh;
	struct err e;

	(void)state;
	fake_reset();
	fake_store()->running = true;
	KIT_CHECK(store_open(&xsh, &e) == 0, "%s", e.msg);
	KIT_CHECK(usb_check_others(&g, xsh, &e) == 0, "%s", e.msg);
	fake_store_write("/local/domain/7/name", "web");
	fake_store_write("/libxl/7/device/vusb/0/port/2", "1-1.4");
	fake_store_write("/local/domain/4/name", "other");
	fake_store_write("/libxl/4/device/vusb/0/port/1", "");
	fake_store_write("/libxl/4/device/vusb/1/port/3", "1-1");
	fake_store_write("/libxl/4/device/vusb/1/usb-ver", "2");
	/* Left behind by a domain that is no more. */
	fake_store_write("/libxl/5/device/vusb/0/port/1", "2-3");
	KIT_CHECK(usb_check_others(&g, xsh, &e) == 0, "%s", e.msg);
	fake_store_write("/libxl/4/device/vusb/1/port/2", "2-3");
	assert_int_equal(usb_check_others(&g, xsh, &e), -1);
	assert_string_equal(e.msg, "USB device 4 of bus 2 is another domain's "
				   "(/libxl/4/device/vusb/1/port/2)");
	assert_true(e.passing);
	fake_store()->running = false;
	assert_int_equal(usb_check_others(&g, xsh, &e), -1);
	KIT_CHECK(strstr(e.msg, "cannot read /local/domain in the store") == e.msg, "%s", e.msg);
	cfg.nr_usbdevs = 0;
	assert_int_equal(usb_check_others(&g, xsh, &e), 0);
	xs_close(xsh);
	fake_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nodes, set_up),
		cmocka_unit_test_setup(test_others, set_up),
	};

	return cmocka_run_group_tests_name("usb_nodes", tests, NULL, NULL);
}
