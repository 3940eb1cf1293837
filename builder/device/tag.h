/*
 * Block devices by what is on them: UUID=, LABEL= (of a file system or swap), PARTUUID=, PARTLABEL=
 * (of a partition).
 *
 * All devices are read but those that block_list.h leaves out, so that two with the same tag are
 * noticed: a snapshot or a copy of the right one must not be taken for it. udev's links are not
 * used: a tag has only one link, whichever device it leads to.
 */
#ifndef EARLYDOM_TAG_H
#define EARLYDOM_TAG_H

#include <stddef.h>

#include "base/err.h"
#include "block_list.h"

/*
 * Finds the one device with that tag, and writes its path. Upper and lower case count as equal in
 * uuids. Returns 0 when it is found. Returns 1 with e set (`no device has UUID=...`) when that may
 * still change: no device has the tag yet; several have it, of which udev, mdadm or LVM may make
 * one thing; or the device may be one that a guest names by a link that is not there yet. Returns
 * -1 with e set otherwise.
 */
int tag_find(const struct block_view *view, const char *tag, char *path, size_t size,
	     struct err *e);

#endif
