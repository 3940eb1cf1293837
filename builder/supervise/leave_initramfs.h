/*
 * The supervisor leaves the initramfs, whose files are about to go away: what may be wanted of them
 * later is taken along, and images that no restart needs leave its memory. An errand (errand.h): it
 * opens files and loads modules.
 */
#ifndef EARLYDOM_LEAVE_INITRAMFS_H
#define EARLYDOM_LEAVE_INITRAMFS_H

#include "unit.h"

struct leaving {
	struct errand errand;
	struct units *all;
	struct leaving_guest *guests; /* n, or NULL without memory: then nothing is freed */
	size_t n;
	struct err *cannot; /* what can't be taken along: for each of units.others */
	unsigned modules;
	struct err no_modules;
	unsigned long long freed; /* bytes */
};

/*
 * Begins:
 * - Kernel modules that guests may need which hold no devices yet are loaded.
 * - The files of device models of guests that were not selected are put into the own root. (Those
 * of the others are there.)
 * - The kernels, ramdisks, memory maps and firmware of guests that will never be built again are
 *   unlinked, but for those of guests that failed (somebody may want to look) or that have still to
 *   look for their files, and where they lie in the initramfs (a root that is ramfs or tmpfs; files
 *   of a real root are never touched) and no other guest holds them. Those that the own root has
 * for device models stay, because their memory does. What can't be had, and how much was freed, is
 * said at the end. To be called once, with no errand away that opens files.
 */
void leaving_begin(struct leaving *l, struct units *all);

/* Whether that is over. One that hangs is not waited for. */
bool leaving_over(const struct leaving *l);

#endif
