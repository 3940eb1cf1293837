/*
 * The store's protocol, by the fake of libxenstore: a connection to where xenstored listens is a
 * handle, and each request is one of the library's calls, which are counted and fail as those do.
 * Connections to anything else are real.
 */
#include "builder/store/wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder/store/store.h"
#include "fake_store.h"
#include "state.h"

#define FDS_MAX 256

static struct xs_handle *handles[FDS_MAX]; /* by their files, each used by one thread */

int __real_wire_open(const char *path, struct err *e);
int __wrap_wire_open(const char *path, struct err *e);
void __real_wire_close(int fd);
void __wrap_wire_close(int fd);
int __real_wire_talk(int fd, uint32_t t, struct wire_call *calls, size_t n, struct err *e);
int __wrap_wire_talk(int fd, uint32_t t, struct wire_call *calls, size_t n, struct err *e);

int __wrap_wire_open(const char *path, struct err *e)
{
	struct xs_handle *h;
	int fd;

	if (fake_store()->real_watch)
		path = fake_store()->real_watch;
	if (strcmp(path, STORE_SOCKET) != 0)
		return __real_wire_open(path, e);
	h = xs_open(0);
	if (!h)
		return err_set(e, "cannot reach xenstored at %s: %s", path, strerror(errno));
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd >= FDS_MAX)
		abort();
	handles[fd] = h;
	return fd;
}

void __wrap_wire_close(int fd)
{
	if (fd < FDS_MAX && handles[fd]) {
		xs_close(handles[fd]);
		handles[fd] = NULL;
	}
	__real_wire_close(fd);
}

/* Allocations here are the fake's, not the program's, and do not fail. */
static bool start(struct xs_handle *h, struct wire_call *call)
{
	const xs_transaction_t t = xs_transaction_start(h);

	if (t == XBT_NULL)
		return false;
	call->reply = fake_calloc(1, 16);
	call->reply_len = (size_t)snprintf(call->reply, 16, "%u", t) + 1;
	return true;
}

static bool list(struct xs_handle *h, xs_transaction_t t, struct wire_call *call)
{
	unsigned i, n;
	char **names = xs_directory(h, t, call->body, &n);
	size_t len;

	if (!names)
		return false;
	for (i = 0; i < n; i++)
		call->reply_len += strlen(names[i]) + 1;
	call->reply = fake_calloc(1, call->reply_len + 1);
	for (i = 0, len = 0; i < n; i++) {
		strcpy(call->reply + len, names[i]);
		len += strlen(names[i]) + 1;
	}
	free(names);
	return true;
}

static bool read_value(struct xs_handle *h, xs_transaction_t t, struct wire_call *call)
{
	unsigned len = 0;

	call->reply = xs_read(h, t, call->body, &len);
	call->reply_len = len;
	return call->reply;
}

static bool permit(struct xs_handle *h, xs_transaction_t t, const struct wire_call *call)
{
	const char *p = call->body + strlen(call->body) + 1, *end = call->body + call->len;
	struct xs_permissions perms[4];
	unsigned n;

	for (n = 0; p < end && n < 4; n++, p += strlen(p) + 1) {
		perms[n].id = (unsigned)strtoul(p + 1, NULL, 10);
		perms[n].perms = *p == 'r' ? XS_PERM_READ : XS_PERM_NONE;
	}
	return xs_set_permissions(h, t, call->body, perms, n);
}

static bool carry_out(struct xs_handle *h, xs_transaction_t t, struct wire_call *call)
{
	const size_t path = strlen(call->body) + 1;

	switch (call->type) {
	case XS_TRANSACTION_START:
		return start(h, call);
	case XS_TRANSACTION_END:
		return xs_transaction_end(h, t, call->body[0] == 'F');
	case XS_DIRECTORY:
		return list(h, t, call);
	case XS_READ:
		return read_value(h, t, call);
	case XS_WRITE:
		return xs_write(h, t, call->body, call->body + path, (unsigned)(call->len - path));
	case XS_SET_PERMS:
		return permit(h, t, call);
	case XS_RM:
		return xs_rm(h, t, call->body);
	default:
		abort();
	}
}

int __wrap_wire_talk(int fd, uint32_t t, struct wire_call *calls, size_t n, struct err *e)
{
	if (fd >= FDS_MAX || !handles[fd])
		return __real_wire_talk(fd, t, calls, n, e);
	for (size_t i = 0; i < n; i++)
		calls[i].error = carry_out(handles[fd], t, &calls[i]) ? 0 : errno;
	return 0;
}
