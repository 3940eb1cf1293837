/*
 * Whether dom0 itself needs a PCI device, as far as its sysfs and its command line can tell.
 *
 * That is less than all: a disk is not there before its driver is. So where the driver is a module
 * that is not loaded yet, a root that is named by a tag (UUID= ...) or by a volume's name can be on
 * any controller; of one that is named by its path (/dev/disk/by-path/pci-0000:00:1f.2-...) the
 * controller is known all the same.
 *
 * Sources: Documentation/ABI/testing/sysfs-tty of Linux (console/active) and sysfs-bus-pci
 * (boot_vga); block/bdev.c for what O_EXCL means with a block device: EBUSY while anything has it
 * for itself, or a partition of it, as mounts, swap, RAID, LVM and guests' disks do.
 */
#ifndef EARLYDOM_PCI_NEEDED_H
#define EARLYDOM_PCI_NEEDED_H

#include <stddef.h>

#include "base/err.h"
#include "pci_bus.h"

/* What dom0's command line says of its devices; all of it borrowed. */
struct pci_dom0 {
	const char *root;      /* root=, or NULL */
	const char **consoles; /* of each console= its device: "ttyS0" */
	size_t nr_consoles;
};

/*
 * Returns 0 for a device that dom0 is not known to need; or -1 with e set to what is on it: a
 * console, the firmware's screen while a virtual terminal is a console, the root, or a disk that is
 * in use; or why that can't be told. sysroot is as in pci_bus.h; its /dev is looked at, too.
 */
int pci_needed(const char *sysroot, const struct pci_dom0 *dom0, const struct pci_device *d,
	       struct err *e);

#endif
