/*
 * The paths by which QEMU reads an hvm guest's kernel and ramdisk, in the own root, where they were
 * mounted before the switch to the real root (devmodel_files.h): another file may be held for the
 * guest by then, which was read anew.
 */
#ifndef EARLYDOM_IMAGE_PATHS_H
#define EARLYDOM_IMAGE_PATHS_H

#include "base/err.h"
#include "builder/guest/guest.h"
#include "builder/host/own_root.h"

/*
 * Checks that each of the two whose digest the descriptor gives is the file that is held, and so
 * the one whose digest is right. r NULL is this process's root. Returns 0, or -1 with e set.
 */
int image_paths_check(const struct guest *g, const struct own_root *r, struct err *e);

#endif
