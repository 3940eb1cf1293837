/*
 * Where QEMU has put the host's PCI devices.
 */
#ifndef EARLYDOM_PCI_SLOTS_H
#define EARLYDOM_PCI_SLOTS_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Asks the QEMU that is ready where on its bus each of them is, and writes that to the store, as
 * libxl does (pci_add_qmp_query_pci_cb of libxl_pci.c). Returns 0, or -1 with e set. */
int pci_slots_publish(struct guest *g, struct host *h, struct err *e);

#endif
