/*
 * What the keys image and type mean.
 */
#ifndef EARLYDOM_CONFIG_IMAGE_H
#define EARLYDOM_CONFIG_IMAGE_H

#include "config_reading.h"

/* Sets the defaults of image and type, and checks that they and builder go together. Sets
 * type_known. */
void config_check_image(struct reading *r);

/* Line breaks in command lines are only for some image types. */
void config_check_lines(struct reading *r);

#endif
