/*
 * USB devices of the host, by the numbers of their bus and on it, as lsusb(8) shows them.
 *
 * A device has that number from the moment at which it is plugged in to the one at which it is
 * pulled out; no other one on its bus has it until all 127 were used. Sources:
 * Documentation/ABI/testing/sysfs-bus-usb and sysfs-devices of Linux, and its
 * drivers/usb/core/sysfs.c and devio.c for /dev/bus/usb.
 */
#ifndef EARLYDOM_USB_H
#define EARLYDOM_USB_H

#include <stdbool.h>

#include "base/err.h"
#include "builder/describe/usb_spec.h"

/* Where devtmpfs has the devices: BBB/DDD, in decimal. */
#ifndef USB_DEV_DIR
#define USB_DEV_DIR "/dev/bus/usb"
#endif

/* Of a name: a bus, and seven ports on the way (USB 2.0, 4.1.1), of two digits. */
#define USB_NAME_MAX 32

struct usb_device {
	const struct usbdev_spec *spec; /* borrowed */
	const char *sysroot;            /* borrowed */
	char name[USB_NAME_MAX];        /* in sysfs, "1-1.4"; "": it is not there */
};

/*
 * Finds the device. sysroot is the directory of the whole /sys, NULL for "/" but in tests; both are
 * borrowed. Returns 0; or -1 with e set: it is a hub, or it is not there, which may change: then
 * *absent is set to true.
 */
int usb_find(const char *sysroot, const struct usbdev_spec *spec, struct usb_device *out,
	     bool *absent, struct err *e);

/* Whether it is not there any more. */
bool usb_lost(const struct usb_device *d);

/*
 * Opens it, for whoever is to use it: as long as that file is open, in any process, and the device
 * is there, it works, whatever user asks. dir is USB_DEV_DIR. Returns it, or -1 with e set.
 */
int usb_open(const char *dir, const struct usb_device *d, struct err *e);

#endif
