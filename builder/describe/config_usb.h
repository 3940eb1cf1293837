/*
 * The keys `usbctrl` and `usbdev` together with each other and with others. Their readers are
 * read_usbctrls and read_usbdevs (config_value.h).
 */
#ifndef EARLYDOM_CONFIG_USB_H
#define EARLYDOM_CONFIG_USB_H

#include "config_reading.h"

/* Plugs the devices into the controllers; reports what can't be, and both keys of a guest that has
 * no QEMU as its device model. */
void config_check_usb(struct reading *r);

#endif
