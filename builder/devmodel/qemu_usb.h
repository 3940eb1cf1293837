/*
 * USB controllers of `usbctrl` and the host's devices of `usbdev`, for QEMU.
 *
 * libxl adds both over QMP before the guest runs (device_add; libxl__device_usbctrl_add_hvm and
 * libxl__device_usbdev_add_hvm in libxl_usb.c). Here they are arguments behind those of all other
 * devices, so that they come into the same slots of the PCI bus, with libxl's names, by which `xl
 * usbdev-detach` finds them. QEMU has root's powers no more by the time of QMP, and libusb begins
 * with what a QEMU that has locked itself into an empty directory does not see.
 *
 * A device is opened here, anew for each QEMU, and is QEMU's as an open file (usb-host's
 * hostdevice): so that it needs neither sysfs nor the right to open anything, then or later, to use
 * this one device, and can use no other. With QEMU's end nobody has it open any more.
 */
#ifndef EARLYDOM_QEMU_USB_H
#define EARLYDOM_QEMU_USB_H

#include "base/argv.h"
#include "builder/guest/guest.h"
#include "devmodel_process.h"

/* The arguments. first_fd: the devices are these files of QEMU's; 0: it opens them itself. */
void qemu_usb_args(const struct guest_config *cfg, int first_fd, struct argv *out);

/*
 * Opens the devices, which must be the first that is added to the files. *first_fd: as which file
 * QEMU has the first of them; 0 for none. Returns 0, or -1 with e set.
 */
int qemu_usb_open(const struct guest *g, struct model_handed *files, int *first_fd, struct err *e);

#endif
