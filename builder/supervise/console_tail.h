/*
 * A guest's console output where xenconsoled drains the ring: it is read from xenconsoled's log.
 *
 * xenconsoled appends to guest-NAME.log without end, and the file lies in memory (/run): what has
 * been read is given back by punching a hole, which needs no agreement with the writer.
 */
#ifndef EARLYDOM_CONSOLE_TAIL_H
#define EARLYDOM_CONSOLE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct console_tail {
	int fd;   /* -1: closed */
	off_t at; /* up to where it has been read */
	off_t punched;
	off_t begin; /* where the output of the guest's newest domain begins */
};

/* Opens the log of the guest, making it where xenconsoled has not yet, and goes to its end. Returns
 * 0, or -1 with e set. */
int console_tail_open(struct console_tail *t, int dirfd, const char *name, struct err *e);
void console_tail_close(struct console_tail *t);

/* Takes what has been appended, at most size bytes. Returns the number; 0 when there is no more or
 * the log is closed. */
size_t console_tail_read(struct console_tail *t, char *buf, size_t size);

/* A new domain of the guest begins: what is appended from now on is its. */
void console_tail_begin(struct console_tail *t);

/* How much the newest domain's output is so far; whether all of the log has been read. */
off_t console_tail_length(const struct console_tail *t, bool *all);

/*
 * Types n bytes to the console of a domain: into the terminal at path, xenconsoled's end of which
 * it reads (the node console/tty). Returns how many it took; 0 when it takes none now.
 */
size_t console_tail_type(const char *path, const char *buf, size_t n);

/* Empties the logs in the directory that are of none of the n guests: those of other toolstacks'
 * guests, which nobody here reads. */
void console_tail_empty_others(int dirfd, const char *const *names, size_t n);

#endif
