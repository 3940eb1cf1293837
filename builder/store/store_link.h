/*
 * Which xenstored there is, for all threads of the supervisor: one of them finds it and sees it go
 * (supervise/services.h), the others ask for their handle of it before they use it.
 */
#ifndef EARLYDOM_STORE_LINK_H
#define EARLYDOM_STORE_LINK_H

#include <pthread.h>

#include "builder/host/host.h"

enum store_state {
	STORE_ABSENT, /* there is none, and none is to be expected but by hand-over */
	STORE_SOUGHT, /* it is being looked for, or started */
	STORE_SERVES,
	STORE_HANGS, /* runs, and does not answer */
	STORE_GONE,  /* has ended; there may be another one later */
};

struct store_link {
	pthread_mutex_t lock;
	enum store_state state; /* under the lock, like the rest */
	unsigned generation;    /* of the one that serves: how many have ended before it */
};

void store_link_init(struct store_link *l);
void store_link_destroy(struct store_link *l);

/*
 * The host's handle of the store that there is now, which is also h->xsh: NULL when none serves.
 * Connects anew when it was to an earlier one, or is broken; then what was read and written before
 * may be lost. To be called by the thread whose host it is, between two works that belong together;
 * may take WIRE_PATIENCE_MS. A host without h->link keeps the handle that it has.
 */
struct xs_handle *store_handle(struct host *h);

/* Closes the handle; there need not be one. */
void store_handle_close(struct host *h);

#endif
