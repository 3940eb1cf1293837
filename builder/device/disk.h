/*
 * Disks of guests: found, opened, and used by one writer at most.
 *
 * A disk is held from before its guest's first build until the guest is over, restarts included:
 * the open file keeps it there when its path is not, after the switch to the real root. One that
 * its guest may write is held exclusively (O_EXCL), so that dom0 neither mounts it nor takes it for
 * a part of something else meanwhile. That is no obstacle for the back end, which does not ask for
 * exclusive use.
 */
#ifndef EARLYDOM_DISK_H
#define EARLYDOM_DISK_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "block_list.h"
#include "builder/describe/disk_spec.h"
#include "builder/starter/starter.h"
#include "disk_backing.h"

struct disk {
	struct disk *next;
	bool passing; /* about to be held, or given back: whether it is in the way is known soon */
	const char *guest;            /* its name, borrowed */
	const struct disk_spec *spec; /* borrowed */
	/* DISK_EMPTY: a cdrom drive without a medium, or what another domain serves, of which there
	 * is nothing to hold */
	enum disk_format format;
	int fd;      /* of the block device or the image file that the back end serves; -1: empty */
	dev_t rdev;  /* the device's number; 0 where it is none */
	dev_t whole; /* that of the disk that it is a partition of; else rdev */
	char path[PATH_MAX]; /* its path: the target, what UUID= led to, or /dev/loopN; or "" */
	bool loop;      /* a loop device over an image file; it goes when the disk is dropped */
	bool image;     /* an image file, which QEMU opens itself */
	dev_t file_dev; /* that file, or the one behind a loop device: what two disks are
			   compared by; else 0 */
	ino_t file_ino;
	/* Of an image on a file system that is mounted for it (volume.h), until it has a loop
	   device: where in `path` its path on that begins, and the root directory, or -1. Else 0.
	 */
	size_t file_at;
	int volume;
	dev_t under; /* the device of that file system, also of a loop device; else 0 */
	dev_t under_whole;
	bool listed;                 /* in the table's list */
	struct backing_list backing; /* of one that QEMU serves */
};

/*
 * Every disk that is held, and what guests that are to start may write; zero-initialised is empty.
 *
 * No tag leads to what a guest may write (block_list.h has the rules): the guest could have put
 * another guest's tag on it, even before a restart. For this to hold from the first look-up on,
 * whichever guest comes first, disk_reserve is called for the disks of all guests before.
 *
 * Several threads may hold disks and give them back at the same time: one that hangs at a disk that
 * does not answer stops no other.
 */
struct disk_table {
	struct disk *disks;
	struct block_owner *reserved; /* disk_table_free's */
	size_t nr_reserved;
	/* Where paths of image files begin, borrowed; NULL: at this process's root. */
	const char *_Atomic root;
	const char *sysroot; /* where tags are looked up, borrowed; NULL for "/" but in tests */
	const struct starter *starter; /* borrowed; or NULL */
	struct kept *kept; /* where open disks outlive this process, borrowed; or NULL */
	/* For both lists and what is in them, never held while a disk is asked for anything. A
	 * mutex of zeroes is one that nobody holds, with glibc and with musl. */
	pthread_mutex_t lock;
};

/*
 * Records that the guest may write that disk, unless its spec is read-only. Borrows both, as
 * disk_hold does. Once is enough for a guest and its target. Returns 0, or -1 with e set.
 */
int disk_reserve(struct disk_table *t, const char *guest, const struct disk_spec *spec,
		 struct err *e);
void disk_table_free(struct disk_table *t); /* when no disk is held any more */

/*
 * Finds and holds a disk, but for one that another domain serves: a block device by path or by
 * UUID=, LABEL=, PARTUUID=, PARTLABEL= (tag.h); an image file, also one on a file system that is
 * mounted for it (volume.h), which gets a loop device (loop.h) where the kernel serves it; a cdrom
 * drive without a medium. Loads the kernel's modules for that. Returns NULL with a cause in e
 * (`disk VDEV: TARGET: cause`) for what
 * - is not there, or is neither a block device nor a file;
 * - would be written and is in use in dom0 or can't be written;
 * - is mounted read-write in dom0;
 * - is to be dom0's root, for an image on it, and is not mounted read-write yet;
 * - has images of guests on it, or is what a guest has that an image is to lie on;
 * - is held already, by any guest, if one of the two writes it.
 *
 * *absent is set to whether it may still come: it is not there, its tag is on several devices, or
 * another user is about to hold it or to let go of it. Then the call may be repeated. It waits for
 * nothing but its own reads.
 */
struct disk *disk_hold(struct disk_table *t, const char *guest, const struct disk_spec *spec,
		       bool *absent, struct err *e);

/*
 * Holds another medium of a cdrom drive that QEMU serves, raw, beside the one that is held; target
 * NULL is none. It is held under the same conditions, and returned or not in the same way.
 */
struct disk *disk_hold_medium(struct disk_table *t, const char *guest, const struct disk_spec *spec,
			      const char *target, struct err *e);

/*
 * Holds a disk that an earlier supervisor has found for the same guest, whose domain has it: fd is
 * the open device or image, -1 for an empty cdrom drive; volume the root of the file system that
 * was mounted for it, or -1. Both are the disk's from then on, also after an error. Returns NULL
 * with e set: it is neither.
 */
struct disk *disk_adopt(struct disk_table *t, const char *guest, const struct disk_spec *spec,
			int fd, int volume, const char *path, struct err *e);

/* Whether its device is not there any more: unplugged, or removed; or its image file was deleted.
 * What is held is of no use then. */
bool disk_lost(const struct disk *d);

/* Gives it back; NULL is allowed. The back end must have let go of it, or is about to. */
void disk_drop(struct disk_table *t, struct disk *d);

#endif
