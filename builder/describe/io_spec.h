/*
 * Parts of the host's machine that a guest may use: one string each of the keys `ioports`, `irqs`
 * and `iomem`, as xl.cfg(5) has them. Pure.
 *
 *     ioports  "2f8-2ff"  "0x3f8"              ports of x86, hexadecimal
 *     irqs     "16"                            an interrupt line, decimal
 *     iomem    "fed40,5"  "fed40,5@a0000"      START,NUMBER[@GFN]: pages, hexadecimal
 *
 * Stricter than xl, where a range that ends before it begins, and a port with something behind it,
 * get as far as the hypervisor or are cut.
 */
#ifndef EARLYDOM_IO_SPEC_H
#define EARLYDOM_IO_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* x86 has 64 Ki ports. */
#define IO_PORT_MAX 0xffffu

/* Pages of 4 KiB below 2^52 bytes, which is all that x86 has addresses for (Intel's SDM, volume 3,
 * "Physical Address Extension"); 64-bit Arm has no more. */
#define IO_PAGES_MAX (UINT64_C(1) << 40)

/* The hypervisor's own bound is lower (nr_irqs), and known to it alone; it takes an int. */
#define IO_IRQ_MAX 0x7fffffffu

struct ioport_range {
	uint32_t first, number;
};

struct iomem_range {
	uint64_t start, number; /* pages of the host */
	uint64_t gfn;           /* where the guest has them: */
	bool placed;            /* @GFN says so; else where the host has them */
};

/* Each returns 0, or -1 with e set and *out untouched. */
int ioport_parse(const char *text, struct ioport_range *out, struct err *e);
int irq_parse(const char *text, uint32_t *out, struct err *e);
int iomem_parse(const char *text, struct iomem_range *out, struct err *e);

#endif
