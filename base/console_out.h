/*
 * Lines for dom0's console, or another file that may take none for a while: a terminal that was
 * stopped (Ctrl-S), a pipe that nobody reads. Whoever writes never waits for it.
 *
 * What it does not take is kept, up to CONSOLE_OUT_BYTES, and shown when it takes again; lines
 * beyond that are dropped, and counted in a line of their own.
 */
#ifndef EARLYDOM_CONSOLE_OUT_H
#define EARLYDOM_CONSOLE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_OUT_BYTES 65536

/* Zeroes and an fd are one that is written to as it is: for files. */
struct console_out {
	int fd;
	bool own;           /* opened here */
	bool socket;        /* never blocks: MSG_DONTWAIT */
	bool ask;           /* would block, and can't be opened anew: asked by poll(2) before */
	const char *prefix; /* of the line about those dropped; NULL for "earlydom: " */

	char kept[CONSOLE_OUT_BYTES];
	size_t at, end;    /* of what is kept */
	unsigned dropped;  /* lines since then */
	uint64_t again_at; /* not ready although poll(2) says so: when to try again, ns; else 0 */
};

/*
 * Writes to fd without blocking. It is opened anew, by /proc/self/fd, so that the open file of
 * others who have inherited it stays as it is. Where that can't be done (a socket, no /proc) it is
 * fd itself, asked before each write. fd stays the caller's.
 */
void console_out_open(struct console_out *c, int fd, const char *prefix);

/* Gives it a moment for what is kept, but no longer than a fifth of a second. */
void console_out_close(struct console_out *c);

/* Writes one line, n bytes with its newline, in one piece where that can be. */
void console_out_line(struct console_out *c, const char *line, size_t n);

/* Whether there is more to write, and the fd should be polled for POLLOUT; *due is lowered to when
 * console_out_flush is to be called at the latest, ns. */
bool console_out_waits(const struct console_out *c, uint64_t now, uint64_t *due);

/* Goes on with what is kept. */
void console_out_flush(struct console_out *c, uint64_t now);

#endif
