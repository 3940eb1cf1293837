/*
 * Where a translated (PVH) guest's memory is: below and above the hole for devices, and the e820
 * that says so.
 */
#ifndef EARLYDOM_MEMMAP_H
#define EARLYDOM_MEMMAP_H

#include <xenctrl.h>
#include <xenguest.h>

#include "err.h"

/*
 * Splits memory_kib of a guest into dom's lowmem_end, highmem_end, mmio_start and mmio_size, and
 * asks for all of it to be populated.
 */
void memmap_layout(struct xc_dom_image *dom, uint64_t memory_kib);

/*
 * Describes the layout and dom's ACPI modules as an e820: hung into dom (whose memory it is) and
 * given to the hypervisor for the domain. Returns 0, or -1 with e set (errno is the hypervisor's).
 */
int memmap_describe(struct xc_dom_image *dom, struct err *e);

#endif
