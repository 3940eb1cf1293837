/* Wards with all that they need, without the supervisor's loop: the tests say what happens when. */
#ifndef EARLYDOM_FAKE_WARDS_H
#define EARLYDOM_FAKE_WARDS_H

#include "../ward.h"
#include "devices.h"
#include "fake_store.h"
#include "kit.h"

struct kit_wards {
	struct host host, worker_host;
	struct worker worker;
	struct rundir run;
	struct report report; /* into the file "report" */
	struct image_cache images;
	struct disk_table disks;
	struct wards all;
};

/* The scratch directory's "run" is the rundir; echo goes to the file "echo". */
void kit_wards_open(struct kit_wards *k, const struct guest_config *cfgs, size_t n);
void kit_wards_close(struct kit_wards *k);

/* A store for both threads, and fake devices (devices.h). */
void kit_wards_store(struct kit_wards *k);

/* With a store: xenconsoled, which logs to the scratch directory's "tails". */
void kit_wards_consoled(struct kit_wards *k);

/* Gives a guest two disks (xvda to write, xvdb to read) and a vif. */
void kit_devices(struct guest_config *cfg);

/* Starts all wards as the supervisor does. */
void kit_wards_start(struct kit_wards *k);

/* The supervisor's tick, at that time. The domains are not looked at. */
void kit_wards_tick(struct kit_wards *k, uint64_t now);

/* A record of the i-th ward has that part. */
void kit_wards_record(struct kit_wards *k, size_t i, const char *part);

/* Lets the worker finish what it was given, and the wards take note of it. */
void kit_wards_jobs(struct kit_wards *k);

/* Looks at the i-th ward's domain as the supervisor's tick does. */
void kit_wards_look(struct kit_wards *k, size_t i);

/* What was reported since the last call. */
const char *kit_wards_said(struct kit_wards *k);

#endif
