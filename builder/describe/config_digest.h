/*
 * The keys kernel_sha256, ramdisk_sha256, firmware_sha256 and bios_sha256, beside others.
 */
#ifndef EARLYDOM_CONFIG_DIGEST_H
#define EARLYDOM_CONFIG_DIGEST_H

#include "config_reading.h"

/* Refuses a digest of a file that the guest does not have. To be called when it is known which
 * files it has. */
void config_check_digests(struct reading *r);

#endif
