/*
 * PCI strings: the examples of xl-pci-configuration(5), earlydom's own ways to name a device, and
 * what is wrong with others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "builder/describe/pci_spec.h"

static struct pci_spec parse(const char *text)
{
	struct err e = {.msg = "right"};
	struct pci_spec s;
	int rc;

	rc = pci_spec_parse(text, &s, &e);
	assert_string_equal(e.msg, "right");
	assert_int_equal(rc, 0);
	return s;
}

static void same_device(const char *text)
{
	struct pci_spec s = parse(text);

	assert_int_equal(s.by, PCI_BY_BDF);
	assert_true(s.has_vslot);
	assert_int_equal(s.at.segment, 0);
	assert_int_equal(s.at.bus, 0x36);
	assert_int_equal(s.at.device, 0);
	assert_int_equal(s.at.function, 0);
	assert_false(s.all_functions);
	assert_int_equal(s.vslot, 0x1e);
	assert_int_equal(s.seize, PCI_FLAG_ON);
	assert_int_equal(s.permissive, PCI_FLAG_DEFAULT);
	pci_spec_free(&s);
}

static void test_good(void **state)
{
	struct pci_spec s;

	(void)state;
	same_device("36:00.0@1e,seize=1");
	same_device("36:00.0,vslot=1e,seize=1");
	same_device("bdf=36:00.0,vslot=1E,seize=1");
	same_device("seize=1,vslot=1e,bdf=0:36:0.0,");
	/* xl reads a number of any length. */
	same_device("00000:36:00.0@1e,seize=1");

	s = parse("abcd:ff:1f.*,permissive=0,msitranslate=1,power_mgmt=1,rdm_policy=relaxed");
	assert_int_equal(s.at.segment, 0xabcd);
	assert_int_equal(s.at.bus, 0xff);
	assert_int_equal(s.at.device, 0x1f);
	assert_int_equal(s.at.function, 0);
	assert_true(s.all_functions);
	assert_false(s.has_vslot);
	assert_int_equal(s.permissive, PCI_FLAG_OFF);
	assert_int_equal(s.msitranslate, PCI_FLAG_ON);
	assert_int_equal(s.power_mgmt, PCI_FLAG_ON);
	assert_int_equal(s.rdm_policy, PCI_RDM_RELAXED);
	pci_spec_free(&s);

	s = parse("bdf=1:2.7");
	assert_int_equal(s.at.function, 7);
	assert_false(s.all_functions);
	pci_spec_free(&s);

	s = parse("name=nic,rdm_policy=STRICT");
	assert_int_equal(s.by, PCI_BY_NAME);
	assert_string_equal(s.name, "nic");
	assert_int_equal(s.rdm_policy, PCI_RDM_STRICT);
	pci_spec_free(&s);
}

static void test_id(void **state)
{
	struct pci_spec s;

	(void)state;
	s = parse("id=8086:100e");
	assert_int_equal(s.by, PCI_BY_ID);
	assert_int_equal(s.vendor, 0x8086);
	assert_int_equal(s.device, 0x100e);
	assert_int_equal(s.nth, 0);
	assert_false(s.all_functions);
	pci_spec_free(&s);
	s = parse("permissive=1,id=1AF4:1#256,vslot=5");
	assert_int_equal(s.by, PCI_BY_ID);
	assert_int_equal(s.vendor, 0x1af4);
	assert_int_equal(s.device, 1);
	assert_int_equal(s.nth, 256);
	assert_int_equal(s.permissive, PCI_FLAG_ON);
	assert_int_equal(s.vslot, 5);
	pci_spec_free(&s);
}

/* function 8 is all of them */
static void slot(const char *text, const char *name, unsigned function)
{
	struct pci_spec s = parse(text);

	assert_int_equal(s.by, PCI_BY_SLOT);
	assert_string_equal(s.name, name);
	assert_int_equal(s.all_functions, function == 8);
	assert_int_equal(s.at.function, function % 8);
	pci_spec_free(&s);
}

static void test_slot(void **state)
{
	char longest[5 + PCI_SLOT_MAX + 3] = "slot=";

	(void)state;
	slot("slot=4", "4", 8);
	slot("slot=4.*", "4", 8);
	slot("slot=4.0", "4", 0);
	slot("slot=4.7,vslot=3", "4", 7);
	slot("slot=4.8", "4.8", 8); /* no function */
	slot("slot=4.1.*", "4.1", 8);
	slot("slot=U78A0.001 P1-C4", "U78A0.001 P1-C4", 8);
	slot("slot=.1", ".1", 8);
	memset(longest + 5, 'a', PCI_SLOT_MAX);
	slot(longest, longest + 5, 8);
}

static void shown(const char *text, const char *want)
{
	struct pci_spec s = parse(text);
	char buf[PCI_SPEC_TEXT];

	assert_string_equal(pci_spec_text(&s, buf), want);
	pci_spec_free(&s);
}

static void test_text(void **state)
{
	char longest[5 + PCI_SLOT_MAX + 1] = "slot=", want[PCI_SPEC_TEXT];

	(void)state;
	shown("36:0.0@4,seize=1", "0000:36:00.0");
	shown("abcd:36:1f.*", "abcd:36:1f.*");
	shown("name=nic", "name=nic");
	shown("id=8086:e", "id=8086:000e");
	shown("id=ffff:FFFF#256", "id=ffff:ffff#256");
	shown("slot=4", "slot=4.*");
	shown("slot=4.3", "slot=4.3");
	memset(longest + 5, 'a', PCI_SLOT_MAX);
	snprintf(want, sizeof(want), "%.77s.*", longest);
	shown(longest, want);
}

static void refuses(const char *text, const char *msg)
{
	struct pci_spec s;
	struct err e = {.msg = "accepted"};

	assert_int_equal(pci_spec_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, msg);
	pci_spec_free(&s);
}

static void no_bdf(const char *text)
{
	char msg[128];

	snprintf(msg, sizeof(msg),
		 "'%s' is not a PCI device such as 0000:36:00.0, as lspci -D shows it", text);
	refuses(text, msg);
}

static void test_errors(void **state)
{
	(void)state;
	refuses("", "no device is named: bdf, id, slot or name does that");
	refuses("seize=1", "no device is named: bdf, id, slot or name does that");
	refuses("36:00.0,name=nic", "bdf and name exclude each other: either names a device");
	refuses("name=nic,bdf=36:00.0", "name and bdf exclude each other: either names a device");
	refuses("id=1:2,slot=3", "id and slot exclude each other: either names a device");
	refuses("slot=3,name=nic", "slot and name exclude each other: either names a device");
	no_bdf("bogus");
	no_bdf("36:00");
	no_bdf("36:20.0");
	no_bdf("36:00.8");
	no_bdf("36:00.00");
	no_bdf("36:00.**");
	no_bdf("136:00.0");
	no_bdf(":36:00.0");
	no_bdf("36:00.0x");
	no_bdf("36:00.");
	no_bdf("36:00.0 ");
	refuses("bdf=36:00.0@1",
		"'36:00.0@1' is not a PCI device such as 0000:36:00.0, as lspci -D shows it");
	refuses("bdf=", "'' is not a PCI device such as 0000:36:00.0, as lspci -D shows it");
	refuses("10000:e1:00.0", "'10000:e1:00.0' can't be given to a guest: Xen has segments "
				 "(domains) up to ffff");
	refuses("36:00.0@20", "vslot '20' must be hexadecimal, 0 to 1f");
	refuses("36:00.0@", "vslot '' must be hexadecimal, 0 to 1f");
	refuses("36:00.0@1x", "vslot '1x' must be hexadecimal, 0 to 1f");
	refuses("36:00.0@1,vslot=1", "vslot is given twice");
	refuses("36:00.0,bdf=36:00.0", "bdf is given twice");
	refuses("36:00.0,seize=yes", "seize must be 0 or 1");
	refuses("36:00.0,seize=", "seize must be 0 or 1");
	refuses("36:00.0,seize=1,seize=1", "seize is given twice");
	refuses("36:00.0,permissive=2", "permissive must be 0 or 1");
	refuses("36:00.0,msitranslate=-1", "msitranslate must be 0 or 1");
	refuses("36:00.0,power_mgmt=x", "power_mgmt must be 0 or 1");
	refuses("36:00.0,rdm_policy=foo", "unknown rdm_policy 'foo': it is strict or relaxed");
	refuses("36:00.0,rdm_policy=strict,rdm_policy=strict", "rdm_policy is given twice");
	refuses("name=", "name must have 1 to 64 characters");
	refuses("name=a,name=b", "name is given twice");
	refuses("name=a b", "name 'a b' has a character that no device's name has");
	refuses("36:00.0,sieze=1", "unknown parameter 'sieze', did you mean 'seize'?");
	refuses("36:00.0,37:00.0", "unknown parameter '37:00.0'");
	refuses("36:00.0,seize", "'seize' has no value");
	refuses("id", "'id' has no value");
	refuses("36:00.0,,seize=1", "a parameter is missing between two commas");
	refuses("36:00.0, seize=1", "there is a blank before 'seize=1': xl takes none here");
	refuses("\t36:00.0", "there is a blank before '36:00.0': xl takes none here");
}

static void no_id(const char *id)
{
	char text[64], msg[128];

	snprintf(text, sizeof(text), "id=%s", id);
	snprintf(msg, sizeof(msg),
		 "id '%s' is not VENDOR:DEVICE such as 8086:100e, as lspci -n shows it", id);
	refuses(text, msg);
}

static void test_own_errors(void **state)
{
	(void)state;
	no_id("");
	no_id("8086");
	no_id("8086:");
	no_id(":100e");
	no_id("8086:100g");
	no_id("08086:100e");
	no_id("8086:100e ");
	no_id("0x8086:100e");
	no_id("8086#100e:1");
	refuses("id=8086:100e#0", "what is behind # in id counts from 1");
	refuses("id=8086:100e#257", "what is behind # in id is at most 256");
	refuses("id=8086:100e#", "what is behind # in id must be a decimal number, not ''");
	refuses("id=8086:100e#1#2", "what is behind # in id must be a decimal number, not '1#2'");
	refuses("id=1:2,id=1:2", "id is given twice");
	refuses("slot=",
		"slot '' can't be one's name: /sys/bus/pci/slots has those that there are");
	refuses("slot=a/b",
		"slot 'a/b' can't be one's name: /sys/bus/pci/slots has those that there are");
	refuses("slot=..",
		"slot '..' can't be one's name: /sys/bus/pci/slots has those that there are");
	refuses("slot=..0",
		"slot '..0' can't be one's name: /sys/bus/pci/slots has those that there are");
	refuses("slot=4\x1b",
		"slot '4\x1b' can't be one's name: /sys/bus/pci/slots has those that there are");
	refuses("slot=1,slot=2", "slot is given twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),   cmocka_unit_test(test_id),
		cmocka_unit_test(test_slot),   cmocka_unit_test(test_text),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_own_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
