/*
 * The jail: a job of the table of jobs.h is done by a child process that can do nothing but
 * compute. Bytes that others have made are read by nobody else, since whoever reads them with
 * root's powers would give these to the one who finds a way to make the reader misbehave.
 *
 * The child has the job's files and no others, no powers (another user, no capabilities), bounds on
 * memory and time, and a filter of system calls which ends it when it asks for anything but memory
 * and the bytes of its files. Its answer is a structure of fixed size without pointers, and is to
 * be checked as if an enemy had written it: who asks does that.
 *
 * Where a jail can't be made the job is not done: an error says what is missing.
 */
#ifndef EARLYDOM_JAIL_H
#define EARLYDOM_JAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "builder/starter/starter.h"
#include "jail_request.h"

/* What is asked of a job. */
struct jail_ask {
	const struct starter *starter; /* makes the child; NULL: this process does */
	enum jail_job job;
	int input;  /* the file with the bytes, open for reading only; borrowed */
	int output; /* of jail_output, for a job that has one; else -1. Borrowed */
	struct jail_params params;
};

/*
 * Has the job done, and waits for that. The child has ended before its answer, size bytes of it, is
 * copied to *answer. Returns 0, or -1 with e set: in the job's own words, printable whatever they
 * were; or what has become of it ("the decoder was ended (signal 11)").
 */
int jail_run(const struct jail_ask *ask, void *answer, size_t size, struct err *e);

/* What the starter does for it. */
extern const struct starter_verb jail_verb;

/* A text of an answer, in size bytes: it ends somewhere in them then, and what can't be printed is
 * '?'. */
void jail_clean_text(char *text, size_t size);

/*
 * Memory that a job writes to, limit bytes that nothing is kept for until they are written: a file
 * without a name (memfd_create(2)). Returns its number, to be closed, or -1 with e set.
 */
int jail_output(uint64_t limit, struct err *e);

#endif
