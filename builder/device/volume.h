/*
 * File systems that dom0 need not have mounted, on which image files of guests lie: the target
 * LABEL=data:/images/web.qcow2 (describe/tag_spec.h).
 *
 * Such a file system is mounted nowhere: fsmount(2) gives its root directory, open, and whatever is
 * opened below that keeps it mounted, for as long as it is open, in whatever process. All mounts of
 * one device are one file system to the kernel. So the real root may mount it whenever it likes,
 * and unmount it again; nothing has to be handed over, nor can be taken away under a guest.
 *
 * The kernel wants all mounts of a device to agree on whether they write. dom0's /etc/fstab, which
 * is not there yet, mostly says that it does; so it is mounted for writing wherever that is
 * possible, also for a guest that only reads.
 */
#ifndef EARLYDOM_VOLUME_H
#define EARLYDOM_VOLUME_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "block_list.h"
#include "builder/starter/starter.h"

/* QEMU opens images by path. Below this are paths for those on such a file system, a directory for
 * each guest and within it one for each of its disks; what is there is a link (volume_links.h). */
#define VOLUME_DIR "/run/earlydom/fs"

/*
 * Mounts what is on the block device at that path. `write` says that it is of no use for reading
 * alone. Loads the kernel's module for it (modules.h, fs-TYPE). The starter does both, or without
 * one (NULL) this process. Returns its root directory, to be closed; or -1 with e set: `cannot
 * mount it (ext4): cause`, or there is no file system on it. It is passing where the cause is
 * another user.
 */
int volume_mount(const struct starter *s, const char *device, bool write, struct err *e);

extern const struct starter_verb volume_verb;

/*
 * Writes the path below VOLUME_DIR that stands for a file on it, as the disk of that guest. Returns
 * the length of what is in front of the file's own path, or -1 with e set: it is too long.
 */
int volume_path(const char *guest, const char *vdev, const char *file, char path[PATH_MAX],
		struct err *e);

/*
 * Whether the device at that path is to be dom0's root, as root= of the kernel's command line has
 * it. The initramfs checks and mounts that, and could not if it were in use.
 */
bool volume_is_root(const struct block_view *view, const char *device);

#endif
