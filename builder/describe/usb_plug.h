/*
 * Which port of which USB controller each of the host's devices is plugged into.
 *
 * As libxl 4.17 does it (libxl__device_usbdev_setdefault in tools/libs/light/libxl_usb.c), one
 * after the other: the port that is given; the first free one of the controller that is given; the
 * first free one of all; and where there is none the first of a further controller, which is a
 * default one. Unlike with libxl, which tells the store alone of it, QEMU gets that one, too.
 */
#ifndef EARLYDOM_USB_PLUG_H
#define EARLYDOM_USB_PLUG_H

#include <stddef.h>

#include "usb_spec.h"

/*
 * Sets `at` and `at_port` of the n devices. ctrls has room for USB_CONTROLLERS_MAX controllers and
 * *nr of them; what is added counts there. Returns 0, or -1 with e set and *bad the device that
 * can't be plugged in, or is there twice.
 */
int usb_plug(struct usbctrl_spec *ctrls, size_t *nr, struct usbdev_spec *devs, size_t n,
	     size_t *bad, struct err *e);

#endif
