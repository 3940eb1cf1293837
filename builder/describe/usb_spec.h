/*
 * One string of the keys `usbctrl` and `usbdev`, in the syntax of xl.cfg(5): a USB controller that
 * QEMU emulates in an hvm guest, and a USB device of the host at one of its ports.
 *
 *     'version=2'    'type=devicemodel,version=3,ports=4'
 *     'hostbus=1,hostaddr=3'    'type=hostdev,hostbus=1,hostaddr=3,controller=0,port=1'
 *
 * Meanings, defaults and limits are those of xl and libxl 4.17 (parse_usbctrl_config and
 * parse_usbdev_config in tools/xl/xl_parse.c, libxl__device_usbctrl_setdefault in
 * tools/libs/light/libxl_usb.c). Stricter than xl: no parameter may be given twice, numbers are
 * numbers, and a device has to be named.
 */
#ifndef EARLYDOM_USB_SPEC_H
#define EARLYDOM_USB_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* More than fit beside others on the machine's PCI bus, which has 32 slots; what is above can't be
 * one. */
#define USB_CONTROLLERS_MAX 16
/* What a controller of PV USB can have at most (USBIF_MAX_PORTNR in xen/io/usbif.h): what a string
 * may say. And nec-usb-xhci of QEMU. */
#define USB_PORTS_SAID_MAX 31
#define USB_PORTS_MAX      15
/* USB 2.0, 9.4.6: a device's address on its bus. */
#define USB_ADDR_MAX 127

/* auto is devicemodel for an hvm guest. */
enum usbctrl_type { USBCTRL_AUTO, USBCTRL_DEVICEMODEL, USBCTRL_PV, USBCTRL_QUSB };

struct usbctrl_spec {
	enum usbctrl_type type;
	unsigned version, ports; /* as given, or 0 */
	bool added;              /* no string: usb_plug.h */
};

struct usbdev_spec {
	uint8_t bus, addr; /* as lsusb(8) shows them, from 1 on */
	bool octal;        /* one of them has a 0 in front and is not what it looks like */
	bool has_controller;
	unsigned controller, port; /* as given; port 0 for none */
	unsigned at, at_port;      /* where it is plugged in: usb_plug.h */
};

/* Return 0, or -1 with e set. */
int usbctrl_spec_parse(const char *text, struct usbctrl_spec *out, struct err *e);
int usbdev_spec_parse(const char *text, struct usbdev_spec *out, struct err *e);

/* Whether it is one that QEMU can emulate for an hvm guest. Returns 0, or -1 with e set. */
int usbctrl_spec_check(const struct usbctrl_spec *s, struct err *e);

/* What one that is right has, be it given or the default: the version of USB, 1 to 3, and the
 * number of ports. */
unsigned usbctrl_version(const struct usbctrl_spec *s);
unsigned usbctrl_ports(const struct usbctrl_spec *s);

#endif
