/*
 * Another medium in a cdrom drive that QEMU emulates, while the guest runs, as libxl changes it
 * (libxl_disk.c, libxl_cdrom_insert): QEMU is told over the socket that it has for libxl, and gets
 * the medium as an open file, because it can't open any by then; the store's nodes say what is in
 * the drive. xl may do the same in between: QEMU serves one of us at a time.
 */
#ifndef EARLYDOM_MEDIUM_H
#define EARLYDOM_MEDIUM_H

#include <stdint.h>

#include "base/err.h"
#include "builder/device/disk.h"
#include "builder/host/host.h"

/* A guest may keep the drive locked. It is asked to let go of it; so long that is waited for. */
#ifndef MEDIUM_LOCKED_MS
#define MEDIUM_LOCKED_MS 5000
#endif

/* What is in the drive afterwards. */
enum medium_left {
	MEDIUM_AS_BEFORE,
	MEDIUM_NONE,
	MEDIUM_CHANGED,
};

/*
 * Puts the medium, which is held (disk_hold_medium), into its drive of the domain; one without a
 * file is none. Waits for QEMU and the store. Returns 0, or -1 with e set. *left is set in either
 * case.
 */
int medium_change(uint32_t domid, const struct disk *medium, struct host *h, enum medium_left *left,
		  struct err *e);

#endif
