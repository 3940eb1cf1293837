/*
 * The disks of an hvm guest as QEMU's arguments: those that libxl 4.17 gives it for the same
 * descriptor, in the same order (tools/libs/light/libxl_dm.c, libxl__build_device_model_args_new).
 *
 * QEMU's IDE has the first four disks (hda to hdd, and by their number xvda to xvdd), its SCSI
 * those that are called sd*, and cdrom drives are on IDE; what remains is there for the guest's own
 * drivers alone. A path with a comma has it doubled, as QEMU wants it in -drive; libxl forgets
 * that.
 *
 * What QEMU serves it reads in its own format, and gets the target's path; of what the kernel
 * serves it gets the block device that the kernel has as well.
 */
#ifndef EARLYDOM_QEMU_DRIVES_H
#define EARLYDOM_QEMU_DRIVES_H

#include <stdbool.h>

#include "base/argv.h"
#include "base/err.h"
#include "builder/guest/guest.h"

/* The controllers, which come earlier than the drives. */
void qemu_scsi_args(const struct guest_config *cfg, struct argv *out);

/* The drives. Returns 0, or -1 with e set: a read-only disk would have to be an IDE disk, which
 * QEMU does not have. Pure. */
int qemu_drive_args(const struct guest *g, struct argv *out, struct err *e);

/* Whether QEMU serves disks to an hvm guest's own drivers: such as have no kernel's back end. Not
 * cdrom drives, which no driver takes (drivers/block/xen-blkfront.c). */
bool qemu_serves_disks(const struct guest_config *cfg);

/* QEMU's name of the cdrom drive with that vdev, by which it is told of media ("ide-5632"). */
#define QEMU_CDROM_NAME     "ide-%" PRIu32
#define QEMU_CDROM_NAME_MAX 16

#endif
