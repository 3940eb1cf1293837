/* A kernel file, opened and unpacked in the jail. */
#ifndef EARLYDOM_JAIL_KERNEL_H
#define EARLYDOM_JAIL_KERNEL_H

#include <stdint.h>

#include "base/err.h"
#include "builder/starter/starter.h"
#include "loaders/kernel_facts.h"

/*
 * Opens the file, which has size bytes and is open for reading only, as kernel_open does, and
 * checks what is said of it (kernel_facts_check). Where it is packed, *unpacked is a file with what
 * it unpacks to, at most limit bytes, whole pages of them; to be closed. Else it is -1. Returns 0,
 * or -1 with e set and nothing to close.
 */
int jail_kernel(const struct starter *s, int fd, uint64_t size, uint64_t limit,
		struct kernel_facts *out, int *unpacked, struct err *e);

#endif
