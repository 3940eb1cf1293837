/*
 * Disks that a domain has through Linux's block back end, whoever has built that domain: the kernel
 * itself says so, in sysfs.
 */
#ifndef EARLYDOM_SERVED_H
#define EARLYDOM_SERVED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Whether a back end serves the device, or the disk that it is a partition of, or a partition of
 * it, in a way that excludes another user: one of the two writes. Then *domid is whose it is.
 * sysroot is "" but in tests.
 */
bool served_to_other(const char *sysroot, dev_t rdev, dev_t whole, bool write, uint32_t *domid);

/* The disk that a partition is on; else the device itself. */
dev_t served_whole_disk(const char *sysroot, dev_t rdev);

#endif
