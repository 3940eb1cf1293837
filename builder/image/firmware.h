/*
 * The firmware of hvm guests whose device model is QEMU: which guests have one, and its files.
 */
#ifndef EARLYDOM_FIRMWARE_H
#define EARLYDOM_FIRMWARE_H

#include "builder/guest/guest_config.h"

/* Whether the guest starts with hvmloader, which loads a BIOS; else its kernel is entered. */
bool firmware_wanted(const struct guest_config *cfg);

/* Where hvmloader and the BIOS are: what the descriptor names, else where Xen and Debian have them; of
 * several places the first where there is a file, else the first. */
const char *firmware_loader_path(const struct guest_config *cfg);
const char *firmware_bios_path(const struct guest_config *cfg);

#endif
