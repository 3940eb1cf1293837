/*
 * A guest and its life up to its first instruction.
 */
#ifndef EARLYDOM_GUEST_H
#define EARLYDOM_GUEST_H

#include "config.h"
#include "host.h"
#include "read.h"

/* domid of a guest that has no domain. */
#define NO_DOMAIN DOMID_INVALID

struct guest {
	const struct guest_config *cfg;
	uint8_t uuid[16]; /* the descriptor's, or a random one that restarts keep */

	struct image_file *kernel, *ramdisk; /* held; ramdisk NULL when there is none */

	/* What there is while there is a domain. */
	uint32_t domid;
	uint32_t console_port,
		store_port;   /* the guest's ends; store_port 0 for a guest without one */
	uint64_t console_gfn; /* of the console ring's page; an mfn for a pv guest */

	uint64_t build_ns; /* from the start of reading to the unpause */
};

/* Sets up g for cfg: its uuid, and no domain. Returns 0, or -1 with e set. */
int guest_init(struct guest *g, const struct guest_config *cfg, struct err *e);

/* Holds the files of g and plans its first build. Returns 0, or -1 with e set and none held. */
int guest_hold_images(struct guest *g, struct image_cache *c, struct err *e);
void guest_drop_images(struct guest *g, struct image_cache *c);

/*
 * Builds and starts g: the whole life of a guest from its bytes to its unpause. On success 0. On
 * failure -1 with e set to the cause, and no trace of the domain. Each call must have been planned
 * (guest_hold_images does it for the first, guest_plan_restart for each further one).
 */
int guest_start(struct guest *g, struct host *h, struct err *e);
void guest_plan_restart(struct guest *g);

/*
 * Destroys the domain of g, if there is one, with everything that belongs to it. Waits until the
 * hypervisor has given its memory back (bounded). Returns 0, or -1 with e set if it stays.
 */
int guest_destroy(struct guest *g, struct host *h, struct err *e);

#endif
