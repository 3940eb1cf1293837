/*
 * earlydom hide: a tree that looks like sysfs (DISKS_SYSROOT), with devices that pciback has; what
 * it does with others is in builder/pci/test/pci_hide_test.c.
 */
#include "builder/pci/test/sysfs.h"

#include "builder/command/commands.h"

#define NIC    "0000:00:05.0"
#define SATA   "0000:00:1f.2"
#define BRIDGE "0000:00:1c.0"

static struct kit_output o;

static void hide(int status, const char *cmdline)
{
	const char *const argv[] = {"hide", "-l", "cmdline", NULL};

	kit_text("cmdline", cmdline);
	kit_command(command_hide, argv, &o);
	KIT_CHECK(o.status == status, "%d: %s", o.status, o.err);
	assert_string_equal(o.out, "");
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	sysfs_device("disks", NIC, "0x8086", "0x100e", "0x020000");
	sysfs_device("disks", SATA, "0x8086", "0x2922", "0x010601");
	sysfs_device("disks", BRIDGE, "0x1b36", "0x000c", "0x060400");
	sysfs_mkdir("disks", "sys/class/block");
	sysfs_mkdir("disks", "sys/bus/pci/drivers/pciback");
	kit_text("disks/sys/bus/pci/drivers/pciback/bind", "");
	return 0;
}

static char * override(char text[64])
{
	return kit_read("disks/sys/bus/pci/devices/" NIC "/driver_override", text, 64);
}

/* What a guest names that is selected, at the place of its descriptor; with an error in it, it is
 * not started. */
static void test_guests(void **state)
{
	const char *const argv[] = {"hide", "-c", "config", "-l", "cmdline", NULL};

	(void)state;
	assert_int_equal(mkdir("config", 0755), 0);
	kit_text("config/web.cfg",
		 "kernel = \"/boot/k\"\nmemory = 64\npci = [\"00:05.0\", \"name=x\"]\n");
	kit_text("config/not.cfg", "kernel = \"/boot/k\"\nmemory = 64\npci = [\"00:1c.0\"]\n");
	kit_text("config/bad.cfg", "kernel = \"/boot/k\"\nmemory = 0\npci = [\"00:1c.0\"]\n");
	kit_text("cmdline", "earlydom=web,bad earlydom.nonsense\n");
	sysfs_driver("disks", NIC, "pciback");
	kit_command(command_hide, argv, &o);
	assert_string_equal(o.err,
			    "earlydom: config/web.cfg: note: PCI device " NIC " is hidden\n");
	assert_int_equal(o.status, EXIT_OK);
	kit_text("cmdline", "earlydom=web earlydom.pci.hide=1f:00.0");
	kit_command(command_hide, argv, &o);
	assert_non_null(strstr(o.err, "earlydom: kernel command line:1:32: note: PCI device "
				      "0000:1f:00.0 is not there"));
	assert_non_null(
		strstr(o.err, "earlydom: config/web.cfg: note: PCI device " NIC " is hidden\n"));
	kit_text("cmdline", "earlydom=none");
	kit_command(command_hide, argv, &o);
	assert_string_equal(o.err, "");
	assert_int_equal(unlink("disks/sys/bus/pci/devices/" NIC "/driver"), 0);
}

/* Without the word sysfs is not even looked at. */
static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(rename("disks/sys", "disks/away"), 0);
	hide(EXIT_OK, "root=/dev/sda1 earlydom=none earlydom.nonsense\n");
	assert_string_equal(o.err, "");
	hide(EXIT_OK, "x=earlydom.pci.hide=00:05.0 -- earlydom.pci.hide=00:05.0");
	assert_string_equal(o.err, "");
	hide(EXIT_FAILED, "earlydom.pci.hide=00:05.0");
	assert_string_equal(o.err, "earlydom: kernel command line:1:19: no PCI device is hidden: "
				   "cannot read disks/sys/bus/pci/devices: "
				   "No such file or directory\n");
	assert_int_equal(rename("disks/away", "disks/sys"), 0);
}

static void test_hide(void **state)
{
	char text[64];

	(void)state;
	hide(EXIT_FAILED, "earlydom.pci.hide=00:05.0,1f:00.0,00:1c.0\n");
	assert_string_equal(
		o.err,
		"earlydom: kernel command line:1:27: note: PCI device 0000:1f:00.0 is not there; "
		"what comes later is not hidden\n"
		"earlydom: kernel command line:1:35: PCI device " BRIDGE
		" is not hidden: it is a bridge, which stays dom0's: name what is behind it\n"
		"earlydom: kernel command line:1:19: PCI device " NIC
		" is not hidden: pciback does not take it: it is not bound (dom0's kernel log may "
		"tell more); dom0's drivers are kept from it all the same\n");
	assert_int_equal(strncmp(override(text), "pciback", 7), 0);
	assert_string_equal(kit_read("disks/sys/bus/pci/drivers/pciback/bind", text, sizeof(text)),
			    NIC);
	sysfs_driver("disks", NIC, "pciback");
	hide(EXIT_OK, "earlydom.pci.hide=id=8086:100e");
	assert_string_equal(o.err, "earlydom: kernel command line:1:19: note: PCI device " NIC
				   " is hidden\n");
	hide(EXIT_OK, "earlydom.pci.hide=1f:00.0");
	/* What is wrong does not keep the others from being hidden, and is told. */
	hide(EXIT_FAILED, "earlydom.pci.hide=00:05.0,permissive=1");
	assert_string_equal(
		o.err, "earlydom: kernel command line:1:27: earlydom.pci.hide: "
		       "'permissive=1': a device stands here alone, its options belong to a "
		       "guest's key pci\n"
		       "earlydom: kernel command line:1:19: note: PCI device " NIC " is hidden\n");
	/* As dom0's command line says. */
	hide(EXIT_FAILED, "root=/dev/disk/by-path/pci-" SATA "-ata-1 earlydom.pci.hide=00:1f.2");
	assert_non_null(strstr(o.err, " is not hidden: dom0's root is on it "));
	assert_int_equal(rename("disks/sys/bus/pci/drivers/pciback", "disks/pciback"), 0);
	hide(EXIT_FAILED, "earlydom.pci.hide=00:05.0");
	assert_non_null(strstr(o.err, ": no xen-pciback: it is neither in dom0's kernel nor in "
				      "this initramfs\n"));
	assert_int_equal(rename("disks/pciback", "disks/sys/bus/pci/drivers/pciback"), 0);
}

static void test_usage(void **state)
{
	const char *const none[] = {"hide", "-l", "nowhere", NULL};
	const char *const words[] = {"hide", "00:05.0", NULL};
	const char *const what[] = {"hide", "--what", NULL};
	const char *const help[] = {"hide", "--help", NULL};

	(void)state;
	kit_command(command_hide, none, &o);
	assert_int_equal(o.status, EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: cannot read the kernel command line nowhere: "
				   "No such file or directory\n");
	kit_command(command_hide, words, &o);
	assert_int_equal(o.status, EXIT_USAGE);
	assert_string_equal(o.err,
			    "usage: earlydom hide [-c DIR] [-l FILE]\n\n"
			    "  -c, --config DIR    descriptors (/etc/earlydom)\n"
			    "  -l, --cmdline FILE  the kernel command line (/proc/cmdline)\n");
	kit_command(command_hide, what, &o);
	assert_int_equal(o.status, EXIT_USAGE);
	kit_command(command_hide, help, &o);
	assert_int_equal(o.status, EXIT_OK);
	assert_non_null(strstr(o.out, "usage: earlydom hide"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guests),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_hide),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
