/*
 * GRUB for Xen: what a pv or pvh guest starts that has a `bootloader`. It reads the grub.cfg of the
 * guest's own disk in the guest, so that nothing of that disk is parsed in dom0.
 */
#ifndef EARLYDOM_GRUB_H
#define EARLYDOM_GRUB_H

#include "base/err.h"
#include "builder/guest/guest_config.h"

/* Where the image has it: where Debian's grub-xen-host puts it. Never NULL. */
const char *grub_path(enum guest_type type);

/* The one for 32-bit pv guests. */
const char *grub_path_32(void);

/* The guest's kernel, one of these, can't be read: e says what is missing then. */
void grub_hint(const struct guest_config *cfg, struct err *e);

#endif
