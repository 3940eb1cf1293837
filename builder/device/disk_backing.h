/*
 * The backing files of a disk that QEMU serves (builder/jail/backing.h): found and held with it,
 * each open for reading.
 */
#ifndef EARLYDOM_DISK_BACKING_H
#define EARLYDOM_DISK_BACKING_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "builder/starter/starter.h"

/* Images that are one upon the other; more are refused, like a ring of them. */
#define DISK_BACKING_MAX 16

struct disk_backing {
	char path[PATH_MAX]; /* as QEMU makes it of the names */
	bool on_volume;      /* on the image's own file system (volume.h) */
	int fd;
	dev_t rdev; /* of a block device; else 0 */
	dev_t dev;  /* of a file; else 0 */
	ino_t ino;
};

/* Each is what the one before is based on; zero-initialised is none. */
struct backing_list {
	struct disk_backing *files;
	size_t n;
};

/* Where the names in an image lead. */
struct backing_place {
	const struct starter *starter; /* makes the jails in which headers are read; or NULL */
	const char *root;              /* where absolute ones begin (disk_open.h) */
	int volume;         /* where the image's own path and relative ones begin: the root of its
			       file system (volume.h); or -1: there, too */
	const char *prefix; /* for that: what QEMU has in front of such a path */
};

/*
 * Finds those of an image of the format qcow or qcow2, which is open as fd. Returns 0, or -1 with e
 * set and none held; *absent is set where one is not there, which may change.
 */
int disk_backing_hold(struct backing_list *list, const struct backing_place *place,
		      const char *image, int fd, bool *absent, struct err *e);
void disk_backing_drop(struct backing_list *list);

#endif
