/*
 * What a guest starts where its descriptor does not name a kernel: `bootloader` and `firmware`.
 */
#ifndef EARLYDOM_CONFIG_BOOT_H
#define EARLYDOM_CONFIG_BOOT_H

#include "config_reading.h"

/* Turns both keys into kernel, or bios and firmware_override; before what needs these is checked.
 */
void config_check_boot(struct reading *r);

#endif
