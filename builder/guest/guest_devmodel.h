/*
 * The state of a guest's device model: its process, and what the supervisor holds for it.
 * devmodel/devmodel.h has what is done with it.
 */
#ifndef EARLYDOM_GUEST_DEVMODEL_H
#define EARLYDOM_GUEST_DEVMODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <xenevtchn.h>

#include "base/bounded_log.h"
#include "base/err.h"

enum devmodel_state {
	DEVMODEL_NONE,     /* none was started */
	DEVMODEL_STARTING, /* the guest must not run yet */
	DEVMODEL_READY,
	DEVMODEL_ENDED, /* or it never got ready: the guest can't go on */
};

/* Set up by devmodel_init; zero is not a valid state. */
struct devmodel {
	enum devmodel_state state;
	pid_t pid;              /* 0 while there is no process */
	uint64_t process_began; /* when it was started, as the kernel counts (devmodel_process.h) */
	int process_fd;         /* the process (pidfd_open(2)); -1 where there is none to be had */
	int said_fd;            /* what it says, for the log */
	int ready_fd;   /* of a classic one that is not ready yet: readable when it is, or has ended
			 */
	int console_fd; /* of a classic one: the guest's console, in both directions; non-blocking
			 */
	struct bounded_log log;
	size_t said;                   /* bytes in the log that are this one's */
	xenevtchn_handle *xce;         /* of a classic one */
	uint32_t port;                 /* its event channel's end in dom0 */
	bool restricted;               /* -xen-domid-restrict */
	bool serves;                   /* it is a back end, and is restricted once it is ready */
	const struct starter *starter; /* borrowed; or NULL */
	const char *dev;               /* of the hypervisor's devices, borrowed */
	uid_t uid;                     /* that it is going to have; 0: it keeps root */
	uint64_t began;                /* ns */
	struct err why;                /* of DEVMODEL_ENDED */
	struct kept *kept;             /* where its files outlive this process, borrowed; or NULL */
	const char *guest;             /* whose it is, by which they are called there; borrowed */
};

/* None was started. */
void devmodel_init(struct devmodel *m);

#endif
