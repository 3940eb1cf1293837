/*
 * A 16550A UART as a PC has it: registers in, registers out, no input or output of its own.
 *
 * What it sends leaves at once, so that its transmitter is always empty. Registers and their bits
 * are those of National Semiconductor's PC16550D data sheet, "Registers".
 */
#ifndef EARLYDOM_UART_H
#define EARLYDOM_UART_H

#include <stdbool.h>
#include <stdint.h>

#define UART_PORTS 8  /* I/O ports, from the base on */
#define UART_FIFO  16 /* bytes in the receiver's FIFO */

struct uart {
	uint8_t ier, lcr, mcr, scr, dll, dlm;
	uint8_t trigger;   /* bytes in the FIFO that are worth an interrupt; 0: FIFOs are off */
	uint8_t msr_delta; /* what changed since the modem status was read */
	bool overrun;
	bool thre; /* the transmitter has become empty and nobody was told */
	uint8_t rx[UART_FIFO];
	unsigned rx_first, rx_n;
};

/* As after power-on. */
void uart_reset(struct uart *u);

/* Reads the register at that offset from the base (0 to 7). */
uint8_t uart_read(struct uart *u, unsigned offset);

/* Writes it. True when this sends a byte: the value. */
bool uart_write(struct uart *u, unsigned offset, uint8_t value);

/* The number of bytes that can be received now: 0 while the guest has to read first, or when it has
 * connected the port to itself. */
unsigned uart_room(const struct uart *u);

/* Receives a byte. There has to be room for it. */
void uart_receive(struct uart *u, uint8_t byte);

/* The level of the interrupt line. */
bool uart_irq(const struct uart *u);

#endif
