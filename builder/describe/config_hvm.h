/*
 * What the keys mean that only hvm guests have.
 */
#ifndef EARLYDOM_CONFIG_HVM_H
#define EARLYDOM_CONFIG_HVM_H

#include "config_reading.h"

/*
 * Sets the defaults of these keys and checks them; reports them in other guests' descriptors. To be
 * called after all other checks.
 */
void config_check_hvm(struct reading *r);

#endif
