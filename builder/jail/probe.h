/*
 * What is on a device or in an image file, looked at in the jail (disk_content.h).
 */
#ifndef EARLYDOM_PROBE_H
#define EARLYDOM_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "builder/starter/starter.h"
#include "disk_content.h"

/* Looks at the bytes from offset on, size of them or (0) all that fd has, which is open for reading
 * only. Returns 0, or -1 with e set when they can't be read. */
int probe_content(const struct starter *s, int fd, uint64_t offset, uint64_t size,
		  struct probe_content *out, struct err *e);

struct probe_table {
	struct probe_partition *list; /* probe_table_free's */
	size_t n;
};

/*
 * Reads the partition table of fd, which is open for reading only; sector is the size of a logical
 * sector in bytes, or 0 for what the device says (512 for a file). That of a RAID's member may be
 * the array's: see raid in struct probe_content. Returns 0, with none where there is no table, or
 * -1 with e set and nothing to free.
 */
int probe_table(const struct starter *s, int fd, unsigned sector, struct probe_table *out,
		struct err *e);
void probe_table_free(struct probe_table *t);

#endif
