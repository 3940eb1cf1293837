/*
 * The files that a guest is built from, and what its descriptor says of their bytes.
 */
#ifndef EARLYDOM_GUEST_FILES_H
#define EARLYDOM_GUEST_FILES_H

#include "builder/guest/guest_config.h"

struct guest_file {
	enum guest_file_is is;
	const char *what; /* "kernel", "BIOS", for messages */
	const char *path; /* borrowed of the configuration, or static */
	struct loc loc;   /* what names it in the descriptor; line 0 where nothing does */

	/* The key for its digest, what that says, and where: NULL where there is no such key. */
	const char *digest_key;
	const struct file_digest *digest;
	struct loc digest_loc;
	const char *key; /* what names a file that has no such key */
};

/* Those that the guest has, in the order in which they are needed. Returns how many. Device models
 * and disks are none of them. */
size_t guest_files(const struct guest_config *g, struct guest_file out[GUEST_FILES_MAX]);

#endif
