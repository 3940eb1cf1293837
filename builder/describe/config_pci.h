/*
 * The keys `pci`, pci_permissive and the like, and `rdm`, together with each other and with others.
 * Their readers are read_pcis and read_rdm (config_value.h).
 */
#ifndef EARLYDOM_CONFIG_PCI_H
#define EARLYDOM_CONFIG_PCI_H

#include "config_reading.h"

/*
 * Gives each device what the keys say for all; reports devices that are named twice, and guests
 * that can't have any. A pv guest with devices has e820_host, as with xl; of an hvm guest it is
 * said that its QEMU is not kept to it. To be called before config_check_hvm.
 */
void config_check_pci(struct reading *r);

#endif
