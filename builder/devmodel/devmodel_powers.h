/*
 * What a QEMU that serves a guest is left of root's powers.
 *
 * A guest that breaks out of QEMU's emulation is to find as little as possible. QEMU itself gives
 * up its powers as the last step of its start, when it has opened all that it needs (os_setup_post
 * in os-posix.c):
 *
 *   -xen-domid-restrict  What it has open of the hypervisor (privcmd, evtchn) works for its guest
 *                        alone from then on, and the store not at all. Needs two ioctls of dom0's
 *                        kernel, Linux 4.13 and later; without them QEMU would not start.
 *   -chroot              An empty directory of root's.
 *   -runas               A user and a group of its own, for each guest: MODEL_UID_BASE and its
 *                        domid.
 *
 * and it runs with these limits, which are libxl's but for that of files (its log is bounded
 * otherwise, and a `serial` may be a file): no core dumps, message queues, or locked memory.
 *
 * A QEMU that is the back end of a pv or pvh guest's devices can do with none of these: it needs
 * the store for as long as it runs, and grants of the guest, which a handle can't be restricted to
 * (xentoolcore_restrict(3)), and it opens images when the start is over (xen_bus_realize in its
 * hw/xen/xen-bus.c). So it never has root's powers, but for the right to open any file, in a root
 * where there is nothing else (model_root.h); and what it has open of the hypervisor is restricted
 * to the guest from outside, before the guest runs. What is left to it is the store, and what other
 * guests have granted to dom0.
 *
 * A QEMU that is both, an hvm guest's with disks that it serves to the guest's own drivers, keeps
 * all of root's powers but these limits, as with libxl; it is restricted from outside as well.
 *
 * A classic device model begins with all of root's powers but the core dumps, in the own root, and
 * keeps what it does not give up: what it needs is not known here. earlydom-model gives up all of
 * them (model/powers.h); of those of others nothing is taken but the use of the event channels'
 * device that they are given for other domains (devmodel.h).
 */
#ifndef EARLYDOM_DEVMODEL_POWERS_H
#define EARLYDOM_DEVMODEL_POWERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "builder/guest/model_uid.h"
#include "builder/starter/starter.h"

struct model_powers {
	bool restrict_domid;
	bool unprivileged; /* -chroot and -runas: true, but for a supervisor that is not root
			      (tests) */
	uid_t uid;
	gid_t gid;
};

/* Decides it for a domain. dev is the directory of privcmd and evtchn, /dev/xen; keeps is whether
 * QEMU keeps root's powers. */
void model_powers(const char *dev, uint32_t domid, bool keeps, struct model_powers *out);

/*
 * Makes a child that is about to become QEMU that user's and group's, with the right to open any
 * file, which its program will have, and no other, now or later. False with errno set when it
 * can't. Safe between fork and exec.
 */
bool model_become(uid_t uid);

/*
 * Restricts what a process has open of the hypervisor's devices in dev to a domain, where the
 * kernel can do that (Linux 5.6, and as above): what it opens later is not. pidfd may be -1: then
 * nothing is done. The starter does it, or without one (NULL) this process. Returns 0, or -1 with e
 * set: there was nobody to do it.
 */
int model_restrict(const struct starter *s, pid_t pid, int pidfd, const char *dev, uint32_t domid,
		   struct err *e);

extern const struct starter_verb model_restrict_verb;

/* Which limits a device model has: no core dumps, or all of the above. */
enum model_limits { MODEL_LIMITS_CORE, MODEL_LIMITS_ALL };

/* Sets them in the child that becomes the device model. False with errno set when one can't be.
 * Safe between fork and exec. */
bool model_limit(enum model_limits which);

#endif
