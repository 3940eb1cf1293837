/*
 * ACPI tables of a guest that starts at its PVH entry: how it learns its vcpus (MADT), and what of
 * a PC's hardware it has (FADT, HPET): none for a pvh guest, that of the hypervisor for an hvm one.
 */
#ifndef EARLYDOM_ACPI_H
#define EARLYDOM_ACPI_H

#include <xenctrl.h>
#include <xenguest.h>

#include "builder/describe/config.h"
#include "base/err.h"

/*
 * Where a PVH guest's tables are: the operation region in libacpi's DSDT fixes the address
 * (ACPI_INFO_PHYSICAL_ADDRESS in tools/libacpi/acpi2_0.h).
 */
#define ACPI_ADDRESS UINT64_C(0xfc000000)

/*
 * Builds the tables with Xen's libacpi and hangs them into dom->acpi_modules, for libxenguest to
 * load. cfg's maxvcpus are described, the first vcpus of them as online. The memory belongs to dom.
 * Returns 0, or -1 with e set. One thread at a time: libacpi has tables of its own that it changes.
 */
int acpi_describe(struct xc_dom_image *dom, const struct guest_config *cfg, struct err *e);

#endif
