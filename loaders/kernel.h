/*
 * A kernel file, opened: codec and format found, unpacked where packed, checked.
 *
 * Accepts: ELF; Plan 9's a.out; either of them packed by any codec; bzImage (one that is packed as
 * a whole is an error that says so); a UKI, of which the section .linux is the kernel, any of
 * these. Other files that people take for kernels are named in the error (foreign.h).
 */
#ifndef EARLYDOM_KERNEL_H
#define EARLYDOM_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "codec.h"
#include "kernel_facts.h"

/*
 * Opens the len bytes at file. `paged` is true where they are mapped from a file (struct packed).
 * What is packed is unpacked to `to`. Returns 0, or -1 with e set ("gzip: ...", "bzImage: ...",
 * "ELF: ...", "a.out: ...", "UKI: ..." in front) and *out zeroed.
 */
int kernel_open(const uint8_t *file, size_t len, bool paged, const struct room *to,
		struct kernel_facts *out, struct err *e);

#endif
