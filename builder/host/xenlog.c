#include "xenlog.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * libxenguest's messages have a place in its source in front ("panic: xg_dom_core.c:707: text"),
 * which tells a user nothing. Everything up to the number is left out.
 */
static const char *skip_prefix(const char *s)
{
	const char *p = strstr(s, ".c:");

	if (!p)
		return s;
	p += 3;
	p += strspn(p, "0123456789");
	return *p == ':' ? p + 1 + strspn(p + 1, " ") : s;
}

static void xenlog_message(xentoollog_logger *logger, xentoollog_level level, int errnum,
			   const char *context, const char *format, va_list ap)
{
	struct xenlog *l = (struct xenlog *)logger;
	char text[512];
	size_t len;

	if (level < XTL_ERROR && !l->verbose)
		return;
	vsnprintf(text, sizeof(text), format, ap);
	len = strlen(text);
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (l->verbose)
		fprintf(stderr, "earlydom: %s: %s%s%s\n", context ? context : "xen", text,
			errnum > 0 ? ": " : "", errnum > 0 ? strerror(errnum) : "");
	if (level < XTL_ERROR || l->first[0])
		return;
	if (errnum > 0)
		snprintf(l->first, sizeof(l->first), "%.190s: %s", skip_prefix(text),
			 strerror(errnum));
	else
		snprintf(l->first, sizeof(l->first), "%.255s", skip_prefix(text));
}

void xenlog_init(struct xenlog *l, bool verbose)
{
	memset(l, 0, sizeof(*l));
	l->vtable.vmessage = xenlog_message;
	l->verbose = verbose;
}

void xenlog_clear(struct xenlog *l)
{
	l->first[0] = '\0';
}

/* The first error, or the text of errnum (an errno value) when the library said nothing. */
static const char *xenlog_cause(const struct xenlog *l, int errnum)
{
	return l->first[0] ? l->first : strerror(errnum);
}

int xenlog_verror(struct xenlog *l, struct err *e, const char *fmt, va_list ap)
{
	const int saved = errno;
	size_t len;

	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	len = strlen(e->msg);
	snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", xenlog_cause(l, saved));
	e->passing = errno_passes(saved);
	xenlog_clear(l);
	return -1;
}

int xenlog_error(struct xenlog *l, struct err *e, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = xenlog_verror(l, e, fmt, ap);
	va_end(ap);
	return rc;
}
