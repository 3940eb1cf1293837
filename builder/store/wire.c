#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/write_all.h"

int wire_open(const char *path, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return err_set(e, "the path %s is too long for a socket", path);
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return fd;
	err_set(e, "cannot reach xenstored at %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void wire_close(int fd)
{
	close(fd);
}

static int send_all(int fd, uint32_t transaction, const struct wire_call *calls, size_t n,
		    struct err *e)
{
	struct xsd_sockmsg head = {.tx_id = transaction};
	size_t i, len = 0;
	char *all, *p;
	bool sent;

	for (i = 0; i < n; i++) {
		if (calls[i].len > XENSTORE_PAYLOAD_MAX)
			return err_set(e, "a request of %zu bytes is more than xenstored takes",
				       calls[i].len);
		len += sizeof(head) + calls[i].len;
	}
	all = p = malloc(len ? len : 1);
	if (!all)
		return err_set(e, "out of memory");
	for (i = 0; i < n; i++) {
		head.type = calls[i].type;
		head.req_id = (uint32_t)i;
		head.len = (uint32_t)calls[i].len;
		memcpy(p, &head, sizeof(head));
		memcpy(p + sizeof(head), calls[i].body, calls[i].len);
		p += sizeof(head) + calls[i].len;
	}
	sent = write_all(fd, all, len);
	free(all);
	return sent ? 0 : err_set(e, "cannot write to xenstored: %s", strerror(errno));
}

/* What was read of the answers, many of which come at once. */
struct answers {
	int fd;
	size_t begin, end; /* of what is left */
	char bytes[8192];
};

/* Waits for more; there is none left. */
static int refill(struct answers *a, struct err *e)
{
	ssize_t n;

	do
		n = read(a->fd, a->bytes, sizeof(a->bytes));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return err_set(e, "cannot read from xenstored: %s",
			       n < 0 ? strerror(errno) : "it has closed the connection");
	a->begin = 0;
	a->end = (size_t)n;
	return 0;
}

static int read_exactly(struct answers *a, void *to, size_t len, struct err *e)
{
	char *p = to;

	while (len > 0) {
		size_t n;

		if (a->begin == a->end && refill(a, e) < 0)
			return -1;
		n = a->end - a->begin < len ? a->end - a->begin : len;
		memcpy(p, a->bytes + a->begin, n);
		a->begin += n;
		p += n;
		len -= n;
	}
	return 0;
}

/* An error that this table has not is one that xenstored has not either (xs_wire.h). */
static int error_of(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (!strcmp(xsd_errors[i].errstring, text))
			return xsd_errors[i].errnum;
	return EINVAL;
}

static int read_one(struct answers *a, struct wire_call *call, uint32_t id, struct err *e)
{
	struct xsd_sockmsg head;

	if (read_exactly(a, &head, sizeof(head), e) < 0)
		return -1;
	if (head.len > XENSTORE_PAYLOAD_MAX || head.req_id != id ||
	    (head.type != call->type && head.type != XS_ERROR))
		return err_set(e, "xenstored gave an answer that is not understood");
	call->reply = malloc(head.len + 1);
	if (!call->reply)
		return err_set(e, "out of memory");
	if (read_exactly(a, call->reply, head.len, e) < 0)
		return -1;
	call->reply[head.len] = '\0';
	call->reply_len = head.len;
	call->error = head.type == XS_ERROR ? error_of(call->reply) : 0;
	return 0;
}

int wire_talk(int fd, uint32_t transaction, struct wire_call *calls, size_t n, struct err *e)
{
	struct answers a;
	size_t i;

	if (send_all(fd, transaction, calls, n, e) < 0)
		return -1;
	a.fd = fd;
	a.begin = a.end = 0;
	for (i = 0; i < n; i++)
		if (read_one(&a, &calls[i], (uint32_t)i, e) < 0)
			return -1;
	return a.begin == a.end ? 0 : err_set(e, "xenstored gave an answer that nobody asked for");
}

void wire_free(struct wire_call *calls, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(calls[i].body);
		free(calls[i].reply);
	}
}
