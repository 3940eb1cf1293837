/*
 * What a PCI device is for, in a word for people: "network", "storage", "display", "usb", "bridge"
 * ... and "other" for what has none.
 *
 * Source: PCI Code and ID Assignment Specification, 1; the words of pci.ids are longer.
 */
#ifndef EARLYDOM_PCI_CLASS_H
#define EARLYDOM_PCI_CLASS_H

#include <stdint.h>

/* class has base class, subclass and programming interface, as sysfs does: 0x0c0330 is "usb". */
const char *pci_class_word(uint32_t class);

#endif
