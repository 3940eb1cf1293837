/*
 * The stage "load": the kernel and its ramdisk into the guest's memory.
 */
#ifndef EARLYDOM_LOAD_H
#define EARLYDOM_LOAD_H

#include <xenctrl.h>
#include <xenguest.h>

#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "loaders/kernel.h"

/*
 * Has xc_dom_build_image load g's kernel k and its ramdisk, which the image has been given and
 * xc_dom_parse_image has looked at, and goes through with it. Returns 0, or -1 with e set, or left alone
 * where it was libxenguest that failed.
 *
 * libxenguest itself clears each page before it fills it, and has the files mapped page by page. Here a
 * page is written once, the files are read, and what is written is unmapped at once. A kernel of which libxenguest wants more in memory than
 * its segments, a BSD's symbol table, is left to it.
 */
int load_images(struct xc_dom_image *dom, const struct guest *g, struct host *h,
		const struct kernel *k, struct err *e);

#endif
