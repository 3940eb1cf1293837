/*
 * What earlydom says: lines "earlydom: ..." on the console, and kept in /run/earlydom/earlydom.log.
 */
#ifndef EARLYDOM_REPORT_H
#define EARLYDOM_REPORT_H

#include "bounded_log.h"
#include "console_out.h"

struct report {
	struct console_out out; /* the console */
	struct bounded_log log; /* log.fd -1 for none; it has every line */
};

/* Writes one line, "earlydom: " in front and a newline behind, in one piece. */
void report_line(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
