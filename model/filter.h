/*
 * Which system calls the device model may make, and which its configuration's parser: lists for
 * base/seccomp.h. Any other call is the end of the process by SIGSYS.
 *
 * What is in the list of the model at work is what serve.c does, by the libraries of Xen 4.17 and
 * musl. Of Xen's devices it may use what is for one domain's device model:
 *
 *     IOCTL_PRIVCMD_DM_OP          interrupts, the domain's end, the ioreq server's
 *                                  (libs/devicemodel/common.c)
 *     IOCTL_PRIVCMD_MMAPBATCH_V2   a page of the guest's memory, for string instructions;
 *     IOCTL_PRIVCMD_MMAPBATCH      the same as the library tries it where that one says EINVAL
 *                                  (libs/foreignmemory/linux.c)
 *     IOCTL_EVTCHN_NOTIFY          lets a vcpu go on (libs/evtchn/linux.c)
 *
 * and so no hypercall of its own choice (IOCTL_PRIVCMD_HYPERCALL), no other event channel, and no
 * memory of the hypervisor's but the page of requests, which is mapped by then. Nothing can be
 * opened, run or made executable.
 */
#ifndef EARLYDOM_MODEL_FILTER_H
#define EARLYDOM_MODEL_FILTER_H

#include "base/err.h"
#include "base/seccomp.h"

extern const struct seccomp_list filter_serving, filter_parsing;

/* Puts it upon this process for good. Returns 0, or -1 with e set: dom0's kernel can't do that. */
int filter_enter(const struct seccomp_list *list, struct err *e);

#endif
