/*
 * The store: a connection to xenstored, and transactions on it.
 *
 * A handle serves one thread at a time and does not survive a fork.
 */
#ifndef EARLYDOM_STORE_H
#define EARLYDOM_STORE_H

#include <stdbool.h>

#include <xenstore.h>

#include "base/err.h"

/* Where xenstored listens (tools/xenstore/xs_lib.c, xs_daemon_path); /var/run is /run in effect. */
#define STORE_SOCKET "/var/run/xenstored/socket"

/*
 * Connects to xenstored. Returns 0 with *xsh for xs_close, or -1 with e set.
 *
 * e->passing is set. A request that gets no answer for WIRE_PATIENCE_MS (wire.h) fails.
 *
 * Only the socket is tried: libxenstore would fall back to /dev/xen/xenbus, where dom0's kernel
 * lets every request wait until a xenstored comes.
 */
int store_open(struct xs_handle **xsh, struct err *e);

/* Whether the library has given the handle up, because a request on it has failed half-way. */
bool store_is_closed(struct xs_handle *xsh);

/* Whether a call of libxenstore that failed with this errno has lost the connection: xenstored has
 * ended, or does not answer. The next try may find another one. */
bool store_lost(int errnum);

/* err_set with what a call of libxenstore has left in errno, whose text goes behind the message;
 * passing when the connection was lost. Returns -1. */
int store_error(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What is done inside a transaction: 0, or -1 with e set. */
typedef int store_body(struct xs_handle *xsh, xs_transaction_t t, void *arg, struct err *e);

/*
 * Does body in a transaction, anew when somebody else has changed the same nodes meanwhile. Returns
 * 0, or -1 with e set and nothing changed.
 */
int store_transact(struct xs_handle *xsh, store_body *body, void *arg, struct err *e);

/* The same on a connection where many requests are made at a time (wire.h). */
typedef int store_wire_body(int fd, uint32_t t, void *arg, struct err *e);
int store_transact_on(int fd, store_wire_body *body, void *arg, struct err *e);

#endif
