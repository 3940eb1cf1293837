/*
 * The part of QEMU's arguments that is about USB, sound and Xen's own devices of an hvm guest.
 */
#ifndef EARLYDOM_QEMU_DEVICES_H
#define EARLYDOM_QEMU_DEVICES_H

#include "base/argv.h"
#include "builder/guest/guest_config.h"

/* USB and sound, in libxl's order. */
void qemu_device_args(const struct guest_config *cfg, struct argv *out);

/* The device of a vendor, behind all disks. */
void qemu_vendor_args(const struct guest_config *cfg, struct argv *out);

/* The machine: with Xen's platform device, or without. */
const char *qemu_machine(const struct guest_config *cfg);

#endif
