/*
 * A kernel's segments into the guest's memory: the part of the stage "load" that libxenguest leaves to
 * the loader of a kernel's format.
 */
#ifndef EARLYDOM_LOAD_H
#define EARLYDOM_LOAD_H

#include <xenctrl.h>
#include <xenguest.h>

#include "../loaders/kernel.h"
#include "err.h"
#include "read.h"

/* Of one build. */
struct load {
	const struct image_file *file;
	const struct elf_info *info;
	const uint8_t *bare; /* the kernel's bytes: the file's, or what it was unpacked to */
	struct err err;      /* what kept the segments from being loaded; else empty */
};

/*
 * Has xc_dom_build_image load the kernel by what k says of it, once xc_dom_parse_image has found out the
 * rest, and not by the loader that knows its format. That one has each page cleared before it is filled,
 * and the kernel's file mapped page by page; here a page is written once, and the file is read. Without
 * effect on a kernel of which libxenguest wants more in memory than its segments: a BSD's symbol table.
 *
 * file and k, and *l, which is filled in here, have to stay until the image is built.
 */
void load_kernel(struct xc_dom_image *dom, const struct image_file *file, const struct kernel *k,
		 struct load *l);

#endif
