/*
 * The loader of all that is loaded into a guest's memory, the only one there is: kernels (pv, pvh,
 * Plan 9, hvm without a firmware) and their ramdisks, firmwares and their BIOS.
 *
 * libxenguest has loaders of its own, which parse and unpack kernels. None of them is in the
 * program: what loaders/ found in the file is all that the library is told, and it is given no byte
 * of it.
 */
#ifndef EARLYDOM_LOAD_H
#define EARLYDOM_LOAD_H

#include <xenctrl.h>
#include <xenguest.h>

#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "loaders/kernel_facts.h"

/*
 * Tells the library what kernel or firmware it is to build a domain from: in the place of
 * xc_dom_parse_image, for an image that knows its kind of domain and the hypervisor. Of a firmware,
 * dom->device_model is set. Returns 0, or -1 with a message of the library's, where the hypervisor
 * does not run its kind of guest.
 */
int load_describe(struct xc_dom_image *dom, const struct elf_info *info);

/*
 * Has xc_dom_build_image load g's kernel or firmware, which is k and which the image was told of,
 * and its ramdisk or BIOS. Returns 0, or -1 with e set, or left alone where it was libxenguest that
 * failed.
 */
int load_images(struct xc_dom_image *dom, const struct guest *g, struct host *h,
		const struct kernel_facts *k, struct err *e);

#endif
