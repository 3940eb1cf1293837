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

struct record_work;

struct xl_records {
	struct errand errand; /* the root may be frozen: what is written there may wait for ever */
	struct record_work *work; /* the errand's, n of them */
	size_t n;
	bool there;      /* the errand's answers: the directory is, and can be written to */
	bool another;    /* it is not the one that was written to */
	dev_t found_dev; /* it is this one */
	ino_t found_ino;
	bool dom0_found;

	int mounts;       /* /proc/1/mountinfo: poll(2) has POLLPRI for what changes; or -1 */
	bool look;        /* something may have been mounted over the directory */
	uint64_t asked;   /* when it was looked at, ns */
	uint64_t next;    /* when to look again at the earliest, ns */
	unsigned pause_s; /* how long that was put off the last time */
	dev_t dev;        /* the directory that was written to */
	ino_t ino;
	bool dom0;     /* its stub is there */
	bool reported; /* trouble is said once */
};

void xl_records_open(struct xl_records *r);
void xl_records_close(struct xl_records *r); /* when its errand is not away */

/* process 1's mounts have changed. */
void xl_records_mounted(struct xl_records *r, uint64_t now);

/*
 * Writes the records that are missing, and removes those of domains that have ended, whoever ended
 * them, by an errand. To be called whenever something has happened. Nothing is done without a
 * store. A directory that is not there yet, or is still read-only, is waited for: until a mount,
 * and for longer and longer up to a minute. Where another one has been mounted over it, all records
 * are written there again.
 */
void xl_records_keep(struct xl_records *r, struct units *all, uint64_t now);

/* When that is to be called at the latest, ns; UINT64_MAX for never. */
uint64_t xl_records_due(const struct xl_records *r, const struct units *all);

#endif
