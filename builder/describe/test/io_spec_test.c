/*
 * The strings of ioports, irqs and iomem: the examples of xl.cfg(5), and what is wrong with others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "builder/describe/io_spec.h"

static void ports(const char *text, uint32_t first, uint32_t number, const char *msg)
{
	struct ioport_range r = {0};
	struct err e = {.msg = "right"};

	assert_int_equal(ioport_parse(text, &r, &e), number ? 0 : -1);
	assert_string_equal(e.msg, msg ? msg : "right");
	assert_int_equal(r.first, first);
	assert_int_equal(r.number, number);
}

static void no_ports(const char *text)
{
	char msg[128];

	snprintf(msg, sizeof(msg), "'%s' must be hexadecimal ports up to ffff, as 3f8 or 2f8-2ff",
		 text);
	ports(text, 0, 0, msg);
}

static void test_ioports(void **state)
{
	(void)state;
	ports("2f8-2ff", 0x2f8, 8, NULL);
	ports("3F8", 0x3f8, 1, NULL);
	ports("0x3f8-0X3fF", 0x3f8, 8, NULL);
	ports(" 0", 0, 1, NULL);
	ports("0-ffff", 0, 0x10000, NULL);
	ports("2ff-2f8", 0, 0, "'2ff-2f8' ends before it begins");
	no_ports("");
	no_ports("0x");
	no_ports("10000");
	no_ports("0-10000");
	no_ports("3f8-");
	no_ports("-3f8");
	no_ports("3f8 ");
	no_ports("3f8-3ff-400");
	no_ports("com1");
	no_ports("ffffffffffffffffffffffff");
}

static void irq(const char *text, uint32_t want, const char *msg)
{
	struct err e = {.msg = "right"};
	uint32_t n = 0;

	assert_int_equal(irq_parse(text, &n, &e), msg ? -1 : 0);
	assert_string_equal(e.msg, msg ? msg : "right");
	assert_int_equal(n, want);
}

static void test_irqs(void **state)
{
	(void)state;
	irq("16", 16, NULL);
	irq("0", 0, NULL);
	irq("010", 10, NULL);
	irq("2147483647", 2147483647, NULL);
	irq("2147483648", 0, "'2147483648' must be the number of an interrupt");
	irq("", 0, "'' must be the number of an interrupt");
	irq("0x10", 0, "'0x10' must be the number of an interrupt");
	irq("a", 0, "'a' must be the number of an interrupt");
	irq("5,6", 0, "'5,6' must be the number of an interrupt");
	irq("-1", 0, "'-1' must be the number of an interrupt");
}

static void mem(const char *text, uint64_t start, uint64_t number, uint64_t gfn, const char *msg)
{
	struct iomem_range r = {0};
	struct err e = {.msg = "right"};

	assert_int_equal(iomem_parse(text, &r, &e), msg ? -1 : 0);
	assert_string_equal(e.msg, msg ? msg : "right");
	assert_true(r.start == start && r.number == number && r.gfn == gfn);
	assert_true(msg || r.placed == !!strchr(text, '@'));
}

static void no_mem(const char *text)
{
	char msg[128];

	snprintf(msg, sizeof(msg),
		 "'%s' must be pages in hexadecimal, as START,NUMBER or START,NUMBER@GFN", text);
	mem(text, 0, 0, 0, msg);
}

static void test_iomem(void **state)
{
	(void)state;
	mem("fed40,5", 0xfed40, 5, 0xfed40, NULL);
	mem("a0,20", 0xa0, 0x20, 0xa0, NULL);
	mem("0xFED40,0x10@0xa0000", 0xfed40, 0x10, 0xa0000, NULL);
	mem(" 1, 2", 1, 2, 1, NULL);
	mem("ffffffffff,1", 0xffffffffff, 1, 0xffffffffff, NULL);
	mem("ffffffffff,2", 0, 0, 0, "'ffffffffff,2' is beyond the last page, ffffffffff");
	mem("1,2@ffffffffff", 0, 0, 0, "'1,2@ffffffffff' is beyond the last page, ffffffffff");
	mem("0,0", 0, 0, 0, "'0,0' has no pages");
	no_mem("");
	no_mem("fed40");
	no_mem("fed40,");
	no_mem(",5");
	no_mem("fed40,5@");
	no_mem("fed40,5 ");
	no_mem("fed40,5@a0000,1");
	no_mem("10000000001,1");
	no_mem("fed40-fed44");
	no_mem("0x,5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ioports),
		cmocka_unit_test(test_irqs),
		cmocka_unit_test(test_iomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
