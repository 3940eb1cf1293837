#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "wire.h"

/* How often a transaction is tried that collides with others. Each collision means that another one
 * got through. */
#define TRIES 100

/* libxenstore tells nobody its file. But that is what struct xs_handle begins with
 * (tools/libs/store/xs.c); -1 when it was closed after a failure. */
static int file_of(struct xs_handle *xsh)
{
	int fd;

	memcpy(&fd, xsh, sizeof(fd));
	return fd;
}

bool store_is_closed(struct xs_handle *xsh)
{
	return file_of(xsh) == -1;
}

/* The library waits for an answer for ever. A wait that is over fails with EAGAIN, upon which it
 * closes the file. That this is the file can be seen: it is connected to xenstored. */
static void bound_waits(struct xs_handle *xsh)
{
	const struct timeval patience = {.tv_sec = WIRE_PATIENCE_MS / 1000};
	struct sockaddr_un a = {.sun_family = AF_UNSPEC};
	socklen_t len = sizeof(a) - 1;
	const int fd = file_of(xsh);

	if (getpeername(fd, (struct sockaddr *)&a, &len) < 0 || a.sun_family != AF_UNIX ||
	    !strstr(a.sun_path, "xenstored"))
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

bool store_lost(int errnum)
{
	return errnum == EBADF || errnum == EPIPE || errnum == ECONNRESET || errnum == EAGAIN;
}

int store_error(struct err *e, const char *fmt, ...)
{
	const int cause = errno;
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(e, "%s: %s", text, strerror(cause));
	e->passing = store_lost(cause);
	return -1;
}

int store_open(struct xs_handle **xsh, struct err *e)
{
	/* libxenstore takes this name for the socket and for the device that it falls back to. */
	if (setenv("XENSTORED_PATH", STORE_SOCKET, 0) < 0)
		return err_set_passing(e, "cannot reach xenstored: %s", strerror(errno));
	*xsh = xs_open(0);
	if (!*xsh)
		return err_set_passing(e, "cannot reach xenstored at " STORE_SOCKET ": %s",
				       strerror(errno));
	bound_waits(*xsh);
	return 0;
}

int store_transact(struct xs_handle *xsh, store_body *body, void *arg, struct err *e)
{
	xs_transaction_t t;

	for (unsigned i = 0; i < TRIES; i++) {
		t = xs_transaction_start(xsh);
		if (t == XBT_NULL)
			return store_error(e, "cannot begin a transaction of the store");
		if (body(xsh, t, arg, e) < 0) {
			xs_transaction_end(xsh, t, true);
			return -1;
		}
		if (xs_transaction_end(xsh, t, false))
			return 0;
		if (errno != EAGAIN)
			break;
	}
	return store_error(e, "cannot end a transaction of the store");
}

/* Returns 0 with *again telling whether it has to be done anew, or -1 with e set. */
static int transact_once(int fd, store_wire_body *body, void *arg, bool *again, struct err *e)
{
	struct err ignored;
	int error = 0;
	uint32_t t;

	if (wire_begin(fd, &t, e) < 0)
		return -1;
	if (body(fd, t, arg, e) < 0) {
		wire_end(fd, t, true, &error, &ignored);
		return -1;
	}
	if (wire_end(fd, t, false, &error, e) < 0)
		return -1;
	*again = error == EAGAIN;
	if (!error || *again)
		return 0;
	return err_set_errno(e, error, "cannot end a transaction of the store");
}

int store_transact_on(int fd, store_wire_body *body, void *arg, struct err *e)
{
	bool again = true;
	int rc = 0;

	for (unsigned i = 0; i < TRIES && again && !rc; i++)
		rc = transact_once(fd, body, arg, &again, e);
	if (!rc && again)
		rc = err_set_errno(e, EAGAIN, "cannot end a transaction of the store");
	return rc;
}
