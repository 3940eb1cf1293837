/*
 * Which system calls a QEMU may not make. What it may is not known, as it depends on its version,
 * its libraries and its devices; so this is a list of what is denied (seccomp_build_denying),
 * installed before QEMU is run.
 *
 * QEMU has such a filter itself, -sandbox, but Debian's QEMU for Xen is built without it. This one
 * denies what
 *
 *     -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
 *
 * does (QEMU 7.2, softmmu/qemu-seccomp.c), and what no device model needs besides: mounts and
 * namespaces, other processes' memory and files, bpf, perf, userfaultfd, io_uring, keys, modules,
 * the clocks, and the calls of other architectures. So it makes no difference whether a QEMU knows
 * -sandbox, which is not used. (With elevateprivileges=deny, and `children` as well, -runas would
 * be QEMU's own end: it filters itself before it changes its user, in qemu_process_early_options.
 * Here setuid and setgid are left to it for the one user that it is to become.)
 *
 * QEMU must be run after that, once. It is by a call that the supervisor is asked about
 * (SECCOMP_ASK); then nobody is there any more to be asked, and no other program can be run.
 *
 * What nobody makes by chance is the end of the process by SIGSYS (dom0's kernel logs which call it
 * was), and so of the guest. What a library may try, and can do without, fails.
 */
#ifndef EARLYDOM_QEMU_FILTER_H
#define EARLYDOM_QEMU_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/seccomp.h"

struct qemu_filter {
	uint32_t uid, gid; /* which -runas makes it, and -chroot goes with that; 0: none */
	bool runs_others;  /* it may be a program that runs QEMU, and start others: all but spawn */
};

/* Makes the filter. False if it would be too long. Allocates nothing; safe between fork and exec.
 */
bool qemu_filter_build(const struct qemu_filter *q, struct seccomp_filter *out);

/* Of what is denied, ways to start processes that only some processors have. */
extern const struct seccomp_list qemu_filter_arch_spawn;

#endif
