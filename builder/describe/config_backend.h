/*
 * The domains that serve a guest's devices: what backend= means with the guest's other keys.
 */
#ifndef EARLYDOM_CONFIG_BACKEND_H
#define EARLYDOM_CONFIG_BACKEND_H

#include "config_reading.h"

/* Checks backend= of all disks and interfaces, and on_backend_lost. */
void config_check_backends(struct reading *r);

#endif
