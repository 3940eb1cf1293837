/*
 * The life of a guest, up to its first instruction, and its end.
 */
#ifndef EARLYDOM_LIFE_H
#define EARLYDOM_LIFE_H

#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "builder/image/image_files.h"

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
 * guest_plan_restart for each further one). What its kernel was unpacked to may be left in h
 * (host_tidy).
 */
int guest_build(struct guest *g, struct host *h, struct err *e);
void guest_plan_restart(struct guest *g);
void guest_plan_done(
	struct guest *g); /* a build that was planned does not come; nothing without images */

/*
 * Lets the built guest run, or leaves it paused where it only has to be let run. Returns 0, or -1
 * with e set; the domain is the caller's to destroy.
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
 * Returns 0, or -1 with e set if it stays, or if its device model's process does: then the domain
 * may be gone all the same (g->domid says it), and the process is still in g->model.
 */
int guest_destroy(struct guest *g, struct host *h, struct err *e);

#endif
