/* Units with all that they need, without the supervisor's loop: the tests say what happens when. */
#ifndef EARLYDOM_FAKE_UNITS_H
#define EARLYDOM_FAKE_UNITS_H

#include "builder/supervise/adopt.h"
#include "builder/supervise/unit.h"
#include "builder/supervise/unit_console.h"
#include "builder/supervise/unit_errand.h"
#include "builder/supervise/unit_hand_over.h"
#include "builder/supervise/unit_look.h"
#include "builder/supervise/unit_record.h"
#include "builder/supervise/unit_save.h"
#include "builder/supervise/unit_table.h"
#include "builder/supervise/unit_wait.h"
#include "devices.h"
#include "fake_store.h"
#include "kit.h"
#include "builder/image/image_files.h"
#include "builder/device/disk.h"
#include "builder/pci/pci_hold.h"

/* How many units there is room for beside those that kit_units_open makes. */
#define KIT_MORE_UNITS 4

struct kit_units {
	struct host host, worker_host;
	struct worker worker;
	struct errands errands;
	struct rundir run;
	struct report report;    /* into the file "report" */
	struct console_out echo; /* into the file "echo" */
	struct image_cache images;
	struct disk_table disks;
	struct pci_table pcis;
	struct units all;
	struct ledger ledger; /* kit_units_ledger's */
};

/* The scratch directory's "run" is the rundir; echo goes to the file "echo". */
void kit_units_open(struct kit_units *k, const struct guest_config *cfgs, size_t n);
void kit_units_close(struct kit_units *k);

/* The same for a supervisor that was killed, whose guests may be half-way. */
void kit_units_drop(struct kit_units *k);

/* A store for both threads, and fake devices (devices.h). */
void kit_units_store(struct kit_units *k);

/* With a store: xenconsoled, which logs to the scratch directory's "tails". */
void kit_units_consoled(struct kit_units *k);

/* From here on the units are written down, in a new ledger in "run". */
void kit_units_ledger(struct kit_units *k);

/* Takes over, into units that were just opened, what the ledger in "run" has, and goes on with it.
 * Returns how many guests with a domain go on. */
size_t kit_units_adopt(struct kit_units *k);

/* What the supervisor's loop does until nothing more happens by itself: jobs, errands, looks at all
 * domains, ticks. */
void kit_units_settle(struct kit_units *k);

/* Gives a guest two disks (xvda to write, xvdb to read) and a vif. */
void kit_devices(struct guest_config *cfg);

/* The i-th unit holds its files, and is waiting. */
void kit_unit_hold(struct kit_units *k, size_t i);

/* Starts all units as the supervisor does, with what their devices need for that. */
void kit_units_start(struct kit_units *k);

/* The supervisor's tick, at that time, and the errands that it leads to. The domains are not looked
 * at. */
void kit_units_tick(struct kit_units *k, uint64_t now);

/* A record of the i-th unit has that part. */
void kit_units_record(struct kit_units *k, size_t i, const char *part);

/* Lets the worker and the errands finish what they were given, and the units take note of it. */
void kit_units_jobs(struct kit_units *k);

/* units_hand_over, and what comes of it. */
int kit_units_hand_over(struct kit_units *k, struct err *e);

/* Looks at the i-th unit's domain as the supervisor's tick does. */
void kit_units_look(struct kit_units *k, size_t i);

/* What was reported since the last call. */
const char *kit_units_said(struct kit_units *k);

#endif
