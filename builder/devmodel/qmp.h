/*
 * QMP: QEMU is asked and told things over a stream socket, in JSON (docs/interop/qmp-spec.txt in
 * QEMU's source). It serves one client of a socket at a time.
 *
 * Whoever asks waits for the answer, QMP_PATIENCE_MS at most for each.
 */
#ifndef EARLYDOM_QMP_H
#define EARLYDOM_QMP_H

#include <stddef.h>

#include "base/err.h"
#include "base/json_read.h"

#ifndef QMP_PATIENCE_MS
#define QMP_PATIENCE_MS 10000
#endif

struct qmp {
	int fd;
	char *buf; /* what has come; the message that was read last is its first `message` bytes */
	size_t len, message;
};

/*
 * Connects to the socket at path, and gets through the greeting. Returns 0, or -1 with e set and
 * nothing open; another client that QEMU serves is one of the causes.
 */
int qmp_open(struct qmp *q, const char *path, struct err *e);

/*
 * Has QEMU do a command. args: names and texts in turn, and a NULL; NULL for none. They are sent as
 * JSON's strings and overwritten here afterwards, so that a password may be among them.
 *
 * Returns 0 with the answer in *answer, where that is wanted, which is valid until the next call.
 * Returns -1 with e set: `QEMU refuses COMMAND: its own words`; or, passing, there was no answer:
 * then q is of no use any more.
 */
int qmp_ask(struct qmp *q, const char *command, const char *const *args, struct json_value *answer,
	    struct err *e);

/* The same with an open file for QEMU, which stays the caller's; -1 for none. */
int qmp_ask_with_file(struct qmp *q, const char *command, const char *const *args, int file,
		      struct json_value *answer, struct err *e);

/* Closes it; q may be one that qmp_open has not opened. */
void qmp_close(struct qmp *q);

#endif
