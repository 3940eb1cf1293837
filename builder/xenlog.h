/*
 * What libxenctrl and libxenguest say when they fail, kept so that it can be put into our own
 * message.
 */
#ifndef EARLYDOM_XENLOG_H
#define EARLYDOM_XENLOG_H

#include <stdbool.h>
#include <xentoollog.h>

struct xenlog {
	xentoollog_logger vtable; /* first: the libraries hand back this address */
	char first[256]; /* the first error since xenlog_clear, without the library's prefixes */
	bool verbose;    /* also print everything to stderr */
};

void xenlog_init(struct xenlog *l, bool verbose);
void xenlog_clear(struct xenlog *l);

/* The first error, or the text of errnum (an errno value) when the library said nothing. */
const char *xenlog_cause(const struct xenlog *l, int errnum);

#endif
