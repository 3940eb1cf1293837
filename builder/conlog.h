/*
 * The log of a guest's console: a file that is bounded and keeps the newest.
 */
#ifndef EARLYDOM_CONLOG_H
#define EARLYDOM_CONLOG_H

#include <stddef.h>

#include "err.h"

/* A log's most bytes; when it is full, the older half goes. A build constant (bytes). */
#ifndef CONLOG_MAX
#define CONLOG_MAX (256 * 1024)
#endif

struct conlog {
	int fd;
	size_t size;
};

/* Opens NAME.log in the directory, appending to what is there. Returns 0, or -1 with e set. */
int conlog_open(struct conlog *l, int dirfd, const char *name, struct err *e);
void conlog_close(struct conlog *l);

/* Appends n bytes. Trouble with the file is not worth stopping for: the bytes are lost then. */
void conlog_write(struct conlog *l, const char *buf, size_t n);

/* Copies the newest of the log, at most size bytes. Returns the number. */
size_t conlog_tail(const struct conlog *l, char *buf, size_t size);

#endif
