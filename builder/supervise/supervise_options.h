/*
 * How `earlydom boot` wants the guests to be supervised.
 */
#ifndef EARLYDOM_SUPERVISE_OPTIONS_H
#define EARLYDOM_SUPERVISE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "builder/choose/cmdline.h"
#include "builder/device/bridge.h"
#include "builder/host/own_root.h"
#include "builder/keeper/kept.h"
#include "builder/starter/starter.h"

/* Whether guests get a store. */
enum store_wish {
	STORE_NEVER, /* earlydom.store=off */
	STORE_IF_THERE,
	STORE_ALWAYS, /* earlydom.store=on: the lack of one is an error */
};

struct supervise_options {
	const char *rundir;
	struct own_root *own_root; /* made already, entered when every guest was tried; or NULL */
	const struct starter
		*starter; /* for what takes root's powers; NULL: this process has them */
	enum store_wish store;
	const struct bridge_spec *bridges; /* made before the guests */
	size_t nr_bridges;
	const struct pci_dom0 *dom0; /* what dom0 needs of PCI devices; NULL: nothing is known */
	const struct guest_config *others; /* guests that can be started by a command */
	size_t nr_others;
	unsigned workers; /* threads that build, 1 to WORKERS_MAX */
	bool verbose;
	bool paused; /* guests are built, and not let run */
	enum echo_to echo;
	bool bounded; /* status_fd gets its byte after wait_s at the latest */
	unsigned wait_s;
	int status_fd; /* one byte is written here when every guest has been tried, or the time for
			  that is over: 0, or 1 for a failure so far; then closed. -1: nobody waits
			*/
	struct kept *kept; /* what an earlier supervisor has left, and where files are kept for the
			      next one, of which a keeper has the other end; or NULL */
	bool adopt;        /* what an earlier supervisor has written down in rundir counts */
	const char *began; /* why this supervisor began (BEGIN_* of kept.h); NULL: the first one */
};

#endif
