/*
 * The stages "populate" and "load": memory into the domain, the kernel and its boot pages into the
 * memory.
 */
#ifndef EARLYDOM_BUILD_H
#define EARLYDOM_BUILD_H

#include "builder/describe/e820_file.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "loaders/kernel.h"

/*
 * Fills the created domain of g from k, its kernel, with the command line that it will see, or its
 * firmware. map is what the guest's memory map file says, or NULL. Sets
 * g->console_gfn and g->store_gfn. Returns 0, or -1 with e set; the domain is the caller's to
 * destroy.
 */
int build_domain(struct guest *g, struct host *h, const struct kernel *k, const char *cmdline,
		 const struct e820_map *map, struct err *e);

#endif
