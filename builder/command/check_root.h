/*
 * Where descriptors lie in the image that `earlydom check --root` judges: file names in them are
 * relative to that.
 */
#ifndef EARLYDOM_CHECK_ROOT_H
#define EARLYDOM_CHECK_ROOT_H

#include "builder/choose/sources.h"
#include "chosen.h"

/*
 * Gives each source its directory as it is seen from the tree; one that is not in the tree will be
 * put into CONFIG_DIR. What is wrong with the tree itself is reported.
 */
void check_root_place(struct sources *sources, const char *tree, struct diag *d);

#endif
