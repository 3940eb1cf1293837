/* A kernel file that QEMU reads, looked at in the jail before QEMU does. */
#ifndef EARLYDOM_JAIL_QEMU_KERNEL_H
#define EARLYDOM_JAIL_QEMU_KERNEL_H

#include <stdint.h>

#include "base/err.h"
#include "builder/starter/starter.h"

/* Whether QEMU can start the file at path, which is open for reading only and has size bytes.
 * Returns 0, or -1 with e set: "kernel PATH has no PVH entry, ...". */
int jail_qemu_kernel(const struct starter *s, const char *path, int fd, uint64_t size,
		     struct err *e);

#endif
