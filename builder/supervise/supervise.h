/*
 * The supervisor: starts the selected guests, keeps them, and answers questions about them.
 */
#ifndef EARLYDOM_SUPERVISE_H
#define EARLYDOM_SUPERVISE_H

#include <stddef.h>

#include "base/err.h"
#include "builder/guest/guest_config.h"
#include "supervise_options.h"

/*
 * Builds the n guests in their order and supervises them, until a signal (SIGTERM, SIGINT) ends it.
 * bad is the number of guests that failed before they came here. Returns 0, or -1 with e set: it
 * could not begin.
 */
int supervise(const struct guest_config *guests, size_t n, size_t bad,
	      const struct supervise_options *o, struct err *e);

#endif
