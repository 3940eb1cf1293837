#include "power.h"

enum {
	/*
	 * Output buffer full, input buffer empty. A driver that probes for a keyboard controller
	 * reads a few times, sees that there is none, and goes on. One that wants to give the reset
	 * command does not have to wait for the input buffer.
	 */
	KBD_STATUS = 0xfd,
	KBD_PULSE_RESET = 0xfe,

	RESET_CPU = 0x04,

	SCI_EN = 0x01, /* in the low byte: the platform is in ACPI mode from the start */

	/* In the high byte. Soft off is sleep type 0, as \_S5 in libacpi's DSDT says. */
	SLP_TYP = 0x1c,
	SLP_EN = 0x20,
};

bool power_has(uint32_t port)
{
	return port == POWER_KBD || port == POWER_RESET ||
	       (port >= POWER_GPE0 && port < POWER_GPE0 + POWER_GPE0_PORTS) ||
	       (port >= POWER_PM1A && port < POWER_PM1A + POWER_PM1A_PORTS);
}

uint8_t power_read(const struct power *p, uint32_t port)
{
	switch (port) {
	case POWER_KBD:
		return KBD_STATUS;
	case POWER_RESET:
		return p->reset;
	case POWER_GPE0: /* nothing ever happens */
	case POWER_GPE0 + 1:
		return 0;
	case POWER_GPE0 + 2:
	case POWER_GPE0 + 3:
		return p->gpe_enable[port - POWER_GPE0 - 2];
	case POWER_PM1A:
		return p->pm1a[0] | SCI_EN;
	case POWER_PM1A + 1:
		return p->pm1a[1];
	default:
		return 0xff;
	}
}

enum power_wish power_write(struct power *p, uint32_t port, uint8_t value)
{
	switch (port) {
	case POWER_KBD:
		return value == KBD_PULSE_RESET ? POWER_WISH_RESET : POWER_NONE;
	case POWER_RESET:
		p->reset = value & (uint8_t)~RESET_CPU;
		return value & RESET_CPU ? POWER_WISH_RESET : POWER_NONE;
	case POWER_GPE0 + 2:
	case POWER_GPE0 + 3:
		p->gpe_enable[port - POWER_GPE0 - 2] = value;
		break;
	case POWER_PM1A:
		p->pm1a[0] = value;
		break;
	case POWER_PM1A + 1:
		/* The bit that begins the sleep is only written. Other sleeps are not there. */
		p->pm1a[1] = value & (uint8_t)~SLP_EN;
		return (value & SLP_EN) && !(value & SLP_TYP) ? POWER_WISH_OFF : POWER_NONE;
	default:
		break;
	}
	return POWER_NONE;
}
