/*
 * The paths by which QEMU opens a guest's disks. It runs in the own root, from before the switch to
 * the real root or after it, and by the time that it starts a path may mean something else than
 * what is held.
 */
#ifndef EARLYDOM_DISK_PATHS_H
#define EARLYDOM_DISK_PATHS_H

#include <stdbool.h>

#include "base/err.h"
#include "builder/guest/guest.h"
#include "builder/host/own_root.h"

/*
 * Makes image files to be seen in the own root, or in this process's root for r NULL, and checks
 * that each path leads to what is held. Returns 0, or -1 with e set.
 */
int disk_paths_check(const struct guest *g, const struct own_root *r, struct err *e);

/* Whether QEMU needs process 1's root for an image, after disk_paths_check: who is to follow
 * /proc/1/root there must be allowed to look into that process (proc(5)). */
bool disk_paths_lead_out(const struct guest *g, const struct own_root *r);

#endif
