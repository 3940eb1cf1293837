/*
 * Where a PCI function is, as lspci(8), sysfs and Xen write it: SEGMENT:BUS:DEVICE.FUNCTION, all of
 * it hexadecimal (pci_setup_device() in Linux's drivers/pci/probe.c: "%04x:%02x:%02x.%d").
 *
 * Xen has 16 bits for a segment. Linux has made up larger ones for what is behind Intel's VMD,
 * which nothing but dom0 can use.
 */
#ifndef EARLYDOM_PCI_ADDRESS_H
#define EARLYDOM_PCI_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_SEGMENT_MAX  0xffff
#define PCI_DEVICE_MAX   0x1f
#define PCI_FUNCTION_MAX 7
#define PCI_FUNCTIONS    8

struct pci_address {
	uint32_t segment;
	uint8_t bus, device, function;
};

/*
 * Reads 1 to `digits` hexadecimal digits, at most 8, and steps over them. Returns 0, or -1 for
 * none, for more, and for a number above max.
 */
int pci_hex(const char **at, const char *end, unsigned digits, unsigned max, unsigned *out);

/*
 * Reads "[SEGMENT:]BUS:DEVICE", which is a device with all its functions, and steps over it; the
 * function is 0 then. Returns 0 or -1.
 */
int pci_address_take_device(const char **at, const char *end, struct pci_address *out);

/* Reads a text that is one function's address, with a segment or without. Returns 0 or -1. */
int pci_address_parse(const char *text, struct pci_address *out);

/* As sysfs names it. Returns buf. */
#define PCI_ADDRESS_TEXT 20
const char *pci_address_text(const struct pci_address *a, char buf[PCI_ADDRESS_TEXT]);

/* In the order of addresses: below 0, 0 where they are equal, or above. */
int pci_address_compare(const struct pci_address *a, const struct pci_address *b);

/* Whether they are functions of one device. */
bool pci_address_same_device(const struct pci_address *a, const struct pci_address *b);

#endif
