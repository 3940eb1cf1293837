/*
 * Selection: descriptors and the kernel command line in, the guests to start in their order out.
 */
#ifndef EARLYDOM_SELECT_H
#define EARLYDOM_SELECT_H

#include "cmdline.h"
#include "builder/describe/config.h"

/* A descriptor file that was read. */
struct source {
	char *file; /* its path, as in messages */
	char *text; /* its bytes */
	size_t len;
	char *dir; /* the directory that file names in it are relative to, absolute; NULL: file's */
};

struct selection {
	struct guest_config *guests; /* in the order in which they are to be started */
	size_t n;
	size_t bad; /* selected guests that can't be started, and names without one: see the diag */
	struct guest_config *others; /* the other guests, those of them that are right */
	size_t nr_others;
	struct descriptor *descriptors; /* parsed files: locations in guests refer to them */
	bool *chosen;                   /* of each of them, whether it is selected */
	size_t nr_descriptors;
};

/*
 * Parses the sources, applies the overrides of the command line, chooses and orders: names in the
 * order of earlydom=, else the sources' order (sorted by file name by the caller).
 * earlydom.profile= narrows "all" and adds to named ones; "none" stays none.
 *
 * Errors of guests that are not selected are not reported, unless a file is too broken to tell
 * whether it is selected. An unknown name, profile or override target is an error with a
 * suggestion; the rest still starts. When two selected guests have the same name, or share
 * something else that only one can have (conflicts.h), the error names both places and neither
 * starts. A guest does not start either if its place in the order is wrong (order.h), or if it has
 * devices while the command line has earlydom.store=off, or if the digest of one of its files is
 * missing while that has earlydom.require_sha256.
 *
 * An override replaces the descriptor's statement, right or wrong. An override of cmdline, a
 * guest's whole command line, also replaces ip, root and extra of the file.
 *
 * Those that are not selected can be started later: each that is right by itself is in others, in
 * the sources' order, with its overrides. Two of one name, or of a selected guest's name, are not,
 * nor are those whose place in the order is wrong. What else guests can't both have is to be
 * checked when one is started (conflicts_check).
 *
 * With a zeroed command line all guests are read: that checks descriptors. file of the sources must
 * outlive the selection. *out is freed with selection_free.
 */
void select_guests(const struct source *sources, size_t nr_sources, const struct cmdline *c,
		   struct selection *out, struct diag *d);
void selection_free(struct selection *s);

#endif
