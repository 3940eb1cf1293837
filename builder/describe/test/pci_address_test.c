/* Addresses of PCI functions: what is one, how it is written, and their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "builder/describe/pci_address.h"

static void same(const char *text, const char *want)
{
	struct pci_address a;
	char buf[PCI_ADDRESS_TEXT];

	assert_int_equal(pci_address_parse(text, &a), 0);
	assert_string_equal(pci_address_text(&a, buf), want);
}

static void test_good(void **state)
{
	struct pci_address a;

	(void)state;
	same("0000:00:03.0", "0000:00:03.0");
	same("3:1F.7", "0000:03:1f.7");
	same("10000:e1:00.0", "10000:e1:00.0");
	same("FFFFFFFF:ff:1f.7", "ffffffff:ff:1f.7");
	assert_int_equal(pci_address_parse("abcd:ef:12.3", &a), 0);
	assert_int_equal(a.segment, 0xabcd);
	assert_int_equal(a.bus, 0xef);
	assert_int_equal(a.device, 0x12);
	assert_int_equal(a.function, 3);
}

static void test_wrong(void **state)
{
	static const char *const wrong[] = {
		"",
		"0",
		":",
		"00:03",
		"00:03.",
		"00:03.8",
		"00:03.00",
		"00:03.0 ",
		" 00:03.0",
		"00:20.0",
		"100:00.0",
		"0:00:000.0",
		"000000000:00:00.0",
		":00:00.0",
		"0:0:0:0.0",
		"00.03.0",
		"0x00:03.0",
		"00:03.*",
	};
	struct pci_address a;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (pci_address_parse(wrong[i], &a) == 0)
			fail_msg("'%s' is one", wrong[i]);
}

/* What is behind the device is left for the caller. */
static void test_take(void **state)
{
	const char text[] = "02:03:04.5", *at = text;
	struct pci_address a;

	(void)state;
	assert_int_equal(pci_address_take_device(&at, text + strlen(text), &a), 0);
	assert_string_equal(at, ".5");
	assert_int_equal(a.segment, 2);
	assert_int_equal(a.device, 4);
	assert_int_equal(a.function, 0);
	/* Nothing behind the end is read. */
	at = text;
	assert_int_equal(pci_address_take_device(&at, text + 5, &a), 0);
	assert_int_equal(a.segment, 0);
	assert_int_equal(a.bus, 2);
	assert_int_equal(a.device, 3);
	at = text;
	assert_int_equal(pci_address_take_device(&at, text + 3, &a), -1);
}

static void test_order(void **state)
{
	static const struct pci_address order[] = {
		{0, 0, 0, 1}, {0, 0, 1, 0},    {0, 0, 1, 7},
		{0, 1, 0, 0}, {1, 0, 0x1f, 0}, {0x10000, 0, 0, 0},
	};
	const size_t n = sizeof(order) / sizeof(order[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			const int c = pci_address_compare(&order[i], &order[j]);

			assert_true(i < j ? c < 0 : i > j ? c > 0 : c == 0);
			assert_int_equal(pci_address_same_device(&order[i], &order[j]),
					 i == j || (i + j == 3 && i && j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
