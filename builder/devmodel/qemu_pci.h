/*
 * PCI devices of an hvm guest, for QEMU's xen-pci-passthrough: the guest sees the devices on QEMU's
 * bus, and QEMU asks the hypervisor to map their memory and interrupts.
 *
 * libxl adds them over QMP before the guest runs (pci_add_qmp_device_add of libxl_pci.c). Here they
 * are arguments behind those of all other devices, with libxl's names, by which `xl pci-detach`
 * finds them: so QEMU opens the device in sysfs, and /dev/mem for a table of MSI-X
 * (hw/xen/xen-host-pci-device.c, xen_pt_msi.c), before it gives up root's powers. What it keeps,
 * and other QEMUs do not, is the right to make any hypercall: to map interrupts and memory is the
 * hypervisor's control interface, which it lends to no one guest (privcmd's restriction).
 */
#ifndef EARLYDOM_QEMU_PCI_H
#define EARLYDOM_QEMU_PCI_H

#include "base/argv.h"
#include "builder/guest/guest.h"

/* Whether a guest's QEMU has PCI devices of the host's. */
bool qemu_has_pci(const struct guest_config *cfg);

/* What xl calls one of QEMU's. */
#define QEMU_PCI_NAME_MAX 24
struct pci_address;
void qemu_pci_name(const struct pci_address *at, char name[QEMU_PCI_NAME_MAX]);

void qemu_pci_args(const struct guest *g, struct argv *out);

#endif
