/*
 * The host: is it Xen, is this dom0, does the hypervisor speak the libraries' interface, what has
 * it.
 */
#ifndef EARLYDOM_HOST_H
#define EARLYDOM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xenctrl.h>
#include <xenstore.h>

#include "base/err.h"
#include "build_locks.h"
#include "unmap.h"
#include "xenlog.h"

struct store_link;

struct host {
	struct xenlog log;
	xc_interface *xch;
	struct xs_handle *xsh;     /* the store; NULL without one. Opened and closed by its user */
	struct store_link *link;   /* by which that is found (store/store_link.h), or NULL */
	unsigned store_generation; /* of the xenstored that xsh belongs to */
	xen_capabilities_info_t caps; /* "xen-3.0-x86_64 hvm-3.0-x86_32 ..." */
	uint32_t physcaps;            /* XEN_SYSCTL_PHYSCAP_* */
	unsigned nr_cpus;             /* physical cpu numbers, offline ones included */
	unsigned nr_nodes;            /* NUMA nodes, 1 where there is nothing to choose */

	/* Set while the host is a worker's; NULL otherwise. */
	struct build_locks *shared;
	struct reservation reservation; /* of the build on this host */

	struct unmapper unmapper;
	bool has_spare;
	int spare; /* host_spare */
};

/*
 * Looks for the hypervisor and its devices without a hypercall. sysroot is "" but for tests, which
 * have a tree of their own there. Returns 0, or -1 with e set: not on Xen, not in dom0, or
 * no /dev/xen/privcmd or /dev/xen/evtchn.
 */
int host_probe(const char *sysroot, struct err *e);

/*
 * Opens the hypervisor and checks that it speaks the interface of the linked libraries. Each thread
 * that builds needs a host of its own: a handle of libxenctrl serves one thread, and none survives
 * a fork. Returns 0, or -1 with e set and nothing left open.
 */
int host_open(struct host *h, bool verbose, struct err *e);
void host_close(struct host *h);

/*
 * Keeps a file whose memory is not needed any more open, until somebody has the time to give that
 * back: host_tidy, or host_close. What was kept before is closed at once; -1 is none.
 */
void host_spare(struct host *h, int fd);
void host_tidy(struct host *h);

/*
 * Fills e with `what: cause`, the cause being the libraries' own message or errno's text. Returns
 * -1. To be called right after the call that failed; forgets the message.
 */
int host_error(struct host *h, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
