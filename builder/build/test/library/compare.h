/*
 * One kernel, loaded by libxenguest's own loaders and by ours, into a domain each: what differs.
 */
#ifndef EARLYDOM_LIBRARY_COMPARE_H
#define EARLYDOM_LIBRARY_COMPARE_H

#include <stdbool.h>

enum compare_as { COMPARE_PV, COMPARE_PVH, COMPARE_FIRMWARE };

struct comparison {
	char text[512];  /* "" where all is the same; else what differs, or who failed with what */
	bool not_theirs; /* libxenguest has no loader for it */
};

/*
 * path is a kernel or a firmware, as a guest's; behind it is loaded another file, its ramdisk, or
 * its BIOS (never NULL then). Compares what the library knows of the kernel, where it puts what,
 * all of the domain's memory (page tables and start info included), and the registers that the
 * domain starts with.
 */
void compare_loaders(enum compare_as as, const char *path, const char *behind,
		     struct comparison *out);

#endif
