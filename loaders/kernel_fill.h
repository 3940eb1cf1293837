/*
 * A kernel's place in memory, filled from its bytes.
 */
#ifndef EARLYDOM_KERNEL_FILL_H
#define EARLYDOM_KERNEL_FILL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel_facts.h"

/* Copies len bytes of the bare kernel from offset at on. Returns 0, or -1 with e set. */
typedef int kernel_copy(const void *source, uint64_t at, size_t len, void *to, struct err *e);

/*
 * Fills what is at `to`, bytes of it from info.pstart on, at least to info.pend: segments, the
 * symbols of a BSD, and zero all else. Each byte is written once but for the symbols'. k has passed
 * kernel_facts_check. Returns 0, or -1 with e set by copy.
 */
int kernel_fill(const struct kernel_facts *k, uint8_t *to, uint64_t bytes, kernel_copy *copy,
		const void *source, struct err *e);

#endif
