/*
 * One error message: the cause of a failure, carried up to whoever reports it.
 *
 * A function that can fail takes a struct err, fills it once, at the place that knows the cause,
 * and returns -1 (or NULL). Callers may put context in front with err_prefix. The text is one line
 * without a newline.
 *
 * An error is permanent unless `passing` is set: the same call would fail again.
 */
#ifndef EARLYDOM_ERR_H
#define EARLYDOM_ERR_H

#include <stdbool.h>

struct err {
	char msg[512];
	bool passing; /* the next try may succeed: memory was short */
};

/* Sets the message; a longer text is cut. Returns -1, so that callers can `return err_set(...)`. */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, for a cause that may be gone at the next try. */
int err_set_passing(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Sets the message, with ": " and the words for errnum behind it. passing is set where that cause
 * may be gone at the next try (errno_passes).
 */
int err_set_errno(struct err *e, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether what errnum names may pass: something is short, busy, or not there yet (a device, the
 * other end of a connection). A file that is missing, a value or a right that is wrong may not. */
bool errno_passes(int errnum);

/* Puts text in front of the message that is there. Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
