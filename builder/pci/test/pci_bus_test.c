/*
 * PCI devices, in a tree as sysfs has it.
 */
#include "sysfs.h"

#include "builder/pci/pci_bus.h"

static char root[256];

/*
 * A host bridge, two equal network cards, of which one is bound to pciback, and a card with three
 * functions in slot 4, behind a bridge that is slot 0's. Slot 9 has no device, slot "new" none that
 * is known.
 */
static void begin(void)
{
	snprintf(root, sizeof(root), "%s", kit_path("r"));
	kit_run("rm -rf %s", root);
	sysfs_device(root, "0000:03:00.1", "0x10ec", "0x8168", "0x020000");
	sysfs_device(root, "0000:00:04.0", "0x8086", "0x100e", "0x020000");
	sysfs_device(root, "0000:00:00.0", "0x8086", "0x29c0", "0x060000");
	sysfs_device(root, "0000:03:00.0", "0x10ec", "0x8168", "0x020000");
	sysfs_device(root, "10000:e1:00.0", "0x144d", "0xA80a", "0x010802");
	sysfs_device(root, "0000:00:03.0", "0x8086", "0x100e", "0x020000");
	sysfs_device(root, "0000:00:1c.0", "0x1b36", "0x000c", "0x060400");
	sysfs_device(root, "0000:03:00.7", "0x10ec", "0x816a", "0x070002");
	sysfs_driver(root, "0000:00:03.0", "e1000");
	sysfs_driver(root, "0000:00:04.0", "pciback");
	sysfs_text(root, "0000:00:04.0", "driver_override", "pciback");
	sysfs_text(root, "0000:03:00.0", "reset_method", "flr bus");
	sysfs_text(root, "0000:03:00.0", "reset", "");
	sysfs_text(root, "0000:03:00.1", "reset", "");
	sysfs_text(root, "0000:03:00.7", "reset", "");
	sysfs_text(root, "0000:03:00.7", "reset_method", "");
	sysfs_link(root, "0000:03:00.0", "iommu_group", "../../../../kernel/iommu_groups/12");
	sysfs_link(root, "0000:03:00.7", "physfn", "../0000:03:00.0");
	sysfs_slot(root, "4", "0000:03:00");
	sysfs_slot(root, "9", "0000:05:00");
	sysfs_slot(root, "new", "0000:06");
	sysfs_slot(root, "0-1", "0000:00:1c");
}

static void read_bus(struct pci_bus *b)
{
	struct err e = {.msg = ""};

	KIT_CHECK(pci_bus_read(root, b, &e) == 0, "%s", e.msg);
}

static void check(const struct pci_device *d, const char *address, unsigned vendor, unsigned device,
		  uint32_t class, unsigned functions)
{
	char text[PCI_ADDRESS_TEXT];

	assert_string_equal(pci_address_text(&d->at, text), address);
	assert_int_equal(d->vendor, vendor);
	assert_int_equal(d->device, device);
	assert_int_equal(d->class, class);
	assert_int_equal(d->functions, functions);
}

static void test_read(void **state)
{
	struct pci_bus b;

	(void)state;
	begin();
	read_bus(&b);
	assert_int_equal(b.n, 8);
	check(&b.list[0], "0000:00:00.0", 0x8086, 0x29c0, 0x060000, 1);
	check(&b.list[1], "0000:00:03.0", 0x8086, 0x100e, 0x020000, 1);
	check(&b.list[2], "0000:00:04.0", 0x8086, 0x100e, 0x020000, 1);
	check(&b.list[3], "0000:00:1c.0", 0x1b36, 0x000c, 0x060400, 1);
	check(&b.list[4], "0000:03:00.0", 0x10ec, 0x8168, 0x020000, 0x83);
	check(&b.list[5], "0000:03:00.1", 0x10ec, 0x8168, 0x020000, 0x83);
	check(&b.list[6], "0000:03:00.7", 0x10ec, 0x816a, 0x070002, 0x83);
	check(&b.list[7], "10000:e1:00.0", 0x144d, 0xa80a, 0x010802, 1);

	assert_string_equal(b.list[0].driver, "");
	assert_string_equal(b.list[1].driver, "e1000");
	assert_string_equal(b.list[2].driver, PCI_DRIVER_PCIBACK);
	assert_string_equal(b.list[1].driver_override, "");
	assert_string_equal(b.list[2].driver_override, "pciback");

	assert_string_equal(b.list[3].slot, "0-1");
	for (size_t i = 0; i < b.n; i++) {
		const bool in_4 = i >= 4 && i <= 6;

		assert_string_equal(b.list[i].slot, in_4 ? "4" : i == 3 ? "0-1" : "");
		assert_int_equal(b.list[i].bridge, i == 3);
		assert_int_equal(b.list[i].virtual, i == 6);
		assert_int_equal(b.list[i].has_group, i == 4);
	}
	assert_int_equal(b.list[4].group, 12);
	assert_int_equal(b.nr_slots, 4);
	pci_bus_free(&b);
	assert_null(b.list);
}

/* A way to reset it is known; or that there is one, before Linux 5.15; or all are switched off. */
static void test_reset(void **state)
{
	struct pci_bus b;

	(void)state;
	begin();
	read_bus(&b);
	assert_true(b.list[4].resettable);
	assert_string_equal(b.list[4].reset, "flr bus");
	assert_true(b.list[5].resettable);
	assert_string_equal(b.list[5].reset, "");
	assert_false(b.list[6].resettable);
	assert_string_equal(b.list[6].reset, "");
	assert_false(b.list[0].resettable);
	pci_bus_free(&b);
}

static void bridge(const char *class, bool want)
{
	struct pci_bus b;

	sysfs_text(root, "0000:00:00.0", "class", class);
	read_bus(&b);
	assert_int_equal(b.list[0].bridge, want);
	pci_bus_free(&b);
}

/* A host bridge is none that has a bus behind it, in this sense. */
static void test_bridges(void **state)
{
	(void)state;
	begin();
	bridge("0x060000", false);
	bridge("0x060100", false);
	bridge("0x060401", true);
	bridge("0x060700", true);
	bridge("0x060940", true);
	bridge("0x088000", false);
	/* The header says so, whatever the class is. */
	sysfs_text(root, "0000:00:00.0", "secondary_bus_number", "1");
	bridge("0x088000", true);
}

static void test_at(void **state)
{
	struct pci_address at = {0, 3, 0, 1};
	struct pci_bus b;

	(void)state;
	begin();
	read_bus(&b);
	assert_ptr_equal(pci_bus_at(&b, &at), &b.list[5]);
	at.function = 2;
	assert_null(pci_bus_at(&b, &at));
	at = (struct pci_address){0x10000, 0xe1, 0, 0};
	assert_ptr_equal(pci_bus_at(&b, &at), &b.list[7]);
	at.segment = 0;
	assert_null(pci_bus_at(&b, &at));
	pci_bus_free(&b);
}

/* ---- what a descriptor names ---- */

static int find(const struct pci_bus *b, const char *text, struct pci_found *found, bool *absent,
		struct err *e)
{
	struct pci_spec s;
	int rc;

	KIT_CHECK(pci_spec_parse(text, &s, e) == 0, "%s: %s", text, e->msg);
	*absent = false;
	rc = pci_bus_find(b, &s, found, absent, e);
	pci_spec_free(&s);
	return rc;
}

/* want: the addresses, with blanks between. */
static void finds(const struct pci_bus *b, const char *text, const char *want)
{
	char got[PCI_FUNCTIONS * PCI_ADDRESS_TEXT] = "", address[PCI_ADDRESS_TEXT];
	struct err e = {.msg = ""};
	struct pci_found found;
	bool absent;

	KIT_CHECK(find(b, text, &found, &absent, &e) == 0, "%s: %s", text, e.msg);
	for (size_t i = 0; i < found.n; i++) {
		strcat(got, i ? " " : "");
		strcat(got, pci_address_text(&found.list[i]->at, address));
	}
	assert_string_equal(got, want);
	assert_false(absent);
}

static void misses(const struct pci_bus *b, const char *text, bool may_come, const char *want)
{
	struct pci_found found;
	struct err e;
	bool absent;

	assert_int_equal(find(b, text, &found, &absent, &e), -1);
	assert_string_equal(e.msg, want);
	assert_int_equal(absent, may_come);
}

static void test_find_bdf(void **state)
{
	struct pci_bus b;

	(void)state;
	begin();
	read_bus(&b);
	finds(&b, "00:03.0", "0000:00:03.0");
	finds(&b, "03:00.7", "0000:03:00.7");
	finds(&b, "03:00.*", "0000:03:00.0 0000:03:00.1 0000:03:00.7");
	finds(&b, "00:03.*", "0000:00:03.0");
	misses(&b, "00:03.1", true, "PCI device 0000:00:03.1 is not there");
	misses(&b, "1:00:03.*", true, "PCI device 0001:00:03.* is not there");
	misses(&b, "name=nic", false, "name=nic: the name of a PCI device is in the store alone");
	pci_bus_free(&b);
}

static void test_find_id(void **state)
{
	struct pci_bus b;

	(void)state;
	begin();
	read_bus(&b);
	finds(&b, "id=1b36:c", "0000:00:1c.0");
	finds(&b, "id=1b36:c#1", "0000:00:1c.0");
	finds(&b, "id=8086:100e#1", "0000:00:03.0");
	finds(&b, "id=8086:100e#2", "0000:00:04.0");
	misses(&b, "id=8086:100e", false,
	       "2 PCI devices are 8086:100e (0000:00:03.0, 0000:00:04.0): id=8086:100e#1 is the "
	       "first of them");
	misses(&b, "id=8086:100e#3", true, "only 2 PCI devices are 8086:100e, and id has #3");
	misses(&b, "id=1b36:c#2", true, "only 1 PCI device is 1b36:000c, and id has #2");
	misses(&b, "id=8086:100f", true, "no PCI device is 8086:100f");
	misses(&b, "id=8086:100f#2", true, "no PCI device is 8086:100f");
	pci_bus_free(&b);
	/* More than are shown. */
	sysfs_device(root, "0000:00:05.0", "0x8086", "0x100e", "0x020000");
	sysfs_device(root, "0000:00:05.1", "0x8086", "0x100e", "0x020000");
	sysfs_device(root, "0000:00:05.2", "0x8086", "0x100e", "0x020000");
	sysfs_device(root, "0000:00:05.3", "0x8086", "0x100e", "0x020000");
	read_bus(&b);
	misses(&b, "id=8086:100e", false,
	       "6 PCI devices are 8086:100e (0000:00:03.0, 0000:00:04.0, 0000:00:05.0, "
	       "0000:00:05.1, ...): id=8086:100e#1 is the first of them");
	finds(&b, "id=8086:100e#6", "0000:00:05.3");
	pci_bus_free(&b);
}

static void test_find_slot(void **state)
{
	struct pci_bus b;

	(void)state;
	begin();
	read_bus(&b);
	finds(&b, "slot=4", "0000:03:00.0 0000:03:00.1 0000:03:00.7");
	finds(&b, "slot=4.1", "0000:03:00.1");
	finds(&b, "slot=0-1", "0000:00:1c.0");
	misses(&b, "slot=4.2", true, "what is in PCI slot '4' has no function 2");
	misses(&b, "slot=9", true, "PCI slot '9' is empty");
	misses(&b, "slot=9.1", true, "PCI slot '9' is empty");
	misses(&b, "slot=new", true, "PCI slot 'new' is empty");
	misses(&b, "slot=0", true,
	       "there is no PCI slot '0': /sys/bus/pci/slots has those that there are");
	pci_bus_free(&b);
	/* Slots are not needed for anything else. */
	kit_run("rm -r %s/sys/bus/pci/slots", root);
	read_bus(&b);
	assert_string_equal(b.list[4].slot, "");
	misses(&b, "slot=4", true,
	       "there is no PCI slot '4': /sys/bus/pci/slots has those that there are");
	pci_bus_free(&b);
}

/* ---- what is not as it should be ---- */

/* want has what is behind "ROOT/sys/bus/pci/". */
static void fails_in(const char *before, const char *want)
{
	struct err e = {.msg = "read"};
	char text[600];
	struct pci_bus b;

	assert_int_equal(pci_bus_read(root, &b, &e), -1);
	snprintf(text, sizeof(text), "%s%s/sys/bus/pci/%s", before, root, want);
	assert_string_equal(e.msg, text);
	assert_null(b.list);
	assert_null(b.slots);
	begin();
}

static void wrong(const char *file, const char *text, const char *want)
{
	char all[300];

	sysfs_text(root, "0000:03:00.0", file, text);
	snprintf(all, sizeof(all), "devices/0000:03:00.0/%s%s", file, want);
	fails_in("", all);
}

static void test_wrong(void **state)
{
	char longest[600] = "", cannot[64];
	struct pci_bus b;
	struct err e;

	(void)state;
	begin();
	wrong("vendor", "0x", ": '0x' is no number of 4 digits at most");
	wrong("vendor", "10ec", ": '10ec' is no number of 4 digits at most");
	wrong("device", "0x816800", ": '0x816800' is no number of 4 digits at most");
	wrong("class", "", ": '' is no number of 6 digits at most");
	wrong("class", "0x02000g", ": '0x02000g' is no number of 6 digits at most");
	wrong("class", "0x020000 ", ": '0x020000 ' is no number of 6 digits at most");
	wrong("reset_method", "flr\nbus", " has more than a line of 255 bytes");
	memset(longest, 'a', 255);
	sysfs_text(root, "0000:03:00.0", "driver_override", longest);
	read_bus(&b);
	assert_string_equal(b.list[4].driver_override, longest);
	pci_bus_free(&b);
	longest[255] = 'a';
	wrong("driver_override", longest, " has more than a line of 255 bytes");
	memset(longest, 'a', 500);
	wrong("driver_override", longest, " has more than a line of 255 bytes");
	sysfs_bytes(root, "devices", "0000:03:00.0", "reset_method", "flr\0bus\n", 8);
	fails_in("", "devices/0000:03:00.0/reset_method has more than a line of 255 bytes");
	/* What a device can't be without. */
	kit_run("rm %s/sys/bus/pci/devices/0000:03:00.0/class", root);
	fails_in("", "devices/0000:03:00.0/class is missing");
	sysfs_device(root, "0000:03:00.8", "0x10ec", "0x8168", "0x020000");
	fails_in("", "devices/0000:03:00.8 is no address of a PCI device");
	sysfs_link(root, "0000:03:00.0", "driver", "../drivers/");
	fails_in("", "devices/0000:03:00.0/driver: '../drivers/' is no name");
	sysfs_link(root, "0000:03:00.0", "iommu_group", "../12x");
	assert_int_equal(pci_bus_read(root, &b, &e), -1);
	assert_string_equal(e.msg, "PCI device 0000:03:00.0: '12x' is no IOMMU group");
	sysfs_link(root, "0000:03:00.0", "iommu_group", "../4294967296");
	assert_int_equal(pci_bus_read(root, &b, &e), -1);
	assert_string_equal(e.msg, "PCI device 0000:03:00.0: '4294967296' is no IOMMU group");
	begin();
	sysfs_slot(root, "4", "0000:03:20");
	fails_in("", "slots/4/address: '0000:03:20' is no address of a PCI device");
	sysfs_slot(root, "4", "0000:03:00.0");
	fails_in("", "slots/4/address: '0000:03:00.0' is no address of a PCI device");
	snprintf(cannot, sizeof(cannot), "devices: %s", strerror(ENOENT));
	kit_run("rm -r %s/sys/bus/pci/devices", root);
	fails_in("cannot read ", cannot);
	snprintf(cannot, sizeof(cannot), "devices/0000:03:00.0/reset_method: %s", strerror(EISDIR));
	kit_run("cd %s/sys/bus/pci/devices/0000:03:00.0 && rm reset_method && mkdir reset_method",
		root);
	fails_in("cannot read ", cannot);
}

/* What is pulled out while it is looked at is left out: a link that leads nowhere any more. */
static void test_gone(void **state)
{
	struct pci_bus b;

	(void)state;
	begin();
	kit_run("cd %s/sys/bus/pci && ln -s ../nowhere devices/0000:02:00.0 && "
		"ln -s ../nowhere slots/2",
		root);
	read_bus(&b);
	assert_int_equal(b.n, 8);
	assert_int_equal(b.nr_slots, 4);
	pci_bus_free(&b);
	kit_run("rm -r %s/sys/bus/pci/devices/*", root);
	read_bus(&b);
	assert_int_equal(b.n, 0);
	misses(&b, "id=8086:100e", true, "no PCI device is 8086:100e");
	pci_bus_free(&b);
}

static void test_no_memory(void **state)
{
	unsigned failures = 0;
	bool was_short = true;
	struct pci_bus b;
	struct err e;
	int rc;

	(void)state;
	begin();
	for (unsigned n = 1; was_short; n++) {
		assert_true(n < 1000);
		fake_alloc_fail_at(n);
		rc = pci_bus_read(root, &b, &e);
		was_short = fake_alloc_failed();
		fake_alloc_fail_at(0);
		assert_int_equal(rc, was_short ? -1 : 0);
		if (rc == 0) {
			pci_bus_free(&b);
			continue;
		}
		failures++;
		assert_non_null(strstr(e.msg, strerror(ENOMEM)));
		assert_null(b.list);
	}
	/* A file each, at the least. */
	assert_true(failures > 8 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),      cmocka_unit_test(test_reset),
		cmocka_unit_test(test_bridges),   cmocka_unit_test(test_at),
		cmocka_unit_test(test_find_bdf),  cmocka_unit_test(test_find_id),
		cmocka_unit_test(test_find_slot), cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_gone),      cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
