/*
 * What the keys mean that only hvm guests have.
 */
#ifndef EARLYDOM_CONFIG_HVM_H
#define EARLYDOM_CONFIG_HVM_H

#include "config_reading.h"
#include "disk_spec.h"

/*
 * Sets the defaults of these keys and checks them; reports them in other guests' descriptors. To be
 * called after all other checks.
 */
void config_check_hvm(struct reading *r);

/* Where QEMU emulates that disk of an hvm guest on its IDE or AHCI controller, from 0; -1 where it
 * does not, see disk_place. */
int config_disk_place(const struct guest_config *g, const struct disk_spec *s);

#endif
