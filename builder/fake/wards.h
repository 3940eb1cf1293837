/* Wards with all that they need, without the supervisor's loop: the tests say what happens when. */
#ifndef EARLYDOM_FAKE_WARDS_H
#define EARLYDOM_FAKE_WARDS_H

#include "../ward.h"
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

/* Lets the worker finish what it was given, and the wards take note of it. */
void kit_wards_jobs(struct kit_wards *k);

/* Looks at the i-th ward's domain as the supervisor's tick does. */
void kit_wards_look(struct kit_wards *k, size_t i);

/* What was reported since the last call. */
const char *kit_wards_said(struct kit_wards *k);

#endif
