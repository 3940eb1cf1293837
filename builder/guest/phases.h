/*
 * When the phases of a guest's start began: what `earlydom report` shows.
 *
 * The phases follow each other without a gap: one ends where the next one that is entered begins.
 * The first start of a guest is recorded, and no restart.
 */
#ifndef EARLYDOM_PHASES_H
#define EARLYDOM_PHASES_H

#include <stdint.h>

enum phase {
	PHASE_READ,   /* its files are found and mapped */
	PHASE_WAIT,   /* for guests that it comes after, for its disks, for a worker */
	PHASE_UNPACK, /* its kernel is unpacked and judged, with all that can be before a domain */
	PHASE_CREATE, /* its domain is made, with vcpus and limits */
	PHASE_POPULATE, /* it gets its memory, and what describes that */
	PHASE_LOAD,     /* kernel and ramdisk are copied into it */
	PHASE_BOOT,     /* its boot pages: start info, page tables, grant table */
	PHASE_STORE,    /* its nodes are written, and it is made known to xenstored */
	PHASE_CONNECT,  /* its back ends and its device model get ready */
	PHASE_UNPAUSE,  /* it is let run */
	PHASES
};

/* Each in ns since dom0's kernel started (clock.h); 0 for a phase that there was not. */
struct phases {
	uint64_t at[PHASES];
	uint64_t end; /* of the last one; 0 while it goes on */
};

/* A phase begins now. They are entered in their order; nothing is recorded after phases_end. */
void phases_enter(struct phases *p, enum phase phase);

/* The last phase that was entered is over, and with it the start: the guest runs, or has failed. */
void phases_end(struct phases *p);

/* When a phase was over; 0 for one that there was not, or that goes on. */
uint64_t phases_until(const struct phases *p, enum phase phase);

/* How long a phase took, in ns; 0 for one that there was not, or that goes on. */
uint64_t phases_length(const struct phases *p, enum phase phase);

/* "read", "wait" ..., as shown to people. */
const char *phase_name(enum phase phase);

#endif
