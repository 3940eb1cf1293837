/*
 * libxl's records of the guests, kept on the real root once there is one.
 *
 * xl knows a guest's configuration from a file in /var/lib/xen (xl_record.h). The supervisor has no
 * path to the real root; that of process 1 is at /proc/1/root, before and after the switch.
 */
#ifndef EARLYDOM_XL_RECORDS_H
#define EARLYDOM_XL_RECORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "unit.h"

#ifndef RECORDS_DIR /* the tests have one of their own */
#define RECORDS_DIR "/proc/1/root/var/lib/xen"
#endif

struct xl_records {
	uint64_t next; /* when to look again, ns */
	dev_t dev;     /* the directory that was written to; another may be mounted over it later */
	ino_t ino;
	bool dom0;     /* its stub is there */
	bool reported; /* trouble is said once */
};

/*
 * Writes the records that are missing, and removes those of domains that have ended, whoever ended
 * them. To be called on each tick; looks once a second. Nothing is done without a store. A
 * directory that is not there yet, or is still read-only, is waited for. Where another one has been
 * mounted over it, all records are written there again.
 */
void xl_records_keep(struct xl_records *r, struct units *all, uint64_t now);

#endif
