/*
 * What is left to the supervisor of root's powers, once it has its starter (builder/starter) for
 * what takes the others. It goes on as root: devices, sockets and files of the host are root's.
 *
 *     CAP_NET_ADMIN     interfaces, bridges, addresses and routes by rtnetlink (builder/device)
 *     CAP_DAC_OVERRIDE  open(2) of disk images that belong to somebody else (disk_open.c)
 *     CAP_KILL          the end of a device model, whose user is another (devmodel_process.c)
 *     CAP_SYS_PTRACE    paths below /proc/1/root, where the real root is (own_root.h), and
 *                       what /proc tells of a device model
 *     CAP_SYS_CHROOT    chroot(2) when the initramfs is left (own_root_enter)
 *
 * It has no new privileges, and a filter of system calls (supervisor_calls.h). A call that is not
 * in it ends the process, which dom0's kernel logs, and the keeper starts another one.
 *
 * What this is worth: who takes over the supervisor by what it reads still has /dev/xen/privcmd,
 * with it every guest and dom0's memory, root's files, and the starter, which makes processes with
 * all powers for it. That is root. What is taken away are the easy ways, which most attacks are
 * made of: to run a program, to map code. So the supervisor must not read hostile bytes but in the
 * fewest and simplest forms (docs/security.md has them all).
 */
#ifndef EARLYDOM_SUPERVISOR_POWERS_H
#define EARLYDOM_SUPERVISOR_POWERS_H

#include "base/err.h"

/* Takes the others, from this thread and those that it makes. To be called before there are others.
 * Returns 0, or -1 with e set: it can't be done, and the supervisor must not go on. */
int supervisor_drop_powers(struct err *e);

#endif
