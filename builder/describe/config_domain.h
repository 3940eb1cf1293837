/*
 * What the keys that reach the hypervisor (struct domain_options) mean together, and with the
 * guest's type and memory. Where nothing else is said, all is as in xl and libxl.
 */
#ifndef EARLYDOM_CONFIG_DOMAIN_H
#define EARLYDOM_CONFIG_DOMAIN_H

#include "config_reading.h"

void config_check_domain(struct reading *r);

#endif
