/*
 * The life of a guest, from its files to its first instruction, and its end. life.c reads from top
 * to bottom; what each step does is in a file of its own.
 *
 * Which guests there are is decided before (choose/select.h); when a step is taken is the
 * supervisor's to say (supervise/unit_table.h).
 */
#ifndef EARLYDOM_LIFE_H
#define EARLYDOM_LIFE_H

#include "builder/devmodel/devmodel.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "holdings.h"

/*
 * Builds g, whose files and devices are held, up to where its device model and its back ends are
 * all that it waits for. On success 0, and the domain is paused. On failure -1 with e set to the
 * cause, and no trace of the domain. Each call must have been planned (guest_hold_images does it
 * for the first, guest_plan_restart for each further one). What its kernel was unpacked to may be
 * left in h (host_tidy).
 */
int guest_build(struct guest *g, struct host *h, struct err *e);

/*
 * Starts the device model of the built guest, if it is of a type that has one, and looks, without
 * waiting, whether that and the back ends are ready for the guest: *ready. Then its serial ports
 * are in the store. waited_ns is for how long it has been looked already. Returns 0, or -1 with e
 * set: they do not get ready, or not within the guest's device_timeout.
 */
int guest_connect(struct guest *g, struct host *h, const struct devmodels *models,
		  uint64_t waited_ns, bool *ready, struct err *e);

/*
 * Lets the guest run, or leaves it paused where it only has to be let run. Returns 0, or -1 with e
 * set; the domain is the caller's to destroy.
 */
int guest_run(struct guest *g, struct host *h, bool paused, struct err *e);

/*
 * Destroys the domain of g, if there is one, with everything that belongs to it: its device model,
 * its nodes in the store, its devices' back ends. Waits until the hypervisor has given its memory
 * back (bounded). Returns 0, or -1 with e set if it stays, or if its device model's process does:
 * then the domain may be gone all the same (g->domid says it), and the process is still in
 * g->model. While the hypervisor does not say whose the domain is nothing is done: a passing error.
 */
int guest_destroy(struct guest *g, struct host *h, struct err *e);

/* Whether the hypervisor says that the domain of g has shut down and is still there. */
bool guest_has_shut_down(const struct guest *g, struct host *h);

#endif
