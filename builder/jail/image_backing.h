/* What a qcow or qcow2 image is based on, by its header, read in the jail. */
#ifndef EARLYDOM_IMAGE_BACKING_H
#define EARLYDOM_IMAGE_BACKING_H

#include "backing.h"
#include "builder/starter/starter.h"

/* Reads the header of the image that is open as fd, for reading only: as backing_parse, whose
 * errors are this one's, too. The name is a text that can be printed. */
int jail_backing(const struct starter *s, int fd, struct backing *out, struct err *e);

#endif
