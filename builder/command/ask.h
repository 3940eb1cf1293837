/*
 * What commands that speak to the supervisor share: a request, and its answer by lines.
 */
#ifndef EARLYDOM_ASK_H
#define EARLYDOM_ASK_H

#include <stdbool.h>
#include <stddef.h>

/* What came of waiting for a line. */
enum ask_reading {
	READ_LINE,
	READ_END,  /* the supervisor has closed the connection, with all that it sent read */
	READ_CUT,  /* it did so within a line, or the line is longer than any */
	READ_LATE, /* time is up */
};

/* Says it as the program does, and returns EXIT_FAILED. */
int ask_complain(const char *text);
int ask_not_understood(void);
int ask_closed(void);

/* Sends "VERB NAME\n" (or "VERB\n" for name NULL). Returns the socket, or -1 after saying why. */
int ask_request(const char *verb, const char *name);

/* The same with an open file, which stays the caller's; -1 for none. */
int ask_request_file(const char *verb, const char *name, int file);

/* One line of the answer, without its newline. timeout_ms is -1 for none. */
enum ask_reading ask_read_line(int fd, char *line, size_t size, int timeout_ms);

/* "error: ..." is shown. */
bool ask_refused(const char *line);

/* The first line of an answer: true for "ok"; anything else is said. */
bool ask_answered_ok(const char *line);

/* Sends a request that is carried out at once, and shows what came of it. Returns the exit status.
 */
int ask_at_once(const char *verb, const char *name);

/* For commands that take nothing but a name: true when they have it; else *rc is the exit status.
 */
bool ask_one_name(int argc, char **argv, const char *usage, int *rc);

#endif
