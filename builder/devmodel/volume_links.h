/*
 * Images on file systems that are mounted for them (device/volume.h), for the QEMU of an hvm guest.
 * It opens images by path, and these have none: QEMU gets them as open files, and for each there is
 * a link to /proc/self/fd/N where QEMU looks for it. (That of a pv or pvh guest has such links in a
 * root of its own, model_root.h.)
 */
#ifndef EARLYDOM_VOLUME_LINKS_H
#define EARLYDOM_VOLUME_LINKS_H

#include "base/err.h"
#include "builder/guest/guest.h"
#include "devmodel_process.h"

/*
 * Adds the guest's images, and those that they are based on, to the files of its QEMU, and makes
 * their links in the directory VOLUME_DIR below root ("" but in tests), in the place of those of an
 * earlier QEMU. Returns 0, or -1 with e set.
 */
int volume_links_make(const char *root, const struct guest *g, struct model_handed *files,
		      struct err *e);

/* Removes that guest's links with their directories. What can't be removed stays: the next links
 * take its place. */
void volume_links_remove(const char *root, const char *guest);

#endif
