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
 * A QEMU that serves disks to the guest's own drivers keeps all of root's powers but these: it
 * makes such a back end when it is told of it by the store, which is after its start, and needs the
 * store, the disk's path, grants and event channels for it. That is so with libxl as well.
 *
 * A classic device model keeps all of root's powers but the core dumps: how it gives them up is its
 * own affair.
 */
#ifndef EARLYDOM_DEVMODEL_POWERS_H
#define EARLYDOM_DEVMODEL_POWERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * 65536 to 98303: above what Debian's policy (9.2.2) and systemd give to anybody, below the 100000
 * where useradd begins with the subordinate users of containers. Domids are below 32752.
 */
#define MODEL_UID_BASE 65536u

struct model_powers {
	bool restrict_domid;
	bool unprivileged; /* -chroot and -runas: true, but for a supervisor that is not root
			      (tests) */
	uid_t uid;
	gid_t gid;
};

/* Decides it for a domain. dev is the directory of privcmd and evtchn, /dev/xen; serves is whether
 * QEMU serves disks to the guest's own drivers. */
void model_powers(const char *dev, uint32_t domid, bool serves, struct model_powers *out);

/* The limits, set in the child that becomes the device model. False with errno set when one can't
 * be. Safe between fork and exec. */
bool model_limit_core(void);
bool model_limit_all(void);

#endif
