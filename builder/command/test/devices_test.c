/*
 * earlydom devices: a tree that looks like sysfs (DISKS_SYSROOT).
 */
#include "builder/pci/test/sysfs.h"

#include "builder/command/commands.h"
#include "builder/fake/fake_store.h"

static struct kit_output o;

static void devices(int status, const char *a, const char *b)
{
	const char *const argv[] = {"devices", a, b, NULL};

	kit_command(command_devices, argv, &o);
	KIT_CHECK(o.status == status, "%d: %s", o.status, o.err);
}

/* A bridge, a network card of dom0's, one for guests, and a card with two functions in a slot. */
static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	sysfs_device("disks", "0000:00:00.0", "0x8086", "0x29c0", "0x060000");
	sysfs_device("disks", "0000:00:1c.0", "0x1b36", "0x000c", "0x060400");
	sysfs_device("disks", "0000:00:03.0", "0x8086", "0x100e", "0x020000");
	sysfs_device("disks", "0000:00:04.0", "0x8086", "0x100e", "0x020000");
	sysfs_device("disks", "0000:03:00.0", "0x144d", "0xa80a", "0x010802");
	sysfs_device("disks", "0000:03:00.1", "0x1234", "0x1111", "0xff0000");
	sysfs_driver("disks", "0000:00:1c.0", "pcieport");
	sysfs_driver("disks", "0000:00:03.0", "e1000");
	sysfs_driver("disks", "0000:00:04.0", "pciback");
	sysfs_text("disks", "0000:00:04.0", "driver_override", "pciback");
	sysfs_text("disks", "0000:00:04.0", "reset", "");
	sysfs_text("disks", "0000:03:00.0", "reset_method", "flr bus");
	sysfs_text("disks", "0000:03:00.0", "reset", "");
	sysfs_link("disks", "0000:03:00.0", "iommu_group", "../../../kernel/iommu_groups/12");
	sysfs_link("disks", "0000:03:00.1", "physfn", "../0000:03:00.0");
	sysfs_slot("disks", "4", "0000:03:00");
	return 0;
}

static void test_table(void **state)
{
	(void)state;
	devices(EXIT_OK, NULL, NULL);
	assert_string_equal(o.err, "");
	assert_string_equal(
		o.out,
		"ADDRESS      ID        CLASS          DRIVER   GROUP   RESET   SLOT OWNER\n"
		"0000:00:00.0 8086:29c0 060000 bridge  -        unknown no      -    dom0\n"
		"0000:00:03.0 8086:100e 020000 network e1000    unknown no      -    dom0\n"
		"0000:00:04.0 8086:100e 020000 network pciback  unknown yes     -    hidden\n"
		"0000:00:1c.0 1b36:000c 060400 bridge  pcieport unknown no      -    dom0\n"
		"0000:03:00.0 144d:a80a 010802 storage -        12      flr,bus 4    dom0\n"
		"0000:03:00.1 1234:1111 ff0000 other   -        unknown no      4    dom0\n");
}

static void test_json(void **state)
{
	(void)state;
	devices(EXIT_OK, "--json", NULL);
	assert_string_equal(o.err, "");
	assert_string_equal(
		o.out,
		"[\n"
		"  {\"address\": \"0000:00:00.0\", \"id\": \"8086:29c0\", \"class\": \"060000\", "
		"\"kind\": \"bridge\", \"driver\": null, \"driver_override\": null, "
		"\"iommu_group\": null, \"reset\": [], \"slot\": null, \"owner\": \"dom0\"},\n"
		"  {\"address\": \"0000:00:03.0\", \"id\": \"8086:100e\", \"class\": \"020000\", "
		"\"kind\": \"network\", \"driver\": \"e1000\", \"driver_override\": null, "
		"\"iommu_group\": null, \"reset\": [], \"slot\": null, \"owner\": \"dom0\"},\n"
		"  {\"address\": \"0000:00:04.0\", \"id\": \"8086:100e\", \"class\": \"020000\", "
		"\"kind\": \"network\", \"driver\": \"pciback\", "
		"\"driver_override\": \"pciback\", \"iommu_group\": null, "
		"\"reset\": [\"unknown\"], \"slot\": null, \"owner\": \"hidden\"},\n"
		"  {\"address\": \"0000:00:1c.0\", \"id\": \"1b36:000c\", \"class\": \"060400\", "
		"\"kind\": \"bridge\", \"driver\": \"pcieport\", \"driver_override\": null, "
		"\"iommu_group\": null, \"reset\": [], \"slot\": null, \"bridge\": true, "
		"\"owner\": \"dom0\"},\n"
		"  {\"address\": \"0000:03:00.0\", \"id\": \"144d:a80a\", \"class\": \"010802\", "
		"\"kind\": \"storage\", \"driver\": null, \"driver_override\": null, "
		"\"iommu_group\": 12, \"reset\": [\"flr\", \"bus\"], \"slot\": \"4\", "
		"\"multi_function\": true, \"owner\": \"dom0\"},\n"
		"  {\"address\": \"0000:03:00.1\", \"id\": \"1234:1111\", \"class\": \"ff0000\", "
		"\"kind\": \"other\", \"driver\": null, \"driver_override\": null, "
		"\"iommu_group\": null, \"reset\": [], \"slot\": \"4\", "
		"\"multi_function\": true, \"virtual\": true, \"owner\": \"dom0\"}\n"
		"]\n");
}

/* The store knows which guest has one. What it still says of a domain that is no more counts for
 * nothing. */
static void test_guests(void **state)
{
	(void)state;
	fake_reset();
	fake_store()->running = true;
	fake_store_write("/libxl/pci/0000-00-04-0/domid", "12");
	fake_store_write("/local/domain/12/name", "router");
	fake_store_write("/libxl/pci/0000-03-00-1/domid", "13");
	devices(EXIT_OK, NULL, NULL);
	assert_non_null(strstr(o.out, " pciback  unknown yes     -    router\n"));
	assert_non_null(strstr(o.out, " unknown no      4    dom0\n"));
	devices(EXIT_OK, "--json", NULL);
	assert_non_null(strstr(o.out, "\"owner\": \"guest\", \"guest\": \"router\"},\n"));
	fake_store_remove("/local/domain/12");
	kit_nothing_held(true);
	fake_reset();
}

/* What somebody has written to sysfs, or named a slot, does not reach the terminal as it is. */
static void test_hostile(void **state)
{
	(void)state;
	sysfs_slot("disks", "\x1b[2J", "0000:00:03");
	sysfs_text("disks", "0000:00:03.0", "driver_override", "\x1b[2J\"");
	devices(EXIT_OK, NULL, NULL);
	assert_non_null(strstr(o.out, "\\x1b[2J"));
	assert_null(strchr(o.out, '\x1b'));
	devices(EXIT_OK, "--json", NULL);
	assert_non_null(strstr(o.out, "\"driver_override\": \"\\u001b[2J\\\"\""));
	assert_non_null(strstr(o.out, "\"slot\": \"\\u001b[2J\""));
	assert_null(strchr(o.out, '\x1b'));
	assert_int_equal(system("rm -r disks/sys/bus/pci/slots/*2J"), 0);
	sysfs_text("disks", "0000:00:03.0", "driver_override", "(null)");
}

static void test_wrong(void **state)
{
	char want[128];

	(void)state;
	devices(EXIT_USAGE, "--what", NULL);
	devices(EXIT_USAGE, "0000:00:03.0", NULL);
	assert_string_equal(o.err, "usage: earlydom devices [--json]\n");
	devices(EXIT_USAGE, "--json", "0000:00:03.0");
	devices(EXIT_OK, "--help", NULL);
	assert_string_equal(o.out, "usage: earlydom devices [--json]\n");
	sysfs_text("disks", "0000:00:03.0", "vendor", "nobody");
	devices(EXIT_FAILED, NULL, NULL);
	assert_string_equal(o.out, "");
	assert_string_equal(o.err, "earlydom: disks/sys/bus/pci/devices/0000:00:03.0/vendor: "
				   "'nobody' is no number of 4 digits at most\n");
	sysfs_text("disks", "0000:00:03.0", "vendor", "0x8086");
	assert_int_equal(rename("disks/sys", "disks/away"), 0);
	devices(EXIT_FAILED, "--json", NULL);
	snprintf(want, sizeof(want), "earlydom: cannot read disks/sys/bus/pci/devices: %s\n",
		 strerror(ENOENT));
	assert_string_equal(o.err, want);
	assert_string_equal(o.out, "");
	/* A machine without any. */
	sysfs_mkdir("disks", "sys/bus/pci/devices");
	devices(EXIT_OK, NULL, NULL);
	assert_string_equal(o.out, "");
	devices(EXIT_OK, "--json", NULL);
	assert_string_equal(o.out, "[]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),  cmocka_unit_test(test_json),
		cmocka_unit_test(test_guests), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
