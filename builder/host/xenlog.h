/*
 * What libxenctrl and libxenguest say when they fail, kept so that it can be put into our own
 * message.
 */
#ifndef EARLYDOM_XENLOG_H
#define EARLYDOM_XENLOG_H

#include <stdbool.h>
#include <stdarg.h>
#include <xentoollog.h>

#include "base/err.h"

struct xenlog {
	xentoollog_logger vtable; /* first: the libraries hand back this address */
	char first[256]; /* the first error since xenlog_clear, without the library's prefixes */
	bool verbose;    /* also print everything to stderr */
};

void xenlog_init(struct xenlog *l, bool verbose);
void xenlog_clear(struct xenlog *l);

/*
 * Fills e with `what: cause`, the cause being the libraries' own message or errno's text. Returns
 * -1. To be called right after the call that failed; forgets the message.
 */
int xenlog_error(struct xenlog *l, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int xenlog_verror(struct xenlog *l, struct err *e, const char *fmt, va_list ap);

#endif
