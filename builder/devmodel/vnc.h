/*
 * A guest's VNC server, once its QEMU runs: where it listens only QEMU knows, where any free
 * display will do, and its password is told where nobody else reads it.
 */
#ifndef EARLYDOM_VNC_H
#define EARLYDOM_VNC_H

#include "base/err.h"
#include "builder/guest/guest.h"

/* What must be so in dom0 before QEMU is started: the loopback interface is up, which nobody may
 * have cared for yet in an initramfs. Where it can't be QEMU will say so. */
void vnc_prepare(const struct guest_config *cfg);

/*
 * Tells QEMU the password, asks it where it listens, and writes to the store what libxl writes
 * (libxl_dm.c, device_model_postconfig_vnc): /local/domain/ID/console/vnc-listen, vnc-port and
 * vnc-pass, by which `xl vncviewer` finds it. To be called when QEMU is ready and the guest does
 * not run. Does nothing for a guest without VNC. Returns 0, or -1 with e set.
 */
int vnc_publish(const struct guest *g, struct err *e);

#endif
