/*
 * A guest and its life up to its first instruction.
 */
#ifndef EARLYDOM_GUEST_H
#define EARLYDOM_GUEST_H

#include "config.h"
#include "disk.h"
#include "host.h"
#include "model.h"
#include "phases.h"
#include "read.h"
#include "vif.h"

/* domid of a guest that has no domain. */
#define NO_DOMAIN DOMID_INVALID

struct guest {
	const struct guest_config *cfg;
	uint8_t uuid[16]; /* the descriptor's, or a random one that restarts keep */

	/* Held; NULL where there is none: a ramdisk that is not wanted, a kernel of which a firmware
	 * knows; hvmloader, its BIOS and a memory map for some hvm guests. */
	struct image_file *kernel, *ramdisk, *firmware, *bios, *memmap;
	struct disk **disks; /* held; cfg->nr_disks of them, in cfg's order */
	struct vif *vifs;    /* cfg->nr_vifs of them */

	/* What there is while there is a domain. */
	uint32_t domid;
	uint32_t console_port,
		store_port; /* the guest's ends; store_port 0 for a guest without one */
	uint64_t console_gfn, store_gfn; /* of the rings' pages; mfns for a pv guest */
	bool in_store;                   /* its nodes are written */
	struct model model;              /* its device model, if it is of a type that has one */
	bool handed_over;                /* it was started without the store that it is in now */

	uint64_t began,
		build_ns;     /* of the newest build: when it began; from there to the unpause */
	struct phases phases; /* of its first start */
};

/* Sets up g for cfg: its uuid, and no domain. Returns 0, or -1 with e set. */
int guest_init(struct guest *g, const struct guest_config *cfg, struct err *e);

/* Holds the files of g and plans its first build. Returns 0, or -1 with e set and none held. */
int guest_hold_images(struct guest *g, struct image_cache *c, struct err *e);
void guest_drop_images(struct guest *g, struct image_cache *c);

/*
 * Holds the disks and sets up the network interfaces of g. Returns 0, or -1 with e set and none
 * held; *absent is true then if a disk is not there, which may still come.
 */
int guest_hold_devices(struct guest *g, struct disk_table *disks, bool *absent, struct err *e);
void guest_drop_devices(struct guest *g, struct disk_table *disks);

/*
 * Builds g: the whole life of a guest from its bytes to where its back ends are all that it waits
 * for. On success 0, and the domain is paused. On failure -1 with e set to the cause, and no trace
 * of the domain. Each call must have been planned (guest_hold_images does it for the first,
 * guest_plan_restart for each further one). What its kernel was unpacked to may be left in h (host_tidy).
 */
int guest_build(struct guest *g, struct host *h, struct err *e);
void guest_plan_restart(struct guest *g);
void guest_plan_done(struct guest *g); /* a build that was planned does not come */

/*
 * Lets the built guest run, or leaves it paused where it only has to be let run. Returns 0, or -1 with e
 * set; the domain is the caller's to destroy.
 */
int guest_run(struct guest *g, struct host *h, bool paused, struct err *e);

/*
 * Gives a guest that was started without a store its place in one that has come: its nodes, and its
 * end of the store where it can use one (pvh). Returns 0, or -1 with e set.
 */
int guest_hand_over(struct guest *g, struct host *h, struct err *e);

/*
 * Destroys the domain of g, if there is one, with everything that belongs to it: its nodes in the
 * store, its devices' back ends. Waits until the hypervisor has given its memory back (bounded).
 * Returns 0, or -1 with e set if it stays, or if its device model's process does: then the domain may
 * be gone all the same (g->domid says it), and the process is still in g->model.
 */
int guest_destroy(struct guest *g, struct host *h, struct err *e);

#endif
