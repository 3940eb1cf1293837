/*
 * What a file system, a swap area or a LUKS container says about itself in its superblock: the uuid
 * and the label that UUID= and LABEL= mean.
 *
 * Pure: bytes in, texts out. Known are ext2/3/4, XFS, Btrfs, swap, FAT and LUKS 1 and 2; the places
 * and magic numbers are in superblock.c, each with its source.
 */
#ifndef EARLYDOM_SUPERBLOCK_H
#define EARLYDOM_SUPERBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So much of a device's beginning is wanted; the last is Btrfs's superblock, 4 KiB at 64 KiB. */
#define SUPERBLOCK_BYTES (68 * 1024)

struct superblock {
	const char *type; /* "ext", "xfs", "btrfs", "swap", "vfat", "luks" */
	char uuid[41];    /* as the tools of that type print it; "" for none */
	char label[257];  /* "" for none */
};

/*
 * Reads the first len bytes of a device (all it has, up to SUPERBLOCK_BYTES). False when they are
 * of no known type, or of several: then something is left over from an earlier use, and which one
 * counts can't be told.
 */
bool superblock_read(const uint8_t *data, size_t len, struct superblock *out);

#endif
