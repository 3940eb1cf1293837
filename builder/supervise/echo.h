/*
 * Guests' console output repeated on dom0's console or kernel log, a line at a time.
 */
#ifndef EARLYDOM_ECHO_H
#define EARLYDOM_ECHO_H

#include <stddef.h>

#include "base/console_out.h"
#include "builder/choose/cmdline.h"

/* A longer line is repeated in pieces of this many bytes. */
#define ECHO_LINE_MAX 512

/* The line of one guest that is not complete yet. Zero-initialised is empty. */
struct echo_line {
	char text[ECHO_LINE_MAX];
	size_t len;
	unsigned char
		before; /* the byte before, where it can begin or continue a UTF-8 character */
	unsigned more;  /* bytes that the character still needs */
};

/*
 * Takes n bytes of the guest's output and writes each complete line to out as "NAME: text\n", for
 * the kernel log as "<5>earlydom: NAME: text\n". What could drive a terminal (control characters
 * and escape sequences) becomes '?'; a guest must not be able to write to dom0's terminal what it
 * likes.
 */
void echo_output(struct echo_line *l, enum echo_to to, struct console_out *out, const char *name,
		 const char *buf, size_t n);

/* Writes what is left of an incomplete line (the guest is gone). */
void echo_flush(struct echo_line *l, enum echo_to to, struct console_out *out, const char *name);

#endif
