/*
 * What a QEMU that serves a guest is left of root's powers.
 *
 * A guest that breaks out of QEMU's emulation is to find as little as possible:
 *
 *                      hvm guest            hvm, serves disks    pv and pvh guests' back end
 *                                           or channels
 *     user             65536 + domid (1)    root (2)             65536 + domid
 *     capabilities     none (1)             DAC_OVERRIDE,        DAC_OVERRIDE
 *                                           NET_BIND_SERVICE,
 *                                           some have more (2)
 *     no_new_privs     yes                  yes                  yes
 *     system calls     qemu_filter.h        qemu_filter.h        qemu_filter.h
 *     root directory   empty (1)            the own root         its own (model_root.h)
 *     namespaces       mounts, IPC          mounts, IPC          mounts, IPC
 *     privcmd          for its guest (1)    for its guest (3)    for its guest (3)
 *     evtchn           for its guest (1)    any (3)              any (3)
 *     store, grants    none                 all of dom0's (4)    all of dom0's (4)
 *     a file's size    256 KiB (5)          any                  256 KiB, or the largest raw image
 *                                                                (5)
 *     core dumps, message queues, locks, locked memory: none, for each of them
 *
 * (1) QEMU itself gives them up as the last step of its start, when it has opened all that it needs
 * (os_setup_post in os-posix.c):
 *
 *   -xen-domid-restrict  What it has open of the hypervisor (privcmd, evtchn) works for its guest
 *                        alone from then on, and the store not at all. Needs two ioctls of dom0's
 *                        kernel, Linux 4.13 and later; without them QEMU would not start.
 *   -chroot              An empty directory of root's.
 *   -runas               A user and a group of its own, for each guest: MODEL_UID_BASE and its
 *                        domid.
 *
 * Until then it has the capabilities of the second column and those that these steps need.
 *
 * (2) Such a QEMU is the back end of the guest's own drivers as well. It can do with none of (1):
 * it needs the store for as long as it runs, and grants of the guest, which a handle can't be
 * restricted to (xentoolcore_restrict(3)), and it opens images when the start is over
 * (xen_bus_realize in its hw/xen/xen-bus.c). So it stays root's, as with libxl, but can do little
 * of what root may: open files whose rights are not for it, and listen at any port; with emulated
 * network cards change interfaces (CAP_NET_ADMIN, for their taps); and where its images are in the
 * real root, look into other processes (CAP_SYS_PTRACE, without which nobody follows /proc/1/root).
 * It sees /proc and /sys read-only. But root's files and dom0's block devices are root's: who takes
 * over such a QEMU can write dom0's disks. A guest of whom that is feared has disks that the kernel
 * serves (raw ones).
 *
 * (3) From outside, when it is ready and before the guest runs: what it has open by then. After
 * that it finds no privcmd any more: it is taken out of a root of its own, and covered in a
 * namespace of mounts. Event channels are opened for each device, also later, by its driver's back
 * end; a handle that is not restricted takes ports of other guests' channels with dom0.
 *
 * (4) What other guests have granted to dom0; neither can be restricted today.
 *
 * (5) It writes none. libxl has the same limit. None is set where a `serial` of the guest is a
 * file, an image is not raw, whose file may grow, or device_model_args may name anything. What is
 * written beyond fails, and does not end QEMU, unlike with libxl.
 *
 * All of these are libxl's dm_restrict = 1 and more. What can't be had is an error, unless
 * device_model_restrict is 0: then QEMU starts with what can be had, and may be a program that runs
 * others (a script).
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

#include "base/err.h"
#include "builder/guest/model_uid.h"
#include "builder/starter/starter.h"

/* What helps where something can't be had, for messages. */
#define MODEL_UNRESTRICTED "device_model_restrict = 0"

struct model_powers {
	bool restrict_domid;
	bool unprivileged; /* -chroot and -runas: true, but for a supervisor that is not root
			      (tests) */
	uid_t uid;
	gid_t gid;
};

/*
 * Decides it for a domain. dev is the directory of privcmd and evtchn, /dev/xen; keeps is whether
 * QEMU stays root's. strict: returns -1 with e set where dom0's kernel can't restrict what QEMU
 * opens there; else restrict_domid says whether it can. Returns 0 otherwise.
 */
int model_powers(const char *dev, uint32_t domid, bool keeps, bool strict, struct model_powers *out,
		 struct err *e);

/*
 * The following are for a child that is about to become QEMU; false with errno set when one can't
 * be done. Safe between fork and exec.
 */

/* Its own namespace of System V's and POSIX's IPC, and of mounts where it is to have one: what is
 * mounted and unmounted elsewhere is seen there, as far as it was to be seen here; /proc and /sys
 * can't be written there; sys: /sys can. */
bool model_unshare(bool mounts, bool sys);

/* Makes it that user's and group's, with the right to open any file, which its program will have,
 * and no other, now or later. */
bool model_become(uid_t uid);

/* Which limits a device model has: no core dumps, or all that are named above but that of files. */
enum model_limits { MODEL_LIMITS_CORE, MODEL_LIMITS_ALL };

/* Sets them. */
bool model_limit(enum model_limits which);

/* No file gets longer by what it writes; MODEL_FILES_ANY: no limit. */
#define MODEL_FILES_LIBXL (UINT64_C(256) << 10) /* libxl__local_dm_preexec_restrict */
#define MODEL_FILES_ANY   UINT64_MAX
bool model_limit_files(uint64_t bytes);

/*
 * Restricts what a process has open of the hypervisor's devices in dev to a domain, where the
 * kernel can do that (Linux 5.6, and as above): what it opens later is not. covered: nor can it
 * open those by which hypercalls are made any more, in its own namespace of mounts. pidfd may be
 * -1, which is an error. The starter does it, or without one (NULL) this process. Returns 0, or -1
 * with the cause in e where something could not be restricted.
 */
int model_restrict(const struct starter *s, pid_t pid, int pidfd, const char *dev, uint32_t domid,
		   bool covered, struct err *e);

extern const struct starter_verb model_restrict_verb;

#endif
