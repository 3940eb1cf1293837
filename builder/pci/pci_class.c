#include "pci_class.h"

#include <stddef.h>

/* Subclasses of serial buses (0c). */
#define CLASS_USB      0x0c03
#define CLASS_FIREWIRE 0x0c00
#define CLASS_SMBUS    0x0c05

const char *pci_class_word(uint32_t class)
{
	static const char *const words[] = {
		[0x01] = "storage",   [0x02] = "network", [0x03] = "display",
		[0x04] = "media",     [0x05] = "memory",  [0x06] = "bridge",
		[0x07] = "serial",    [0x08] = "system",  [0x09] = "input",
		[0x0b] = "processor", [0x0c] = "bus",     [0x0d] = "wireless",
		[0x10] = "crypto",    [0x11] = "signal",  [0x12] = "accelerator",
		[0x40] = "processor",
	};
	const uint32_t base = class >> 16;

	switch (class >> 8) {
	case CLASS_USB:
		return "usb";
	case CLASS_FIREWIRE:
		return "firewire";
	case CLASS_SMBUS:
		return "smbus";
	default:
		return base < sizeof(words) / sizeof(words[0]) && words[base] ? words[base]
									      : "other";
	}
}
