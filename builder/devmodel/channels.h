/*
 * What the channels of a guest are connected with in dom0, where its QEMU is in a root of its own
 * and can't make it itself: sockets, and terminals.
 *
 * A terminal's side that the guest's data goes to is QEMU's file (a character device of the kind
 * "serial"). Its other side is opened by whoever wants to talk to the guest, and held open by QEMU
 * as well: without that, the kernel says again and again that nobody is there.
 */
#ifndef EARLYDOM_CHANNELS_H
#define EARLYDOM_CHANNELS_H

#include "base/argv.h"
#include "builder/guest/guest.h"
#include "devmodel_process.h"

/*
 * Makes them and appends them to the files, which are all of QEMU's own so far: one of a socket,
 * two of a terminal. Writes the terminals' names to the store, as /local/domain/ID/device/console/
 * N/tty. A socket that is left at a path is replaced, and nothing else there. Returns 0, or -1 with
 * e set: `channel 1: cannot make the socket /run/x: cause`.
 */
int channels_hand(const struct guest *g, struct model_handed *files, struct err *e);

/* Removes the sockets. */
void channels_remove(const struct guest *g);

/* Appends QEMU's arguments for them. first: which of QEMU's files are theirs; 0: it makes all
 * itself, as libxl has it. Pure. */
void channels_args(const struct guest_config *cfg, int first, struct argv *out);

#endif
