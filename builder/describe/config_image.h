/*
 * What the keys image and type mean.
 */
#ifndef EARLYDOM_CONFIG_IMAGE_H
#define EARLYDOM_CONFIG_IMAGE_H

#include "config_reading.h"

/* The defaults, and whether they go together. Sets type_known. */
void config_check_image(struct reading *r);

#endif
