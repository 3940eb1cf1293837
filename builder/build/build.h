/*
 * What fills a created domain, step by step: its memory, what is loaded into that, its boot pages.
 *
 * Each step returns 0, or -1 with e set; the domain is the caller's to destroy.
 */
#ifndef EARLYDOM_BUILD_H
#define EARLYDOM_BUILD_H

#include "builder/jail/e820_file.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "loaders/kernel_facts.h"
#include "rdm.h"

struct xc_dom_image;

/* What libxenguest knows of the domain meanwhile; for xc_dom_release. cmdline is what its kernel
 * will see, rdm what is to be kept free of its memory. Returns NULL with e set. */
struct xc_dom_image *build_begin(struct guest *g, struct host *h, const char *cmdline,
				 const struct rdm_map *rdm, struct err *e);

/* The domain's memory, and what describes it: k is the guest's kernel or firmware, map what its
 * memory map file says, or NULL. */
int build_populate(struct xc_dom_image *dom, const struct guest *g, struct host *h,
		   const struct kernel_facts *k, const struct rdm_map *rdm,
		   const struct e820_map *map, struct err *e);

/* The kernel and its ramdisk, or the firmware and its BIOS. */
int build_load(struct xc_dom_image *dom, const struct guest *g, struct host *h,
	       const struct kernel_facts *k, struct err *e);

/* The boot pages, and what else the domain starts with. Sets g->console_gfn and g->store_gfn. */
int build_boot_pages(struct xc_dom_image *dom, struct guest *g, struct host *h, struct err *e);

#endif
