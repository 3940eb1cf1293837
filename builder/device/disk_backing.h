/*
 * The backing files of a disk that QEMU serves (backing.h): found and held with it, each open for
 * reading.
 */
#ifndef EARLYDOM_DISK_BACKING_H
#define EARLYDOM_DISK_BACKING_H

#include "disk.h"

/* Images that are one upon the other; more are refused, like a ring of them. */
#define DISK_BACKING_MAX 16

struct disk_backing {
	char path[PATH_MAX]; /* as QEMU makes it of the names */
	int fd;
	dev_t rdev; /* of a block device; else 0 */
	dev_t dev;  /* of a file; else 0 */
	ino_t ino;
};

/*
 * Finds those of d, whose image is open as d->fd. Returns 0, or -1 with e set and none held;
 * *absent is set where one is not there, which may change.
 */
int disk_backing_hold(const struct disk_table *t, struct disk *d, bool *absent, struct err *e);
void disk_backing_drop(struct disk *d);

/* Whether one of d's is what `other` is. */
bool disk_backing_has(const struct disk *d, const struct disk *other);

#endif
