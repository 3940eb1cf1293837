/*
 * Where a translated (pvh, hvm) guest's memory is: below and above the hole for devices, and the
 * e820 that says so.
 */
#ifndef EARLYDOM_MEMMAP_H
#define EARLYDOM_MEMMAP_H

#include <xenctrl.h>
#include <xenguest.h>

#include "builder/jail/e820_file.h"
#include "builder/guest/guest.h"
#include "base/err.h"
#include "rdm.h"

/*
 * Splits the memory that the guest is shown, its static maximum, which for a guest with a video
 * card is without that card's, into dom's lowmem_end, highmem_end, mmio_start and mmio_size. How
 * much of it there is to be is dom's target_pages: libxenguest populates on demand where that is
 * less.
 */
void memmap_layout(struct xc_dom_image *dom, const struct guest *g);

/*
 * Gives the hypervisor the domain's e820, and hangs it into dom (whose memory it is): the layout,
 * what the host keeps for devices where the guest's memory is not, and dom's ACPI modules, as libxl
 * describes them; or what the guest's memory map file says. That
 * is checked against the layout: what is ram in it must be memory. Returns 0, or -1 with e set
 * (errno is the hypervisor's).
 */
int memmap_describe(struct xc_dom_image *dom, const struct guest_config *cfg,
		    const struct rdm_map *rdm, const struct e820_map *file, struct err *e);

#endif
