/*
 * Taking PCI devices for guests before dom0's drivers do.
 *
 * Linux gives a device whose driver_override names a driver to no other. So that is set to pciback
 * for all of them, those that a driver has already are taken from it, and then xen-pciback is
 * loaded, which finds them. Where dom0's kernel does not have it, the override still keeps dom0's
 * drivers away.
 *
 * What is not there yet is not waited for: a device that comes later, by hotplug or because the
 * driver of a bridge in front of it is a module, is for dom0's drivers. No device is reset here,
 * but as pciback does it when it takes one.
 *
 * Sources: Documentation/ABI/testing/sysfs-bus-pci of Linux (driver_override, bind, unbind), and
 * drivers/xen/xen-pciback/pci_stub.c, which takes what is overridden to it since Linux 4.9.
 */
#ifndef EARLYDOM_PCI_HIDE_H
#define EARLYDOM_PCI_HIDE_H

#include <stddef.h>

#include "base/diag.h"
#include "builder/describe/pci_spec.h"
#include "pci_needed.h"

/* Devices that are wanted, and where that is said. */
struct pci_wish {
	struct pci_spec spec; /* by BDF, id or slot */
	struct loc loc;
};

struct pci_hiding {
	const char *sysroot; /* as in pci_bus.h */
	const struct pci_dom0 *dom0;
	/* Writes a text to a file of sysfs: pci_write, but in tests. */
	int (*write)(const char *path, const char *text);
	/* Loads xen-pciback, where that is a module and not loaded yet: called once, if at all.
	 * Returns 0, or -1 with e set. */
	int (*load)(struct err *e);
};

/*
 * Hides all functions that the list names. Each that can't be is an error in d, with the place of
 * the wish and the cause, and the others go on; what is not there, what was hidden, and what dom0's
 * drivers had before is a note. Refused are bridges, and what dom0 needs (pci_needed.h). That one
 * is hidden is said when sysfs says that pciback has it. Returns the number of errors added.
 */
size_t pci_hide(const struct pci_hiding *h, const struct pci_wish *list, size_t n, struct diag *d);

/* Returns 0, or -1 with errno set: the kernel did not take it. */
int pci_write(const char *path, const char *text);

#endif
