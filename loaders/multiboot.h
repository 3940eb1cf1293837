/*
 * Multiboot kernels, which QEMU loads by itself.
 *
 * Sources: the Multiboot Specification 0.6.96, section 3.1; what of it QEMU takes: load_multiboot
 * in its hw/i386/multiboot.c.
 */
#ifndef EARLYDOM_MULTIBOOT_H
#define EARLYDOM_MULTIBOOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Whether QEMU loads the file as a Multiboot kernel. Returns 1 if so, 0 for one that is none, or -1
 * with e set, in words that go behind "kernel X", for one that QEMU refuses.
 */
int multiboot_check(const uint8_t *data, size_t size, struct err *e);

#endif
