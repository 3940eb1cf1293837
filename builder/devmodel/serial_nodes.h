/*
 * The terminals of a guest's serial ports, by which `xl console` finds the first of a hvm guest:
 * /local/domain/ID/serial/N/tty.
 *
 * libxl asks QEMU for them over QMP (libxl_dm.c, device_model_postconfig_chardev). QEMU says them
 * at its start as well, before it is ready, a line each in its log (chardev/char-pty.c):
 *
 *     char device redirected to /dev/pts/3 (label serial0)
 *
 * The guest does not run then, so that it can't have a say in that.
 */
#ifndef EARLYDOM_SERIAL_NODES_H
#define EARLYDOM_SERIAL_NODES_H

#include "builder/guest/guest.h"
#include "builder/store/nodes.h"
#include "builder/host/host.h"

/* Appends the nodes for what QEMU has said of g's ports; other lines do not count. Pure. */
void serial_nodes(const struct guest *g, const char *said, size_t len, struct nodes *to);

/*
 * Writes them; to be called when the device model is ready and the guest does not run. Does nothing
 * for a guest without QEMU, and for ports that are no terminals. Returns 0, or -1 with e set;
 * devmodel_look may have set it.
 */
int serial_publish(struct guest *g, struct host *h, struct err *e);

#endif
