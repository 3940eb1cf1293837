#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set(struct err *e, bool passing, const char *fmt, va_list ap)
{
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	e->passing = passing;
}

/* Behind the message that is there. */
static void append(struct err *e, const char *between, const char *text)
{
	const size_t len = strlen(e->msg);

	snprintf(e->msg + len, sizeof(e->msg) - len, "%s%s", between, text);
}

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, false, fmt, ap);
	va_end(ap);
	return -1;
}

int err_set_passing(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, true, fmt, ap);
	va_end(ap);
	return -1;
}

bool errno_passes(int errnum)
{
	switch (errnum) {
	case ENOMEM:
	case ENOSPC:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case EINTR:
	case EBUSY:
	case EIO:
	case ETIMEDOUT:
	case ENODEV:
	case ENXIO:
	case ENOMEDIUM:
	case ECONNREFUSED:
	case ECONNRESET:
	case ENOTCONN:
	case EPIPE:
		return true;
	default:
		return false;
	}
}

int err_set_errno(struct err *e, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, errno_passes(errnum), fmt, ap);
	va_end(ap);
	append(e, ": ", strerror(errnum));
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	const struct err old = *e;
	va_list ap;

	va_start(ap, fmt);
	set(e, old.passing, fmt, ap);
	va_end(ap);
	append(e, "", old.msg);
	return -1;
}
