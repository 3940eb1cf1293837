/* Which port is whose, accesses of any width, and how a guest ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "model/board.h"

struct printed {
	char text[64];
	size_t n;
};

static void print(void *arg, uint8_t byte)
{
	struct printed *p = arg;

	assert_true(p->n < sizeof(p->text) - 1);
	p->text[p->n++] = (char)byte;
	p->text[p->n] = '\0';
}

static struct board fresh(struct printed *p)
{
	struct board b;

	*p = (struct printed){0};
	board_init(&b, 0x3f8);
	b.output = print;
	b.arg = p;
	return b;
}

static void test_widths(void **state)
{
	struct printed p;
	struct board b = fresh(&p);

	(void)state;
	board_write(&b, 0x3f8, 1, 'a');
	/* A word: the second byte is the next register's. */
	board_write(&b, 0x3f8, 2, 0x0500 | 'b');
	assert_string_equal(p.text, "ab");
	assert_int_equal(board_read(&b, 0x3f9, 1), 0x05);
	uart_receive(&b.uart, 'q');
	assert_int_equal(board_read(&b, 0x3f8, 2), 0x0500 | 'q');
	/* Bytes beyond the port's own are nobody's. */
	assert_int_equal(board_read(&b, 0x3fd, 4), 0xff00b060);
	assert_int_equal(board_read(&b, 0x3f6, 4), 0x0500ffff);
	board_write(&b, 0x3f5, 4, (uint64_t)'c' << 24 | 0x778899);
	assert_string_equal(p.text, "abc");
	/* Values wider than the access. */
	board_write(&b, 0x3ff, 1, 0x1234);
	assert_int_equal(board_read(&b, 0x3ff, 1), 0x34);
	assert_int_equal(b.wish, POWER_NONE);
}

static void test_nobodys(void **state)
{
	static const uint64_t ports[] = {
		0,      0x60,   0x63,   0x65,   0x2f8,   0x3f7,      0x400,       0xcf8,     0xcfa,
		0xafdf, 0xb003, 0xb006, 0xffff, 0x103f8, 0xfffffffe, 0x1000003f8, UINT64_MAX};
	struct printed p;
	struct board b = fresh(&p);

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		assert_int_equal(board_read(&b, ports[i], 1), 0xff);
		board_write(&b, ports[i], 1, 0xfe);
	}
	/* No access wraps to the first ports. */
	assert_int_equal(board_read(&b, 0xffff, 4), 0xffffffff);
	assert_int_equal(board_read(&b, UINT64_MAX, 8), UINT64_MAX);
	board_write(&b, UINT64_MAX - 1, 8, UINT64_MAX);
	assert_int_equal(p.n, 0);
	assert_int_equal(b.wish, POWER_NONE);
}

static void test_ranges(void **state)
{
	struct port_range r[BOARD_RANGES];
	struct board b;
	unsigned served = 0;

	(void)state;
	board_init(&b, 0x2f8);
	board_ranges(&b, r);
	for (size_t i = 0; i < BOARD_RANGES; i++)
		for (uint32_t port = r[i].first; port <= r[i].last; port++, served++)
			assert_true(power_has(port) || (port >= 0x2f8 && port <= 0x2ff));
	assert_int_equal(served, 8 + 1 + 1 + 4 + 2);
	/* Served is what is registered, and nothing else. */
	for (uint32_t port = 0; port <= 0xffff; port++)
		served -= power_has(port);
	assert_int_equal(served, 8);
}

static void test_power_off(void **state)
{
	struct printed p;
	struct board b = fresh(&p);

	(void)state;
	assert_int_equal(board_read(&b, 0xb004, 2), 0x0001);
	/* Linux gives the type first, then begins the sleep. */
	board_write(&b, 0xb004, 2, 0x0001);
	assert_int_equal(b.wish, POWER_NONE);
	/* Suspend to RAM is not there. */
	board_write(&b, 0xb004, 2, 0x2401);
	assert_int_equal(b.wish, POWER_NONE);
	assert_int_equal(board_read(&b, 0xb004, 2), 0x0401);
	board_write(&b, 0xb004, 2, 0x2001);
	assert_int_equal(b.wish, POWER_WISH_OFF);
	assert_int_equal(board_read(&b, 0xb004, 2), 0x0001);
	/* What comes later does not change it. */
	board_write(&b, 0x64, 1, 0xfe);
	assert_int_equal(b.wish, POWER_WISH_OFF);
}

static void test_reset(void **state)
{
	struct printed p;
	struct board b = fresh(&p);

	(void)state;
	assert_int_equal(board_read(&b, 0xcf9, 1), 0);
	board_write(&b, 0xcf9, 1, 0x02);
	assert_int_equal(b.wish, POWER_NONE);
	assert_int_equal(board_read(&b, 0xcf9, 1), 0x02);
	board_write(&b, 0xcf9, 1, 0x06);
	assert_int_equal(b.wish, POWER_WISH_RESET);
}

static void test_keyboard_reset(void **state)
{
	struct printed p;
	struct board b = fresh(&p);

	(void)state;
	/* Nothing to wait for before a command, and no controller for who looks for one. */
	assert_int_equal(board_read(&b, 0x64, 1), 0xfd);
	board_write(&b, 0x64, 1, 0x20);
	assert_int_equal(b.wish, POWER_NONE);
	board_write(&b, 0x64, 1, 0xfe);
	assert_int_equal(b.wish, POWER_WISH_RESET);
}

static void test_general_events(void **state)
{
	struct printed p;
	struct board b = fresh(&p);

	(void)state;
	assert_int_equal(board_read(&b, 0xafe0, 4), 0);
	board_write(&b, 0xafe0, 4, 0xa55affff);
	assert_int_equal(board_read(&b, 0xafe0, 4), 0xa55a0000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widths),         cmocka_unit_test(test_nobodys),
		cmocka_unit_test(test_ranges),         cmocka_unit_test(test_power_off),
		cmocka_unit_test(test_reset),          cmocka_unit_test(test_keyboard_reset),
		cmocka_unit_test(test_general_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
