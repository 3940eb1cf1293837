/*
 * USB devices of the host, in a tree as sysfs has it.
 */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/device/usb.h"

static char root[256], dev[300];

static void plug(const char *name, const char *bus, const char *addr, const char *class)
{
	kit_run("cd %s/sys/bus/usb/devices && mkdir -p %s && cd %s && echo %s >busnum && "
		"echo %s >devnum && echo %s >bDeviceClass",
		root, name, name, bus, addr, class);
}

static void begin(void)
{
	snprintf(root, sizeof(root), "%s", kit_path("r"));
	snprintf(dev, sizeof(dev), "%s/dev/bus/usb", root);
	kit_run("rm -rf %s; mkdir -p %s/sys/bus/usb/devices/1-4:1.0 %s/001", root, root, dev);
	plug("usb1", "1", "1", "09");
	plug("1-4", "1", "5", "09");
	plug("1-4.2", "1", "12", "00");
	plug("2-4.2", "2", "12", "ef");
}

static int find(unsigned bus, unsigned addr, struct usb_device *d, bool *absent, struct err *e)
{
	static struct usbdev_spec spec;

	spec = (struct usbdev_spec){.bus = (uint8_t)bus, .addr = (uint8_t)addr};
	*absent = false;
	return usb_find(root, &spec, d, absent, e);
}

static void found(unsigned bus, unsigned addr, const char *name)
{
	struct usb_device d;
	struct err e;
	bool absent;

	KIT_CHECK(find(bus, addr, &d, &absent, &e) == 0, "%s", e.msg);
	assert_string_equal(d.name, name);
	assert_false(absent || usb_lost(&d));
}

static void not_found(unsigned bus, unsigned addr, bool may_come, const char *want)
{
	struct usb_device d;
	struct err e;
	bool absent;

	assert_int_equal(find(bus, addr, &d, &absent, &e), -1);
	assert_string_equal(e.msg, want);
	assert_int_equal(absent, may_come);
	assert_true(usb_lost(&d));
}

static void test_find(void **state)
{
	(void)state;
	begin();
	found(1, 12, "1-4.2");
	found(2, 12, "2-4.2");
	not_found(2, 5, true, "USB device 5 of bus 2 is not there");
	not_found(1, 5, false, "USB device 5 of bus 1 is a hub: name what is plugged into it");
	/* A controller's own hub is one, be it there or not. */
	not_found(1, 1, false, "USB device 1 of bus 1 is a hub: name what is plugged into it");
	not_found(9, 1, false, "USB device 1 of bus 9 is a hub: name what is plugged into it");
	/* What is no number, or no name of a device, is none of them. */
	plug("3-1", "3x", "2", "00");
	plug("3-1:1.0", "3", "2", "00");
	plug("3-1,x", "3", "2", "00");
	not_found(3, 2, true, "USB device 2 of bus 3 is not there");
	kit_run("rm -r %s/sys", root); /* a kernel without USB */
	not_found(1, 12, true, "USB device 12 of bus 1 is not there");
}

static void test_lost(void **state)
{
	struct usb_device d;
	struct err e;
	bool absent;

	(void)state;
	begin();
	KIT_CHECK(find(1, 12, &d, &absent, &e) == 0, "%s", e.msg);
	/* Pulled out and plugged in again it is another one. */
	plug("1-4.2", "1", "13", "00");
	assert_true(usb_lost(&d));
	plug("1-4.2", "1", "12", "00");
	assert_false(usb_lost(&d));
	kit_run("rm -r %s/sys/bus/usb/devices/1-4.2", root);
	assert_true(usb_lost(&d));
}

static void test_open(void **state)
{
	char path[320], want[400];
	struct usb_device d;
	struct err e;
	bool absent;
	int fd;

	(void)state;
	begin();
	KIT_CHECK(find(1, 12, &d, &absent, &e) == 0, "%s", e.msg);
	snprintf(path, sizeof(path), "%s/001/012", dev);
	assert_int_equal(usb_open(dev, &d, &e), -1);
	snprintf(want, sizeof(want), "cannot open USB device %s: No such file or directory", path);
	assert_string_equal(e.msg, want);
	assert_true(e.passing);
	kit_text("r/dev/bus/usb/001/012", "");
	assert_int_equal(usb_open(dev, &d, &e), -1);
	snprintf(want, sizeof(want), "%s is no USB device", path);
	assert_string_equal(e.msg, want);
	/* A character device plays it. */
	assert_true(unlink(path) == 0 && symlink("/dev/null", path) == 0);
	fd = usb_open(dev, &d, &e);
	KIT_CHECK(fd >= 0, "%s", e.msg);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	plug("1-4.2", "1", "13", "00");
	assert_int_equal(usb_open(dev, &d, &e), -1);
	assert_string_equal(e.msg, "USB device 12 of bus 1 is not there any more");
	assert_true(e.passing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests_name("usb", tests, kit_begin, kit_end);
}
