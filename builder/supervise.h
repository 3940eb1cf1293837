/*
 * The supervisor: starts the selected guests, keeps them, and answers questions about them.
 */
#ifndef EARLYDOM_SUPERVISE_H
#define EARLYDOM_SUPERVISE_H

#include "bridge.h"
#include "config.h"
#include "control.h"
#include "refuge.h"
#include "report.h"
#include "rundir.h"

/* Whether guests get a store. */
enum store_wish {
	STORE_NEVER, /* earlydom.store=off */
	STORE_IF_THERE,
	STORE_ALWAYS, /* earlydom.store=on: the lack of one is an error */
};

struct supervise_options {
	const char *rundir;
	struct refuge *refuge; /* made already, entered when every guest was tried; or NULL */
	enum store_wish store;
	const struct bridge_spec *bridges; /* made before the guests */
	size_t nr_bridges;
	unsigned workers; /* threads that build, 1 to WORKERS_MAX */
	bool verbose;
	bool paused; /* guests are built, and not let run */
	enum echo_to echo;
	int status_fd; /* one byte is written here when every guest has been tried: 0, or 1 for a
			  failure; then closed */
};

/*
 * Builds the n guests in their order and supervises them, until a signal (SIGTERM, SIGINT) ends it.
 * bad is the number of guests that failed before they came here. Returns 0, or -1 with e set: it could not begin.
 */
int supervise(const struct guest_config *guests, size_t n, size_t bad,
	      const struct supervise_options *o, struct err *e);

#endif
