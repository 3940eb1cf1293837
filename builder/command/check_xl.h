/*
 * earlydom check --xl: what becomes of each statement of a descriptor, line by line.
 */
#ifndef EARLYDOM_CHECK_XL_H
#define EARLYDOM_CHECK_XL_H

#include <stdio.h>

#include "base/diag.h"
#include "builder/describe/descriptor.h"

/*
 * Prints for each statement of c's file that it is taken, or each message of d on it; then the
 * messages on the file as a whole; then whether the guest would start: that no error of the file's
 * forbids it, nor of what dom0's kernel command line says of this guest, which is not printed.
 */
void check_xl_print(const struct descriptor *c, const struct diag *d, FILE *to);

#endif
