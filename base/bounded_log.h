/*
 * The log of a guest's console: a file of bounded size that keeps the newest output.
 */
#ifndef EARLYDOM_BOUNDED_LOG_H
#define EARLYDOM_BOUNDED_LOG_H

#include <stddef.h>

#include "err.h"

/*
 * The maximum size of a log, in bytes. When it is full, its older half is removed. A build
 * constant.
 */
#ifndef CONLOG_MAX
#define CONLOG_MAX (256 * 1024)
#endif

struct bounded_log {
	int fd;
	size_t size;
};

/* Opens NAME.log in the directory, appending to what is there. Returns 0, or -1 with e set. */
int bounded_log_open(struct bounded_log *l, int dirfd, const char *name, struct err *e);
void bounded_log_close(struct bounded_log *l);

/* Appends n bytes. Those that cannot be written are lost: trouble with a log stops no guest. */
void bounded_log_write(struct bounded_log *l, const char *buf, size_t n);

/* Copies the newest of the log, at most size bytes. Returns the number. */
size_t bounded_log_tail(const struct bounded_log *l, char *buf, size_t size);

#endif
