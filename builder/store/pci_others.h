/*
 * Whose PCI devices are, and which names they have, as libxl writes it down in /libxl/pci
 * (pci_info_xs_path in libxl_pci.c): xl's guests are there, and earlydom's.
 */
#ifndef EARLYDOM_PCI_OTHERS_H
#define EARLYDOM_PCI_OTHERS_H

#include <stdbool.h>
#include <stdint.h>

#include <xenstore.h>

#include "base/err.h"
#include "builder/describe/pci_address.h"

#define PCI_NODES    "/libxl/pci"
#define PCI_NODE_MAX 48

/* The node that has the number of the domain which has the device. */
void pci_owner_node(const struct pci_address *at, char node[PCI_NODE_MAX]);

/* That number, or -1 where there is none. Whether there is such a domain is not asked. */
long pci_owner(struct xs_handle *xsh, const struct pci_address *at);

/* The device that `xl pci-assignable-add -n` has given that name. Returns 1, 0 for none, or -1 with
 * e set. */
int pci_named(struct xs_handle *xsh, const char *name, struct pci_address *out, struct err *e);

/* Takes away what says that the domain has a device, as part of t. False for a failure of the
 * store, with errno set. */
bool pci_owner_remove(struct xs_handle *xsh, xs_transaction_t t, uint32_t domid);

#endif
