/*
 * What the supervisor knows of each guest, in a file that outlives it: RUNDIR/state.
 *
 * The file has its full size from the beginning, so that a /run that is full later loses nothing,
 * and is written through a mapping: what was written is there when the process is killed. Each
 * record has two places, which are written in turn. One that was written half is seen by its sum,
 * and the other one is then the newest.
 */
#ifndef EARLYDOM_LEDGER_H
#define EARLYDOM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LEDGER_FILE "state"

/* The longest text of a record, in bytes. */
#define LEDGER_TEXT_MAX 8128

struct ledger_file;

struct ledger {
	struct ledger_file *file; /* mapped; NULL: closed, and writing does nothing */
	size_t n;                 /* records */
	int fd;
};

/*
 * Makes a ledger with n records, all empty, in the directory, in the place of one that is there.
 * Where the directory has no room it is made in memory, which only a keeper that has its fd can
 * outlive: *in_memory is set then. Returns 0, or -1 with e set and l closed.
 */
int ledger_make(struct ledger *l, int dirfd, size_t n, bool *in_memory, struct err *e);

/* Opens one that is there; with fd -1 that of the directory, else fd, which is the ledger's then.
 * Returns 0; 1 when there is none; or -1 with e set: it is not one of this version, so that nothing
 * is known of the guests that run. l is closed then. */
int ledger_open(struct ledger *l, int dirfd, int fd, struct err *e);
void ledger_close(struct ledger *l);

/* Writes record i: len bytes, of which at most LEDGER_TEXT_MAX are kept. What is the newest text
 * already is not written again. */
void ledger_write(struct ledger *l, size_t i, const char *text, size_t len);

/* Copies the newest text of record i, NUL-terminated, to text. Returns its length; 0 where there is
 * none. */
size_t ledger_read(const struct ledger *l, size_t i, char text[LEDGER_TEXT_MAX + 1]);

/* A number beside record i that changes often, and is written in one piece. */
void ledger_note(struct ledger *l, size_t i, uint64_t number);
uint64_t ledger_noted(const struct ledger *l, size_t i);

#endif
