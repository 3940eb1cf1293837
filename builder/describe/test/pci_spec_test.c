/*
 * PCI strings: the examples of xl-pci-configuration(5), and what is wrong with others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "builder/describe/pci_spec.h"

static void same_device(const char *text)
{
	struct pci_spec s;
	struct err e = {.msg = "right"};

	pci_spec_parse(text, &s, &e);
	assert_string_equal(e.msg, "right");
	assert_true(s.has_bdf && s.has_vslot);
	assert_int_equal(s.segment, 0);
	assert_int_equal(s.bus, 0x36);
	assert_int_equal(s.device, 0);
	assert_int_equal(s.function, 0);
	assert_int_equal(s.vslot, 0x1e);
	assert_int_equal(s.seize, PCI_FLAG_ON);
	assert_int_equal(s.permissive, PCI_FLAG_DEFAULT);
	pci_spec_free(&s);
}

static void test_good(void **state)
{
	struct pci_spec s;
	struct err e = {.msg = "right"};

	(void)state;
	same_device("36:00.0@1e,seize=1");
	same_device("36:00.0,vslot=1e,seize=1");
	same_device("bdf=36:00.0,vslot=1E,seize=1");

	pci_spec_parse("abcd:ff:1f.*,permissive=0,msitranslate=1,power_mgmt=1,rdm_policy=relaxed",
		       &s, &e);
	assert_string_equal(e.msg, "right");
	assert_int_equal(s.segment, 0xabcd);
	assert_int_equal(s.bus, 0xff);
	assert_int_equal(s.device, 0x1f);
	assert_true(s.all_functions);
	assert_int_equal(s.permissive, PCI_FLAG_OFF);
	assert_int_equal(s.msitranslate, PCI_FLAG_ON);
	assert_int_equal(s.power_mgmt, PCI_FLAG_ON);
	assert_int_equal(s.rdm_policy, PCI_RDM_RELAXED);
	pci_spec_free(&s);

	pci_spec_parse("name=nic,rdm_policy=strict", &s, &e);
	assert_string_equal(e.msg, "right");
	assert_string_equal(s.name, "nic");
	assert_false(s.has_bdf);
	assert_int_equal(s.rdm_policy, PCI_RDM_STRICT);
	pci_spec_free(&s);
}

static void refuses(const char *text, const char *msg)
{
	struct pci_spec s;
	struct err e = {.msg = "accepted"};

	assert_int_equal(pci_spec_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, msg);
	pci_spec_free(&s);
}

static void test_errors(void **state)
{
	(void)state;
	refuses("", "bdf is missing");
	refuses("seize=1", "bdf is missing");
	refuses("36:00.0,name=nic", "bdf and name exclude each other");
	refuses("bogus", "'bogus' is not a PCI device such as 0000:36:00.0");
	refuses("36:00", "'36:00' is not a PCI device such as 0000:36:00.0");
	refuses("36:20.0", "'36:20.0' is not a PCI device such as 0000:36:00.0");
	refuses("36:00.8", "'36:00.8' is not a PCI device such as 0000:36:00.0");
	refuses("136:00.0", "'136:00.0' is not a PCI device such as 0000:36:00.0");
	refuses("00000:36:00.0", "'00000:36:00.0' is not a PCI device such as 0000:36:00.0");
	refuses(":36:00.0", "':36:00.0' is not a PCI device such as 0000:36:00.0");
	refuses("36:00.0x", "'36:00.0x' is not a PCI device such as 0000:36:00.0");
	refuses("36:00.", "'36:00.' is not a PCI device such as 0000:36:00.0");
	refuses("bdf=36:00.0@1", "'36:00.0@1' is not a PCI device such as 0000:36:00.0");
	refuses("36:00.0@20", "vslot '20' must be hexadecimal, 0 to 1f");
	refuses("36:00.0@", "vslot '' must be hexadecimal, 0 to 1f");
	refuses("36:00.0@1,vslot=1", "vslot is given twice");
	refuses("36:00.0,bdf=36:00.0", "bdf is given twice");
	refuses("36:00.0,seize=yes", "seize must be 0 or 1");
	refuses("36:00.0,seize=1,seize=1", "seize is given twice");
	refuses("36:00.0,rdm_policy=foo", "unknown rdm_policy 'foo': it is strict or relaxed");
	refuses("36:00.0,rdm_policy=strict,rdm_policy=strict", "rdm_policy is given twice");
	refuses("name=", "name is empty");
	refuses("name=a,name=b", "name is given twice");
	refuses("36:00.0,sieze=1", "unknown parameter 'sieze', did you mean 'seize'?");
	refuses("36:00.0,37:00.0", "unknown parameter '37:00.0'");
	refuses("36:00.0,,seize=1", "a parameter is missing between two commas");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
