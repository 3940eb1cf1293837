/*
 * A connection on which xenstored tells of changes below one node. Nothing is asked on it, so that
 * it needs no thread; and it ends when xenstored does, whoever has started that.
 */
#ifndef EARLYDOM_STORE_WATCH_H
#define EARLYDOM_STORE_WATCH_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include "base/err.h"

struct store_watch {
	int fd; /* readable when there is news, or an end; -1: closed */
	union {
		struct xsd_sockmsg head;
		char bytes[sizeof(struct xsd_sockmsg)];
	} part;      /* of the message that comes */
	size_t have; /* of its head */
	size_t skip; /* what is left of its body, which nobody needs */
};

/* Connects to xenstored and watches the node and all below it. The first news is there at once.
 * Returns 0, or -1 with e set and the watch closed. */
int store_watch_open(struct store_watch *w, const char *node, struct err *e);

/* Another node, on the same connection. Returns 0, or -1 with e set; then w is to be closed. */
int store_watch_also(struct store_watch *w, const char *node, struct err *e);

/* Takes all news, without waiting. Returns their number, or -1 when the connection has ended. */
int store_watch_take(struct store_watch *w);

void store_watch_close(struct store_watch *w);

#endif
