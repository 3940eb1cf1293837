/*
 * Block devices by what is on them: UUID=, LABEL= (of a file system, superblock.h), PARTUUID=,
 * PARTLABEL= (of a partition, partition.h).
 *
 * All devices are looked at, so that two with the same tag are noticed: a snapshot or a copy of the
 * right one must not be taken for it. Left out are those that hold nothing by themselves (empty,
 * RAM, floppy and optical disks), loop devices, and those that are a part of something else (of a
 * RAID, a logical volume). What is known to none of them is looked for under /dev/disk, where udev,
 * if it runs, knows more kinds.
 */
#ifndef EARLYDOM_TAG_H
#define EARLYDOM_TAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "builder/describe/tag_spec.h"

/*
 * Finds the one device with that tag, and writes its path. Letters of uuids count as equal in both
 * cases. sysroot is "" but for tests, which have sys/ and dev/ of their own there. Returns 0; or 1
 * when there is none (yet), or -1, both with e set: `no device has UUID=...`.
 */
int tag_find(const char *sysroot, const char *tag, char *path, size_t size, struct err *e);

#endif
