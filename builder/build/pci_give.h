/*
 * PCI devices, from dom0 into a domain and back: what libxl does around a guest's start and end
 * (pci_add_dm_done and pci_remove_detached of libxl_pci.c), but for the store's nodes
 * (store/pci_nodes.c) and QEMU's part (devmodel/qemu_pci.h). Xen has a device of a destroyed
 * domain for itself, or for dom0 (iommu=quarantine on its command line).
 */
#ifndef EARLYDOM_PCI_GIVE_H
#define EARLYDOM_PCI_GIVE_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Whether the host can give them: it has an IOMMU, no other domain has one of them, and none is in
 * one group with a device that is not g's: the IOMMU can't tell these apart. Returns 0, or -1 with
 * e set. What Xen does not say of groups counts as nothing. */
int pci_check(const struct guest *g, struct host *h, struct err *e);

/* Resets them and gives the domain what they have. Says in g's note what can't be reset. They go
 * with the domain. Returns 0, or -1 with e set. */
int pci_give(struct guest *g, struct host *h, struct err *e);

/* Resets those that the domain, which is about to be destroyed, still has: so that they go on with
 * nothing that they were told to do. */
void pci_stop(const struct guest *g, struct host *h);

#endif
