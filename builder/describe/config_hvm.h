/*
 * What the keys mean that only hvm guests have.
 */
#ifndef EARLYDOM_CONFIG_HVM_H
#define EARLYDOM_CONFIG_HVM_H

#include "config_reading.h"

/*
 * Sets the defaults of these keys and checks them. To be called after the checks of what all guests
 * have.
 */
void config_check_hvm(struct reading *r);

#endif
