/* The serial port's registers, as drivers use them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/uart.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR, FCR = IIR, DLL = DATA, DLM = IER };
enum { DLAB = 0x80, OUT2 = 0x08, LOOP = 0x10 };

static struct uart fresh(void)
{
	struct uart u;

	uart_reset(&u);
	return u;
}

static void test_reset(void **state)
{
	struct uart u = fresh();

	(void)state;
	assert_int_equal(uart_read(&u, IER), 0);
	assert_int_equal(uart_read(&u, IIR), 0x01);
	assert_int_equal(uart_read(&u, LCR), 0);
	assert_int_equal(uart_read(&u, MCR), 0);
	assert_int_equal(uart_read(&u, LSR), 0x60);
	assert_int_equal(uart_read(&u, MSR), 0xb0);
	assert_int_equal(uart_read(&u, DATA), 0);
	assert_int_equal(uart_read(&u, 8), 0xff);
	assert_int_equal(uart_room(&u), 1);
	assert_false(uart_irq(&u));
}

/* What Linux's 8250 driver does to find out what is there, step by step. */
static void test_autoconfig(void **state)
{
	struct uart u = fresh();

	(void)state;
	assert_false(uart_write(&u, IER, 0));
	assert_int_equal(uart_read(&u, IER), 0);
	assert_false(uart_write(&u, IER, 0x0f));
	assert_int_equal(uart_read(&u, IER), 0x0f);
	uart_write(&u, IER, 0);

	uart_write(&u, MCR, LOOP | OUT2 | 0x02);
	assert_int_equal(uart_read(&u, MSR) & 0xf0, 0x90);
	uart_write(&u, MCR, 0);

	/* No EFR behind 0xbf: an enhanced port would show it at the IIR's place. */
	uart_write(&u, LCR, 0xbf);
	assert_int_equal(uart_read(&u, LCR), 0xbf);
	uart_write(&u, LCR, 0);
	uart_write(&u, FCR, 0x01);
	assert_int_equal(uart_read(&u, IIR) >> 6, 3);

	uart_write(&u, LCR, DLAB);
	assert_int_not_equal(uart_read(&u, IIR), 0);
	/* No National super I/O: LOOP in the MCR is not seen at EXCR1. */
	uart_write(&u, LCR, 0xe0);
	assert_int_equal(uart_read(&u, IIR) & LOOP, 0);
	uart_write(&u, LCR, 0);
	/* No 64 byte FIFO. */
	uart_write(&u, FCR, 0);
	uart_write(&u, LCR, DLAB);
	uart_write(&u, FCR, 0x21);
	assert_int_equal(uart_read(&u, IIR) >> 5, 6);
	uart_write(&u, LCR, 0);
	/* No XScale: the UART unit enable bit does not stick. */
	uart_write(&u, IER, 0x40);
	assert_int_equal(uart_read(&u, IER), 0);

	uart_write(&u, SCR, 0xa5);
	assert_int_equal(uart_read(&u, SCR), 0xa5);
}

static void test_divisor(void **state)
{
	struct uart u = fresh();

	(void)state;
	uart_write(&u, LCR, DLAB | 3);
	assert_int_equal(uart_read(&u, DLL), 1);
	assert_false(uart_write(&u, DLL, 0x34));
	uart_write(&u, DLM, 0x12);
	assert_int_equal(uart_read(&u, DLL), 0x34);
	assert_int_equal(uart_read(&u, DLM), 0x12);
	uart_write(&u, LCR, 3);
	assert_int_equal(uart_read(&u, DATA), 0);
	assert_int_equal(uart_read(&u, IER), 0);
	/* Status registers are only read. */
	uart_write(&u, LSR, 0);
	uart_write(&u, MSR, 0xff);
	assert_int_equal(uart_read(&u, LSR), 0x60);
	assert_int_equal(uart_read(&u, MSR), 0xb0);
}

static void test_send(void **state)
{
	struct uart u = fresh();

	(void)state;
	assert_true(uart_write(&u, DATA, 'x'));
	assert_int_equal(uart_read(&u, LSR), 0x60);
	assert_int_equal(uart_read(&u, IIR), 0x01);
}

static void test_transmitter_interrupt(void **state)
{
	struct uart u = fresh();

	(void)state;
	uart_write(&u, MCR, OUT2);
	assert_false(uart_irq(&u));
	uart_write(&u, IER, 0x02);
	assert_true(uart_irq(&u));
	assert_int_equal(uart_read(&u, IIR), 0x02);
	/* Reading the IIR clears it. */
	assert_false(uart_irq(&u));
	assert_int_equal(uart_read(&u, IIR), 0x01);
	/* It stays cleared while it is on already, and comes again with the next byte ... */
	uart_write(&u, IER, 0x02);
	assert_false(uart_irq(&u));
	uart_write(&u, DATA, 'x');
	assert_true(uart_irq(&u));
	/* ... and when it is turned off and on: what Linux calls THRE bug is not there. */
	assert_int_equal(uart_read(&u, IIR), 0x02);
	uart_write(&u, IER, 0);
	assert_false(uart_irq(&u));
	uart_write(&u, IER, 0x02);
	assert_int_equal(uart_read(&u, IIR), 0x02);
	assert_int_equal(uart_read(&u, LSR), 0x60);
}

static void test_receive(void **state)
{
	struct uart u = fresh();

	(void)state;
	uart_write(&u, MCR, OUT2);
	uart_receive(&u, 'a');
	assert_int_equal(uart_room(&u), 0);
	assert_false(uart_irq(&u));
	assert_int_equal(uart_read(&u, LSR), 0x61);
	uart_write(&u, IER, 0x01);
	assert_true(uart_irq(&u));
	assert_int_equal(uart_read(&u, IIR), 0x04);
	/* Only the byte's reading clears it. */
	assert_true(uart_irq(&u));
	assert_int_equal(uart_read(&u, DATA), 'a');
	assert_false(uart_irq(&u));
	assert_int_equal(uart_read(&u, LSR), 0x60);
	assert_int_equal(uart_room(&u), 1);
}

static void test_fifo(void **state)
{
	static const unsigned triggers[] = {1, 4, 8, 14};
	struct uart u = fresh();

	(void)state;
	uart_write(&u, IER, 0x01);
	for (unsigned t = 0; t < 4; t++) {
		uart_write(&u, FCR, (uint8_t)(t << 6 | 3));
		assert_int_equal(uart_room(&u), 16);
		assert_int_equal(uart_read(&u, IIR), 0xc1);
		for (unsigned i = 0; i < 16; i++) {
			uart_receive(&u, (uint8_t)i);
			/* Below the trigger: the character timeout. */
			assert_int_equal(uart_read(&u, IIR), i + 1 < triggers[t] ? 0xcc : 0xc4);
		}
		assert_int_equal(uart_room(&u), 0);
		for (unsigned i = 0; i < 16; i++)
			assert_int_equal(uart_read(&u, DATA), i);
		assert_int_equal(uart_read(&u, DATA), 0);
		/* So that its first byte is not at the array's begin the next time. */
		uart_receive(&u, 1);
		uart_read(&u, DATA);
	}
	uart_receive(&u, 'x');
	uart_write(&u, FCR, 1);
	assert_int_equal(uart_room(&u), 15);
	uart_write(&u, FCR, 3); /* clears */
	assert_int_equal(uart_room(&u), 16);
	uart_receive(&u, 'x');
	uart_write(&u, FCR, 0); /* off, and empty */
	assert_int_equal(uart_read(&u, LSR), 0x60);
	assert_int_equal(uart_read(&u, IIR), 0x01);
	uart_receive(&u, 'y');
	uart_write(&u, FCR, 2); /* means nothing while FIFOs are off */
	assert_int_equal(uart_read(&u, DATA), 'y');
}

static void test_loopback(void **state)
{
	struct uart u = fresh();

	(void)state;
	uart_write(&u, MCR, LOOP);
	assert_int_equal(uart_read(&u, MSR) & 0xf0, 0);
	assert_int_equal(uart_room(&u), 0);
	assert_false(uart_write(&u, DATA, 'x'));
	assert_int_equal(uart_read(&u, LSR), 0x61);
	assert_int_equal(uart_read(&u, DATA), 'x');
	for (unsigned lines = 0; lines < 16; lines++) {
		const unsigned status = (lines & 1) << 5 | (lines & 2) << 3 | (lines & 12) << 4;

		uart_write(&u, MCR, (uint8_t)(LOOP | lines));
		assert_int_equal(uart_read(&u, MSR) & 0xf0, status);
	}
	/* The interrupt line is disconnected. */
	uart_write(&u, MCR, LOOP | OUT2);
	uart_write(&u, IER, 0x0f);
	uart_write(&u, DATA, 'x');
	assert_false(uart_irq(&u));
	uart_write(&u, MCR, OUT2);
	assert_true(uart_irq(&u));
	uart_write(&u, MCR, 0xff);
	assert_int_equal(uart_read(&u, MCR), 0x1f);
}

static void test_overrun(void **state)
{
	struct uart u = fresh();

	(void)state;
	uart_write(&u, MCR, LOOP);
	uart_write(&u, IER, 0x04);
	uart_write(&u, DATA, 'a');
	uart_write(&u, DATA, 'b');
	assert_int_equal(uart_read(&u, IIR), 0x06);
	assert_int_equal(uart_read(&u, LSR), 0x63);
	assert_int_equal(uart_read(&u, IIR), 0x01);
	assert_int_equal(uart_read(&u, LSR), 0x61);
	/* Without a FIFO the new byte takes the old one's place, in one it is lost. */
	assert_int_equal(uart_read(&u, DATA), 'b');
	uart_write(&u, FCR, 1);
	for (unsigned i = 0; i < 17; i++)
		uart_write(&u, DATA, (uint8_t)i);
	assert_int_equal(uart_read(&u, LSR), 0x63);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(uart_read(&u, DATA), i);
	assert_int_equal(uart_read(&u, LSR), 0x60);
}

static void test_modem_status(void **state)
{
	struct uart u = fresh();

	(void)state;
	uart_write(&u, IER, 0x08);
	assert_int_equal(uart_read(&u, IIR), 0x01);
	/* CTS, DSR and DCD fall. */
	uart_write(&u, MCR, LOOP);
	assert_int_equal(uart_read(&u, IIR), 0x00);
	assert_int_equal(uart_read(&u, MSR), 0x0b);
	assert_int_equal(uart_read(&u, IIR), 0x01);
	/* A ring that begins is none yet, one that ends is. */
	uart_write(&u, MCR, LOOP | 0x04);
	assert_int_equal(uart_read(&u, MSR), 0x40);
	uart_write(&u, MCR, LOOP);
	assert_int_equal(uart_read(&u, MSR), 0x04);
	assert_int_equal(uart_read(&u, MSR), 0x00);
}

static void test_priorities(void **state)
{
	struct uart u = fresh();

	(void)state;
	uart_write(&u, MCR, LOOP);
	uart_write(&u, IER, 0x0f);
	uart_write(&u, DATA, 'a');
	uart_write(&u, DATA, 'b');
	assert_int_equal(uart_read(&u, IIR), 0x06);
	uart_read(&u, LSR);
	assert_int_equal(uart_read(&u, IIR), 0x04);
	uart_read(&u, DATA);
	assert_int_equal(uart_read(&u, IIR), 0x02);
	assert_int_equal(uart_read(&u, IIR), 0x00);
	uart_read(&u, MSR);
	assert_int_equal(uart_read(&u, IIR), 0x01);
}

static void test_line_needs_out2(void **state)
{
	struct uart u = fresh();

	(void)state;
	uart_write(&u, IER, 0x02);
	assert_false(uart_irq(&u));
	uart_write(&u, MCR, OUT2);
	assert_true(uart_irq(&u));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_autoconfig),
		cmocka_unit_test(test_divisor),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_transmitter_interrupt),
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_modem_status),
		cmocka_unit_test(test_priorities),
		cmocka_unit_test(test_line_needs_out2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
