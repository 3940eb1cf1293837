#include "board.h"

void board_init(struct board *b, uint16_t serial)
{
	*b = (struct board){.serial = serial};
	uart_reset(&b->uart);
}

static struct port_range range(uint16_t first, unsigned ports)
{
	return (struct port_range){first, (uint16_t)(first + ports - 1)};
}

void board_ranges(const struct board *b, struct port_range out[BOARD_RANGES])
{
	out[0] = range(b->serial, UART_PORTS);
	out[1] = range(POWER_KBD, 1);
	out[2] = range(POWER_RESET, 1);
	out[3] = range(POWER_GPE0, POWER_GPE0_PORTS);
	out[4] = range(POWER_PM1A, POWER_PM1A_PORTS);
}

static bool is_serial(const struct board *b, uint32_t port)
{
	return port >= b->serial && port - b->serial < UART_PORTS;
}

static uint8_t read_byte(struct board *b, uint32_t port)
{
	if (is_serial(b, port))
		return uart_read(&b->uart, port - b->serial);
	return power_has(port) ? power_read(&b->power, port) : 0xff;
}

static void write_byte(struct board *b, uint32_t port, uint8_t value)
{
	enum power_wish wish;

	if (is_serial(b, port)) {
		if (uart_write(&b->uart, port - b->serial, value))
			b->output(b->arg, value);
	} else if (power_has(port)) {
		wish = power_write(&b->power, port, value);
		/* The first wish counts: the guest is on its way then. */
		if (b->wish == POWER_NONE)
			b->wish = wish;
	}
}

/* The i-th port of an access; one behind the last port is none that is served. */
static uint32_t nth_port(uint64_t port, size_t i)
{
	return port > UINT16_MAX || port + i > UINT16_MAX ? UINT32_MAX : (uint32_t)(port + i);
}

uint64_t board_read(struct board *b, uint64_t port, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)read_byte(b, nth_port(port, i)) << (8 * i);
	return value;
}

void board_write(struct board *b, uint64_t port, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		write_byte(b, nth_port(port, i), (uint8_t)(value >> (8 * i)));
}
