/*
 * All ports that the device model serves: a serial port, and what powers off and resets.
 */
#ifndef EARLYDOM_BOARD_H
#define EARLYDOM_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "power.h"
#include "uart.h"

struct board {
	uint16_t serial; /* the serial port's first I/O port */
	struct uart uart;
	struct power power;
	enum power_wish wish; /* what the guest wanted, until somebody sets it back */

	/* Called for each byte that the serial port sends. */
	void (*output)(void *arg, uint8_t byte);
	void *arg;
};

struct port_range {
	uint16_t first, last; /* inclusive */
};

/* Ready for use; output and arg have to be set by the caller. */
void board_init(struct board *b, uint16_t serial);

/* The ranges of ports that are served. */
#define BOARD_RANGES 5
void board_ranges(const struct board *b, struct port_range out[BOARD_RANGES]);

/*
 * An access of size bytes (1 to 8), lowest port first, as a bus of bytes splits it. Ports that are
 * not served, and those behind 0xffff, read all ones and are written in vain. The value read is
 * zero-extended.
 */
uint64_t board_read(struct board *b, uint64_t port, size_t size);
void board_write(struct board *b, uint64_t port, size_t size, uint64_t value);

#endif
