/*
 * Another medium in a cdrom drive of a guest that runs, by an errand that its guest is lent to.
 * What is in the drive then stays there when the guest is built anew, until it has ended.
 */
#ifndef EARLYDOM_UNIT_MEDIA_H
#define EARLYDOM_UNIT_MEDIA_H

#include "unit.h"

/*
 * Begins it: target is a path of process 1's root or one of the tags (tag_spec.h), NULL for no
 * medium. Returns 0, and u->media.under_way is true until it is known what came of it, u->media.rc
 * and err; or -1 with e set and nothing begun:
 *
 *     web has no cdrom drive hdd (hdc)
 *     web does not run
 *     web is busy; try again
 */
int unit_media_begin(struct units *all, struct unit *u, const char *vdev, const char *target,
		     struct err *e);

#endif
