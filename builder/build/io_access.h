/*
 * Parts of the host's machine that a domain may use: ioports, irqs, iomem.
 */
#ifndef EARLYDOM_IO_ACCESS_H
#define EARLYDOM_IO_ACCESS_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Gives them to the domain, which has its memory: as domcreate_launch_dm of libxl_create.c does.
 * They go with the domain. Returns 0, or -1 with e set. */
int io_access_give(const struct guest *g, struct host *h, struct err *e);

#endif
