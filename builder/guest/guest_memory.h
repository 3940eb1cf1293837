/*
 * How much memory a guest is shown, which may be more than it has.
 */
#ifndef EARLYDOM_GUEST_MEMORY_H
#define EARLYDOM_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_config.h"

/*
 * The static maximum of a domain of cfg, in KiB: up to where its guest can be given memory while it
 * runs (libxl's memory/static-max). At least cfg's memory_kib, at most its maxmem_kib.
 *
 * A pv guest has memory and finds the rest of maxmem missing. A translated one finds maxmem, has
 * memory, and gets pages as it touches them, until its kernel has given back what it does not have:
 * populate on demand, as libxl does it. How much that is stands in the store, so that without one
 * (store is false) it is shown what it has. So is one with a memory map file, whose map is memory.
 */
uint64_t guest_static_max_kib(const struct guest_config *cfg, bool store);

#endif
