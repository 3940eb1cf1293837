/*
 * Kernels that QEMU starts by itself in a fully virtualised guest.
 *
 * Source: x86_load_linux in QEMU's hw/i386/x86.c: a bzImage, a Multiboot kernel (multiboot.h), or
 * an ELF file with a PVH entry.
 */
#ifndef EARLYDOM_QEMU_KERNEL_H
#define EARLYDOM_QEMU_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Whether QEMU can start the file. Returns 0, or -1 with e set to why not, in words that go behind
 * "kernel X" as they are: " has no PVH entry, ...". */
int qemu_kernel_check(const uint8_t *data, size_t size, struct err *e);

#endif
