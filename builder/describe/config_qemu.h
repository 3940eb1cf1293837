/*
 * Keys for what QEMU emulates beside disks, cards and screens: USB, sound, Xen's own devices.
 */
#ifndef EARLYDOM_CONFIG_QEMU_H
#define EARLYDOM_CONFIG_QEMU_H

#include "config_reading.h"

/* Sets the defaults of these keys and checks them, of a guest whose device model is QEMU; before
 * videoram, which depends on the card. */
void config_check_qemu(struct reading *r);

#endif
