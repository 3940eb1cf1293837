/*
 * Which of the host's USB devices other domains have, whoever has built them: xl's guests among
 * them.
 */
#ifndef EARLYDOM_USB_OTHERS_H
#define EARLYDOM_USB_OTHERS_H

#include <xenstore.h>

#include "base/err.h"
#include "builder/guest/guest.h"

/*
 * Whether no other domain has one of g's USB devices, by libxl's nodes /libxl/ID/device/vusb/
 * CONTROLLER/port/PORT (get_assigned_devices in libxl_usb.c). Returns 0, or -1 with e set, passing.
 * Asks nothing for a guest without such devices.
 */
int usb_check_others(const struct guest *g, struct xs_handle *xsh, struct err *e);

#endif
