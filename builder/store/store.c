#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

/* How often a transaction is tried that collides with others. Each collision means that another one
 * got through. */
#define TRIES 100

int store_open(struct xs_handle **xsh, struct err *e)
{
	/* libxenstore takes this name for the socket and for the device that it falls back to. */
	if (setenv("XENSTORED_PATH", STORE_SOCKET, 0) < 0)
		return err_set_passing(e, "cannot reach xenstored: %s", strerror(errno));
	*xsh = xs_open(0);
	if (!*xsh)
		return err_set_passing(e, "cannot reach xenstored at " STORE_SOCKET ": %s",
				       strerror(errno));
	return 0;
}

int store_transact(struct xs_handle *xsh, store_body *body, void *arg, struct err *e)
{
	xs_transaction_t t;

	for (unsigned i = 0; i < TRIES; i++) {
		t = xs_transaction_start(xsh);
		if (t == XBT_NULL)
			return err_set_errno(e, errno, "cannot begin a transaction of the store");
		if (body(xsh, t, arg, e) < 0) {
			xs_transaction_end(xsh, t, true);
			return -1;
		}
		if (xs_transaction_end(xsh, t, false))
			return 0;
		if (errno != EAGAIN)
			break;
	}
	return err_set_errno(e, errno, "cannot end a transaction of the store");
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
