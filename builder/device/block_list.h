/*
 * The block devices of dom0 as a tag's look-up sees them: which of them it reads, what is on these,
 * and why it leaves out the others.
 *
 * A tag must lead to what the person who wrote it meant, and never to something that a guest made
 * up. So these are left out:
 * - what holds nothing by itself: empty and hidden devices, RAM, floppy, loop and optical disks;
 * - a part of something else: the kernel says so (holders), or what is on it does (members of RAID,
 * LVM, LUKS, Btrfs over several devices ...); with it the partitions of such a device, and of one
 * that can't be read;
 * - a disk that has partitions, when UUID= or LABEL= is looked up;
 * - what a guest may write, because it has it by path, by a partition's id, or in use. With it go
 * its partitions, the disk that it is a partition of, and what is made of it (slaves). The guest
 * could put another guest's tag on all of these.
 */
#ifndef EARLYDOM_BLOCK_LIST_H
#define EARLYDOM_BLOCK_LIST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "builder/jail/probe.h"

/* What a guest may write. */
struct block_owner {
	const char *guest;  /* its name, borrowed */
	const char *target; /* a path or a tag, borrowed; NULL for none */
	dev_t rdev;         /* of a device that it has; 0 for none */
};

struct block_view {
	const char *sysroot; /* "" but for tests, which have sys, dev and run of their own there */
	const struct block_owner *owners;
	size_t nr_owners;
	const struct starter *starter; /* makes the jails in which disks are read; or NULL */
};

struct block_device {
	char name[256]; /* in /sys/class/block */
	char path[PATH_MAX];
	dev_t rdev;
	uint64_t size, start; /* in units of 512 bytes; start that of a partition */
	unsigned number;      /* of a partition, the first is 1; else 0 */
	size_t disk;          /* index of the disk that it is a partition of; else its own */
	bool partitioned;     /* a disk that the kernel sees partitions on */
	bool readable;        /* it can have content of its own */
	bool unread;          /* it should have been read, and could not be */
	const char *guest;    /* that may write it, borrowed; NULL for none */
	bool by_id; /* the guest has it by its partition's id, by which tags still find it */
	char left_out[200];   /* why no tag finds it; "" for one that is looked at */
	char no_content[200]; /* why UUID= and LABEL= don't, if left_out does not say it already */
	struct probe_content content; /* not read where a guest may write: it could be doing so */
	char partuuid[40], partlabel[PROBE_LABEL_MAX];
};

struct block_list {
	struct block_device *list; /* sorted by name; block_list_free's */
	size_t n;
	char unread[300];          /* a device that could not be read, and why; "" for none */
	const char *unresolved;    /* an owner's path below a directory of /dev, not there (yet) */
	const char *unresolved_of; /* its guest */
};

/* Lists all devices and reads what is on them, some hundred KiB of each. Returns 0, or -1 with e
 * set and nothing to free. */
int block_list_read(const struct block_view *view, struct block_list *out, struct err *e);
void block_list_free(struct block_list *l);

#endif
