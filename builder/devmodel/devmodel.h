/*
 * A guest's device model: started before its first instruction, watched, and ended with it.
 *
 * An hvm guest has one, and a pv or pvh guest with devices that QEMU serves has QEMU for these. It
 * is a process, a child of the supervisor's:
 *
 *   QEMU     is ready when it has written "running" to its node in the store and has then given up
 *            root (devmodel_powers.h), which is the last step of its start. One that is restricted
 *            to its guest may not be able to write the node: then only its powers count.
 *   classic  is ready when it has closed the pipe that it has as file 3, or has lived for a second.
 *
 * Files of a device model:
 *
 *     QEMU     0: /dev/null    1, 2: its log    and what it opens by no path (qemu_start.h)
 *     classic  0, 1: the guest's console, both the same end of a stream socket    2: its log
 *              3: its ready pipe (EARLYDOM_READY_FD=3)
 *              4: the event channels' device, through which its port (-p) is bound for dom0
 *                 (EARLYDOM_EVTCHN_FD=4; see xenevtchn_fdopen). When it is ready this open file is
 *                 restricted to the guest: ports that are bound stay, new ones are the guest's
 *
 * A classic one has EARLYDOM_RESTRICT=0 in its environment where the descriptor lets it go on on a
 * kernel that can't restrict it (device_model_restrict = 0); else it is not there.
 *
 * The log is RUNDIR/model/NAME.log, bounded like the consoles' (bounded_log.h). It is written by
 * the supervisor, which takes what the device model says from a pipe, so that one that is made to
 * say much is slowed down and does not fill the memory.
 *
 * In the store: /local/domain/0/device-model/ID, and the process as /local/domain/ID/image/
 * device-model-pid, by which xl ends it when it destroys the domain.
 */
#ifndef EARLYDOM_DEVMODEL_H
#define EARLYDOM_DEVMODEL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <xenevtchn.h>

#include "base/bounded_log.h"
#include "base/err.h"
#include "builder/guest/guest_devmodel.h"
#include "builder/host/host.h"
#include "builder/host/own_root.h"
#include "builder/host/rundir.h"

struct guest;

/* What all device models share. */
struct devmodels {
	const struct own_root *own_root; /* their root; NULL: that of this process */
	const char *dev;                 /* of the hypervisor's devices: /dev/xen */
	const struct starter *starter;   /* borrowed; or NULL */
	struct kept *kept;               /* where their files outlive this process; or NULL */
	int dir;                         /* RUNDIR/model */
	char empty[PATH_MAX];            /* RUNDIR/model/empty, in which QEMU locks itself */
};

/*
 * Makes and opens RUNDIR/model. rundir is the absolute path of run. Returns 0, or -1 with e set and
 * nothing open.
 */
int devmodels_open(struct devmodels *s, const struct rundir *run, const char *rundir,
		   const struct own_root *r, struct err *e);
void devmodels_close(struct devmodels *s);

/*
 * Starts the device model of g, which is built, in the store if there is one, and does not run yet.
 * Nothing is started for a guest that has none, and devmodel_look says DEVMODEL_READY.
 *
 * Returns 0, or -1 with e set and nothing left of it:
 *
 *     cannot run device model /x: No such file or directory
 *     cannot read device model config /y: No such file or directory
 *     its device model needs a store, and there is none
 *     disk hda: /dev/z is another device by now, which QEMU would open
 */
int devmodel_start(struct devmodel *m, const struct guest *g, struct host *h,
		   const struct devmodels *s, struct err *e);

/*
 * Looks once, without waiting, and takes what it has said. *now is its state, DEVMODEL_STARTING or
 * DEVMODEL_READY. Returns 0, or -1 with e set: the store can't be read; or, with *now
 * DEVMODEL_ENDED and at each call from then on, it has ended, or was not ready within the guest's
 * device_timeout:
 *
 *     device model /x ended with status 1 before it was ready: LAST LINE OF ITS LOG
 *     device model /x was ended by signal 11 (Segmentation fault)
 *     device model /x is not ready after 10 s: LAST LINE OF ITS LOG
 *
 * The domain is the caller's to destroy, with devmodel_end before.
 */
int devmodel_look(struct devmodel *m, const struct guest *g, struct host *h,
		  enum devmodel_state *now, struct err *e);

/*
 * To be called where it did not answer, with the cause in e. One that has ended, or does within
 * DEVMODEL_EXPLAIN_MS, has hung up for that: e is then its end, as devmodel_look has it, after
 * "its ".
 */
#define DEVMODEL_EXPLAIN_MS 1000
void devmodel_explain(struct devmodel *m, const struct guest *g, struct err *e);

/*
 * Ends it, and gives back what it held: its process, files, event channel and nodes; removes its
 * sockets, and the links to its images (volume_links.h). To be called while the domain is still
 * there, because it maps the domain's memory; best while it is paused. Waits for it, for
 * DEVMODEL_TERM_MS until it is killed. Not to be called while another thread may look at m. Does
 * nothing for a guest without one; one that has ended is all right. Nodes that a failing store does
 * not remove stay. Returns 0, or -1 with e set: the process stays, and is tried again by the next
 * call.
 */
#define DEVMODEL_TERM_MS 3000
#define DEVMODEL_KILL_MS 5000
int devmodel_end(struct devmodel *m, const struct guest *g, struct host *h, struct err *e);

/* Looks whether one that devmodel_end could not end has ended by now: true when nothing of it is
 * left. */
bool devmodel_gone(struct devmodel *m);

/* Writes the process's number to a store that has come up since the start. Returns 0, or -1 with e
 * set. */
int devmodel_handed_over(const struct devmodel *m, const struct guest *g, struct host *h,
			 struct err *e);

/* What has to be written down of a device model, so that a later supervisor can adopt it. */
struct devmodel_saved {
	pid_t pid;
	uint64_t process_began; /* devmodel_process_began */
	bool ready, restricted;
	uid_t uid;
	uint64_t began; /* ns */
};

/* Of a device model that was started; false when there is none. */
bool devmodel_save(const struct devmodel *m, struct devmodel_saved *out);

/*
 * Takes over the device model that an earlier supervisor has started for g, with the files that
 * outlived that. One that has ended meanwhile, or whose number is another process's by now, is
 * DEVMODEL_ENDED.
 */
void devmodel_adopt(struct devmodel *m, const struct guest *g, const struct devmodels *s,
		    const struct devmodel_saved *saved);

/* Gives up watching it, because the supervisor ends: it goes on, without its console. */
void devmodel_leave(struct devmodel *m);

#endif
