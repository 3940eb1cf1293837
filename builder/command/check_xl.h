/*
 * earlydom check --xl: what becomes of each statement of a descriptor, line by line.
 */
#ifndef EARLYDOM_CHECK_XL_H
#define EARLYDOM_CHECK_XL_H

#include <stdio.h>

#include "base/diag.h"
#include "builder/choose/select.h"

enum check_xl_verdict {
	CHECK_XL_STARTS,
	CHECK_XL_REFUSED,
	CHECK_XL_NOT_SELECTED,
};

/*
 * Prints for each statement of the file s that it is taken, or each message of d on it, or that the
 * kernel command line replaces it; c is what the file is with that. Then the messages on the file
 * as a whole; then the verdict. Of one that is not selected the verdict alone.
 */
void check_xl_print(const struct source *s, const struct descriptor *c, const struct diag *d,
		    enum check_xl_verdict verdict, FILE *to);

#endif
