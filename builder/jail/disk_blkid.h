/*
 * What libblkid says of a disk. The bytes may be hostile, so it is only asked in the jail.
 */
#ifndef EARLYDOM_DISK_BLKID_H
#define EARLYDOM_DISK_BLKID_H

#include <blkid/blkid.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "disk_content.h"

/*
 * A probe of the bytes from offset on, size of them or (0) all that fd has: blkid_free_probe's.
 * Asks the kernel, by ioctls and in sysfs, what kind of device it is, and looks at no byte of it.
 * Returns NULL with e set.
 */
blkid_probe disk_blkid_open(int fd, uint64_t offset, uint64_t size, struct err *e);

/* Opens nothing. Returns 0, or -1 with e set when the bytes can't be read. */
int disk_blkid_content(blkid_probe pr, int fd, uint64_t offset, struct probe_content *out,
		       struct err *e);

/* The first partitions, max of them at most, in list, which is zeroed; how many in *n. sector is as
 * probe_table has it. Opens nothing. Returns 0, also where there is no table, or -1 with e set. */
int disk_blkid_table(blkid_probe pr, int fd, unsigned sector, struct probe_partition *list,
		     size_t max, size_t *n, struct err *e);

#endif
