/*
 * The ports through which a guest powers itself off and resets itself.
 *
 * Xen emulates the rest of the platform, but leaves these to the device model: the ACPI control
 * register and the general purpose events of the tables that libacpi makes (PIIX4's, at the places
 * in xen/hvm/ioreq.h), the chipset's reset control register, and the reset line of a keyboard
 * controller that is not there otherwise.
 */
#ifndef EARLYDOM_POWER_H
#define EARLYDOM_POWER_H

#include <stdbool.h>
#include <stdint.h>

enum {
	POWER_KBD = 0x64,     /* the keyboard controller's status and command */
	POWER_RESET = 0xcf9,  /* reset control register (PIIX, "RC") */
	POWER_GPE0 = 0xafe0,  /* status, and from the middle on enable */
	POWER_PM1A = 0xb004,  /* PM1a control */
	POWER_GPE0_PORTS = 4, /* ports from there on */
	POWER_PM1A_PORTS = 2,
};

enum power_wish { POWER_NONE, POWER_WISH_OFF, POWER_WISH_RESET };

struct power {
	uint8_t gpe_enable[POWER_GPE0_PORTS / 2];
	uint8_t pm1a[POWER_PM1A_PORTS];
	uint8_t reset;
};

/* Whether the port is one of these. */
bool power_has(uint32_t port);

/* Reads one of these ports. */
uint8_t power_read(const struct power *p, uint32_t port);

/* Writes it. Returns what the guest wants. */
enum power_wish power_write(struct power *p, uint32_t port, uint8_t value);

#endif
