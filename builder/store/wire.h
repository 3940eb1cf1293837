/*
 * The store's own protocol (xen/io/xs_wire.h), with many requests on their way at a time.
 *
 * libxenstore sends one request and waits for its answer. A guest's nodes are some fifty requests,
 * and dom0 had to switch to xenstored and back for each of them: most of the time that a small
 * guest takes. Here they are sent at once, and their answers are read as they come.
 */
#ifndef EARLYDOM_WIRE_H
#define EARLYDOM_WIRE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include "base/err.h"

/* A request, and what came of it. */
struct wire_call {
	enum xsd_sockmsg_type type;
	char *body; /* len bytes; its owner is who made the call, or wire_free */
	size_t len;
	int error;   /* 0, or errno as xenstored has it */
	char *reply; /* reply_len bytes, and a NUL behind them; for wire_free */
	size_t reply_len;
};

/* How long xenstored may take for the next bytes of its answers, or to take more requests. */
#ifndef WIRE_PATIENCE_MS /* the tests have less */
#define WIRE_PATIENCE_MS 30000
#endif

/* Connects to the xenstored that listens at path. Returns a file, or -1 with e set: as below, that
 * may pass. */
int wire_open(const char *path, struct err *e);
void wire_close(int fd);

/*
 * Sends n requests in a transaction (0 for none) and takes their answers; all are carried out, also
 * behind one that fails. Waits for xenstored as long as it goes on. Returns 0, or -1 with e set:
 * the connection is of no use any more. Where it was lost, or nothing came for WIRE_PATIENCE_MS,
 * e->passing is set.
 */
int wire_talk(int fd, uint32_t transaction, struct wire_call *calls, size_t n, struct err *e);

/* Begins a transaction, and ends it: *error is errno of what kept it from being made, EAGAIN when
 * somebody else has changed the same nodes meanwhile. Both return 0, or -1 with e set. */
int wire_begin(int fd, uint32_t *transaction, struct err *e);
int wire_end(int fd, uint32_t transaction, bool abort, int *error, struct err *e);

/* Gives back bodies and replies. */
void wire_free(struct wire_call *calls, size_t n);

#endif
