/*
 * The PCI devices of dom0, as its kernel's sysfs has them. Nothing is changed or woken up by that:
 * a device's configuration space is not read, which would bring one that sleeps back to work.
 *
 * Sources: Documentation/ABI/testing/sysfs-bus-pci of Linux, drivers/pci/pci-sysfs.c, pci.c
 * (reset_method) and slot.c, and drivers/iommu/iommu.c for iommu_group.
 */
#ifndef EARLYDOM_PCI_BUS_H
#define EARLYDOM_PCI_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "builder/describe/pci_address.h"
#include "builder/describe/pci_spec.h"

/* What is more, or longer, is an error: hosts with many virtual functions have some thousand. */
#define PCI_DEVICES_MAX 16384
#define PCI_SLOTS_MAX   4096
#define PCI_WORDS_MAX   256

/* The driver that holds a device for guests, by the name that Linux's xen-pciback goes by there
 * (PCISTUB_DRIVER_NAME in drivers/xen/xen-pciback/pciback.h). */
#define PCI_DRIVER_PCIBACK "pciback"

/* One function. Texts are "" for none. */
struct pci_device {
	struct pci_address at;
	uint16_t vendor, device;
	uint32_t class;    /* base class, subclass, programming interface: 0x020000 */
	bool bridge;       /* there is a bus behind it: header type 1 or 2 */
	uint8_t functions; /* a bit for each function that this device has, itself included */
	bool virtual;      /* of SR-IOV: it is there as long as its physical function wants it */
	bool resettable;   /* Linux knows a way to reset it ... */
	bool has_group;    /* no: Linux has no IOMMU, which may be so because Xen has it */
	uint32_t group;    /* of devices that an IOMMU can't tell apart */
	char reset[PCI_WORDS_MAX]; /* ... these ways, in the order in which it tries them: "flr
				      bus". Before Linux 5.15 it does not say which. */
	char driver[PCI_WORDS_MAX];
	char driver_override[PCI_WORDS_MAX]; /* the only driver that takes it, where one is set */
	char slot[PCI_WORDS_MAX];            /* the name of the slot that its card is in */
};

struct pci_slot {
	char name[PCI_WORDS_MAX];
	bool has_device; /* a device can be in it at `at`; else the bus is all that is known */
	struct pci_address at; /* without a function */
};

struct pci_bus {
	struct pci_device *list; /* in the order of their addresses; pci_bus_free's */
	size_t n;
	struct pci_slot *slots; /* in the order of their addresses */
	size_t nr_slots;
};

/*
 * Reads all of them. sysroot is the directory of the whole /sys, NULL for "/" but in tests. Returns
 * 0, or -1 with e set and nothing to free: there is no PCI bus, or something in sysfs is not what
 * it should be.
 */
int pci_bus_read(const char *sysroot, struct pci_bus *out, struct err *e);
void pci_bus_free(struct pci_bus *b);

/* The function at that address, or NULL. */
const struct pci_device *pci_bus_at(const struct pci_bus *b, const struct pci_address *at);

/* The driver that a function has now, "" for none. Returns 0, or -1 with e set. */
int pci_bus_driver(const char *sysroot, const struct pci_address *at, char driver[PCI_WORDS_MAX],
		   struct err *e);

struct pci_found {
	const struct pci_device *list[PCI_FUNCTIONS]; /* by function; of the bus, borrowed */
	size_t n;                                     /* at least 1 */
};

/*
 * Finds what the spec names: one function, or with '*' all that the device has. Whose they are, and
 * whether a guest could have them, is not asked here. A spec by name has to be one by BDF before:
 * the store knows the names. Returns 0; or -1 with e set: several devices have that id, or there is
 * none, which may change: then *absent is set to true.
 */
int pci_bus_find(const struct pci_bus *b, const struct pci_spec *s, struct pci_found *out,
		 bool *absent, struct err *e);

#endif
