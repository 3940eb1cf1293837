/*
 * Block devices by what is on them: UUID=, LABEL= (of a file system or swap), PARTUUID=, PARTLABEL=
 * (of a partition).
 *
 * All devices are looked at but those that block_list.h leaves out, so that two with the same tag
 * are noticed: a snapshot or a copy of the right one must not be taken for it. udev's links are not
 * asked: there is one for each tag, whoever has it.
 */
#ifndef EARLYDOM_TAG_H
#define EARLYDOM_TAG_H

#include <stddef.h>

#include "base/err.h"
#include "block_list.h"

/*
 * Finds the one device with that tag, and writes its path. Letters of uuids count as equal in both
 * cases. Returns 0; or 1 when that may still change: there is none (yet), there are several of
 * which udev, mdadm or LVM may make one thing, or one that may be the device of a guest whose link
 * is not there yet; or -1. e is set for both: `no device has UUID=...`.
 */
int tag_find(const struct block_view *view, const char *tag, char *path, size_t size,
	     struct err *e);

#endif
