/* Words for classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "builder/pci/pci_class.h"

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(pci_class_word(0x010802), "storage");
	assert_string_equal(pci_class_word(0x020000), "network");
	assert_string_equal(pci_class_word(0x028000), "network");
	assert_string_equal(pci_class_word(0x030000), "display");
	assert_string_equal(pci_class_word(0x060400), "bridge");
	assert_string_equal(pci_class_word(0x0c0330), "usb");
	assert_string_equal(pci_class_word(0x0c0010), "firewire");
	assert_string_equal(pci_class_word(0x0c0500), "smbus");
	assert_string_equal(pci_class_word(0x0c0900), "bus");
	assert_string_equal(pci_class_word(0x120000), "accelerator");
	assert_string_equal(pci_class_word(0x400000), "processor");
	assert_string_equal(pci_class_word(0x000000), "other");
	assert_string_equal(pci_class_word(0x0a0000), "other");
	assert_string_equal(pci_class_word(0x410000), "other");
	assert_string_equal(pci_class_word(0xffffff), "other");
	assert_string_equal(pci_class_word(0xffffffff), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
