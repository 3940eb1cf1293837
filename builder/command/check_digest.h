/*
 * earlydom check: the digests of the files that a guest is built from.
 */
#ifndef EARLYDOM_CHECK_DIGEST_H
#define EARLYDOM_CHECK_DIGEST_H

#include "base/diag.h"
#include "builder/guest/guest_config.h"
#include "builder/image/image_files.h"

/* Where they are looked for: below root, which is "" for this host's own. */
struct check_place {
	const char *root;
	struct image_cache *images; /* the files stay held there */
	struct diag *diag;          /* for what is wrong */
};

/*
 * Compares the digests that the descriptor gives with the files. A firmware that it does not name
 * belongs to the machine that will run the guest: where it is not here, that is only told. Returns
 * whether all are right, as far as there are files: that one can't be read is said by others.
 */
bool check_digest_compare(const struct check_place *c, const struct guest_config *g);

/*
 * Prints a comment with the descriptor's file, and the lines that it lacks, one for each file that
 * can have a digest; for a digest that it has a comment, which has the right line where it is
 * wrong. What is wrong is said as above, and which files can't be read.
 */
void check_digest_print(const struct check_place *c, const struct guest_config *g);

#endif
