/*
 * e820_host = 1: a pv guest gets a memory map with the holes and reserved ranges of the host's, so
 * that PCI devices which it is given later have their addresses there (xl.cfg(5); e820_sanitize of
 * libxl_x86.c).
 */
#ifndef EARLYDOM_E820_HOST_H
#define EARLYDOM_E820_HOST_H

#include "builder/jail/e820_file.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"

/*
 * The guest's map for the host's (*host), ram_kib of memory, and room for balloon_kib more. Ranges
 * of the host below 1 MiB are left out; the guest has its memory from 0 up to the first range that
 * is not memory on the host, and the rest behind the last one, or behind 4 GiB. What is memory of
 * the host's between these is called unusable, as long as it is below 4 GiB. Pure. Returns 0, or -1
 * with e set.
 */
int e820_host_map(const struct e820_map *host, uint64_t ram_kib, uint64_t balloon_kib,
		  struct e820_map *out, struct err *e);

/* Gives the domain that map. Returns 0, or -1 with e set. */
int e820_host_set(const struct guest *g, struct host *h, struct err *e);

#endif
