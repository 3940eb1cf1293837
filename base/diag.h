/*
 * Diagnostics: every error of every input, kept until all have been read, so that
 * one run shows them all. Each has a place (file:line:column) where it has one.
 *
 * A note is for what is no error: something that has no effect.
 */
#ifndef EARLYDOM_DIAG_H
#define EARLYDOM_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * A place in an input. file is borrowed and must outlive the diag; line 0 means "the file as a
 * whole", and then column means nothing. Lines and columns count from 1, columns in bytes.
 */
struct loc {
	const char *file;
	unsigned line, column;
};

struct diag_msg {
	struct loc loc;
	char *text;
	bool note;
};

/* Zero-initialised is empty. */
struct diag {
	struct diag_msg *msgs; /* errors and notes */
	size_t n;
	size_t notes; /* of them */
	/* What could not be kept: no memory, or over DIAG_MAX. */
	size_t lost, notes_lost;
	bool strict; /* set by the owner: notes are added as errors */
};

/* A place as text, for a message about another place: FILE, or FILE:LINE:COLUMN. Returns buf. */
#define LOC_SHOW_MAX 160
const char *loc_show(struct loc loc, char buf[LOC_SHOW_MAX]);

/* More messages than these are counted, not kept: hostile input must not fill the memory. */
#define DIAG_MAX 1000

/*
 * Adds a message. What would break a line or drive a terminal in it (control characters, from
 * hostile input) is written as \xNN. Never fails: what can't be kept is counted in lost.
 */
void diag_add(struct diag *d, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a note. */
void diag_note(struct diag *d, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* All the errors, or notes, that there were: kept and lost. */
size_t diag_count(const struct diag *d);
size_t diag_notes(const struct diag *d);

/* Takes n messages out, beginning with the first-th; indices past the end are left alone. */
void diag_drop(struct diag *d, size_t first, size_t n);

/* Moves the messages of `from` behind those of `to`; `from` is empty then. */
void diag_move(struct diag *to, struct diag *from);

/*
 * Puts the messages of `file` in the order of their places, those about the file as a whole behind
 * those, and then those of other files as they came. Messages of one place keep their order.
 */
void diag_sort(struct diag *d, const char *file);

/*
 * Prints each message as a line "PREFIXfile:line:column: text", and how many were lost if any was;
 * a note with "note: " before its text, or not at all.
 */
enum diag_what { DIAG_ERRORS, DIAG_ALL };
void diag_print(const struct diag *d, enum diag_what what, FILE *to, const char *prefix);
void diag_free(struct diag *d);

/*
 * Finds among the n words the one that `word` was probably meant to be. Returns NULL if none is
 * near. Near is an edit distance of at most 2 and less than half the word's length. A swap of two
 * neighbours counts as one edit; upper and lower case count as equal. Among equally near words the
 * first one is returned.
 */
const char *suggest(const char *word, const char *const *words, size_t n);

/*
 * For the end of a message: ", did you mean 'X'?" in buf where suggest() finds an X, else "".
 * Returns buf. SUGGEST_MAX bytes hold any name that earlydom accepts; a longer word gives no
 * suggestion.
 */
#define SUGGEST_MAX 160
const char *suggest_text(char buf[SUGGEST_MAX], const char *word, const char *const *words,
			 size_t n);

#endif
