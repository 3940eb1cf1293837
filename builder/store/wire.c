#include "wire.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

int wire_open(const char *path, struct err *e)
{
	/* A xenstored that is stopped lets those wait who connect. */
	const struct timeval patience = {.tv_sec = WIRE_PATIENCE_MS / 1000};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return err_set(e, "the path %s is too long for a socket", path);
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	err_set_passing(e, "cannot reach xenstored at %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void wire_close(int fd)
{
	close(fd);
}

/* What is on its way: requests that are still to be sent, and what was read of the answers, many of
 * which come at once. */
struct talk {
	int fd;
	char *requests;
	size_t sent, len;  /* of the requests */
	size_t begin, end; /* of the answers that are left */
	char answers[8192];
};

/* Makes one text of all requests, t->requests, for the caller to free. */
static int put_together(struct talk *t, uint32_t transaction, const struct wire_call *calls,
			size_t n, struct err *e)
{
	struct xsd_sockmsg head = {.tx_id = transaction};
	char *p;

	for (size_t i = 0; i < n; i++) {
		if (calls[i].len > XENSTORE_PAYLOAD_MAX)
			return err_set(e, "a request of %zu bytes is more than xenstored takes",
				       calls[i].len);
		t->len += sizeof(head) + calls[i].len;
	}
	t->requests = p = malloc(t->len ? t->len : 1);
	if (!p)
		return err_set_passing(e, "out of memory");
	for (size_t i = 0; i < n; i++) {
		head.type = calls[i].type;
		head.req_id = (uint32_t)i;
		head.len = (uint32_t)calls[i].len;
		memcpy(p, &head, sizeof(head));
		memcpy(p + sizeof(head), calls[i].body, calls[i].len);
		p += sizeof(head) + calls[i].len;
	}
	return 0;
}

/* Sends what the socket takes without waiting. */
static int send_some(struct talk *t, struct err *e)
{
	ssize_t n;

	while (t->sent < t->len) {
		n = send(t->fd, t->requests + t->sent, t->len - t->sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_set_passing(e, "cannot write to xenstored: %s", strerror(errno));
		t->sent += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Waits until there is something to read, or room for what is to be sent. */
static int await(const struct talk *t, struct err *e)
{
	struct pollfd p = {.fd = t->fd, .events = POLLIN};
	int n;

	if (t->sent < t->len)
		p.events |= POLLOUT;
	do
		n = poll(&p, 1, WIRE_PATIENCE_MS);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	return err_set_passing(e, "xenstored does not answer for %u s", WIRE_PATIENCE_MS / 1000);
}

/* Waits for more of the answers, when there are none left, and sends meanwhile: xenstored may wait
 * for its answers to be read before it takes more requests. */
static int refill(struct talk *t, struct err *e)
{
	ssize_t n;

	for (;;) {
		if (send_some(t, e) < 0)
			return -1;
		n = recv(t->fd, t->answers, sizeof(t->answers), MSG_DONTWAIT);
		if (n > 0)
			break;
		if (!n)
			return err_set_passing(
				e, "cannot read from xenstored: it has closed the connection");
		if (errno == EAGAIN) {
			if (await(t, e) < 0)
				return -1;
		} else if (errno != EINTR) {
			return err_set_passing(e, "cannot read from xenstored: %s",
					       strerror(errno));
		}
	}
	t->begin = 0;
	t->end = (size_t)n;
	return 0;
}

static int read_exactly(struct talk *t, void *to, size_t len, struct err *e)
{
	char *p = to;

	while (len > 0) {
		size_t n;

		if (t->begin == t->end && refill(t, e) < 0)
			return -1;
		n = t->end - t->begin < len ? t->end - t->begin : len;
		memcpy(p, t->answers + t->begin, n);
		t->begin += n;
		p += n;
		len -= n;
	}
	return 0;
}

/* xsd_errors (xs_wire.h) has every error that xenstored sends; any other text counts as EINVAL. */
static int error_of(const char *text)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (!strcmp(xsd_errors[i].errstring, text))
			return xsd_errors[i].errnum;
	return EINVAL;
}

static int read_one(struct talk *t, struct wire_call *call, uint32_t id, struct err *e)
{
	struct xsd_sockmsg head;

	if (read_exactly(t, &head, sizeof(head), e) < 0)
		return -1;
	if (head.len > XENSTORE_PAYLOAD_MAX || head.req_id != id ||
	    (head.type != call->type && head.type != XS_ERROR))
		return err_set_passing(e, "xenstored gave an answer that is not understood");
	call->reply = malloc(head.len + 1);
	if (!call->reply)
		return err_set_passing(e, "out of memory");
	if (read_exactly(t, call->reply, head.len, e) < 0)
		return -1;
	call->reply[head.len] = '\0';
	call->reply_len = head.len;
	call->error = head.type == XS_ERROR ? error_of(call->reply) : 0;
	return 0;
}

int wire_talk(int fd, uint32_t transaction, struct wire_call *calls, size_t n, struct err *e)
{
	struct talk t;
	int rc;

	memset(&t, 0, offsetof(struct talk, answers));
	t.fd = fd;
	rc = put_together(&t, transaction, calls, n, e);
	for (size_t i = 0; !rc && i < n; i++)
		rc = read_one(&t, &calls[i], (uint32_t)i, e);
	if (!rc && (t.begin < t.end || t.sent < t.len))
		rc = err_set_passing(e, "xenstored gave an answer that nobody asked for");
	free(t.requests);
	return rc;
}

void wire_free(struct wire_call *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(calls[i].body);
		free(calls[i].reply);
	}
}
