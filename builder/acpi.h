/*
 * ACPI tables of a PVH guest: how it learns its vcpus (MADT) and that it has no legacy hardware
 * (FADT).
 */
#ifndef EARLYDOM_ACPI_H
#define EARLYDOM_ACPI_H

#include <xenctrl.h>
#include <xenguest.h>

#include "err.h"

/*
 * Where a PVH guest's tables are: the operation region in libacpi's DSDT fixes the address
 * (ACPI_INFO_PHYSICAL_ADDRESS in tools/libacpi/acpi2_0.h).
 */
#define ACPI_ADDRESS UINT64_C(0xfc000000)

/*
 * Builds the tables with Xen's libacpi and hangs them into dom->acpi_modules, for libxenguest to
 * load. maxvcpus vcpus are described, the first vcpus of them as online. The memory belongs to dom.
 * Returns 0, or -1 with e set.
 */
int acpi_describe(struct xc_dom_image *dom, unsigned vcpus, unsigned maxvcpus, struct err *e);

#endif
