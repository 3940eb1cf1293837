/*
 * What the entries of vif mean for the guest that has them.
 */
#ifndef EARLYDOM_CONFIG_VIF_H
#define EARLYDOM_CONFIG_VIF_H

#include "config_reading.h"

/*
 * Decides which vifs have an emulated card (VIF_TYPE_IOEMU), checks what that needs, and notes what
 * has no effect. To be called when the kind of the guest is known.
 */
void config_check_vifs(struct reading *r);

#endif
