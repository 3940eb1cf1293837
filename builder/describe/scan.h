/*
 * The scanner under descriptor.c: places, blanks, comments, strings and numbers of a descriptor's
 * text.
 */
#ifndef EARLYDOM_SCAN_H
#define EARLYDOM_SCAN_H

#include <stdbool.h>

#include "value.h"

struct scan {
	const char *file;
	const char *p, *end;   /* what is left of the text */
	const char *line_text; /* where the line of p begins */
	unsigned line;
	unsigned first_column; /* of line_text */
	bool bare;             /* an override: values in a list need no quotes */
	bool crlf;             /* carriage returns were noted */
	unsigned depth;        /* how many lists the scanner is in */
	bool unclosed;         /* a list of the statement was not closed, which was reported */
	bool torn;             /* a quote was skipped that has no other one on its line, so that it
				* can't be told where its list ends */
	unsigned bare_line; /* in a list: the line where quotes were missing, which was reported */
	struct diag *d;
};

/* The character at the scanner, or 0 at the end of the text (a NUL in it is refused before). */
char scan_peek(const struct scan *s);

/* The place of the scanner. */
struct loc scan_loc(const struct scan *s);

/* Skips blanks and a comment, not newlines. */
void scan_blanks(struct scan *s);

/* The same and newlines. */
void scan_blank_lines(struct scan *s);

/* After an error: skips to one of those characters outside strings, to a comment or to the line's
 * end. */
void scan_skip_to(struct scan *s, const char *stops);

/* True where a key or another word begins; scan_word takes it and returns its length. */
bool scan_at_word(const struct scan *s);
size_t scan_word(struct scan *s);

/* Reports what is at the scanner as unexpected: "expected WANTED, found X". */
void scan_unexpected(struct scan *s, const char *wanted);

/*
 * Reads a value that is not a list. Returns 0, or -1 with the error reported and the scanner behind
 * what was wrong (or in front of it, where it may be the start of something else).
 */
int scan_atom(struct scan *s, struct value *v);

#endif
