/*
 * The keys of screens: VNC's, and vfb and vkb.
 */
#ifndef EARLYDOM_CONFIG_SCREEN_H
#define EARLYDOM_CONFIG_SCREEN_H

#include "config_reading.h"

/*
 * Checks what these keys mean together, sets their defaults, and makes a screen of vnc = 1 in a pv
 * guest without vfb, as xl does it. The guest has a type, and where it is hvm, QEMU.
 */
void config_check_screens(struct reading *r);

#endif
