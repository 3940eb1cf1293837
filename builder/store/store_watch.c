#include "store_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "store.h"
#include "wire.h"

/* What messages of a type there were. */
struct heard {
	unsigned events, answers, errors;
};

/* Takes n bytes of messages apart. */
static void hear(struct store_watch *w, const char *p, size_t n, struct heard *h)
{
	size_t k;

	while (n > 0) {
		if (w->skip > 0) {
			k = w->skip < n ? w->skip : n;
			w->skip -= k;
		} else {
			k = sizeof(w->part.head) - w->have;
			k = k < n ? k : n;
			memcpy(w->part.bytes + w->have, p, k);
			w->have += k;
		}
		p += k;
		n -= k;
		if (w->have < sizeof(w->part.head))
			continue;
		w->have = 0;
		w->skip = w->part.head.len;
		h->events += w->part.head.type == XS_WATCH_EVENT;
		h->answers += w->part.head.type == XS_WATCH;
		h->errors += w->part.head.type == XS_ERROR;
	}
}

/* Reads what there is. Returns 0, or -1 at the end of the connection, or where xenstored says that
 * something is wrong. */
static int take(struct store_watch *w, struct heard *h)
{
	char buf[4096];
	ssize_t n;

	for (;;) {
		n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN && !h->errors ? 0 : -1;
		hear(w, buf, (size_t)n, h);
	}
}

/* Asks, and waits for the answer, before which news may come. */
static int ask(struct store_watch *w, const char *node, struct err *e)
{
	struct {
		struct xsd_sockmsg head;
		char body[256];
	} request = {{.type = XS_WATCH}, ""};
	const int len = snprintf(request.body, sizeof(request.body) - 1, "%s", node);
	struct pollfd p = {.fd = w->fd, .events = POLLIN};
	struct heard h = {0};
	size_t size;

	/* The node and a token, each with its NUL; no token is wanted. */
	request.head.len = (uint32_t)len + 2;
	size = sizeof(request.head) + request.head.len;
	if (send(w->fd, &request, size, MSG_NOSIGNAL) != (ssize_t)size)
		return err_set_passing(e,
				       "cannot watch %s in the store: xenstored does not take "
				       "the request",
				       node);
	while (!h.answers) {
		if (poll(&p, 1, WIRE_PATIENCE_MS) == 0)
			return err_set_passing(e,
					       "cannot watch %s in the store: xenstored does "
					       "not answer for %u s",
					       node, WIRE_PATIENCE_MS / 1000);
		if (take(w, &h) < 0)
			return err_set_passing(e, "cannot watch %s in the store: xenstored %s",
					       node,
					       h.errors ? "refuses" : "has closed the connection");
	}
	return 0;
}

int store_watch_open(struct store_watch *w, const char *node, struct err *e)
{
	memset(w, 0, sizeof(*w));
	w->fd = wire_open(STORE_SOCKET, e);
	if (w->fd < 0)
		return -1;
	if (ask(w, node, e) == 0)
		return 0;
	store_watch_close(w);
	return -1;
}

int store_watch_also(struct store_watch *w, const char *node, struct err *e)
{
	return ask(w, node, e);
}

int store_watch_take(struct store_watch *w)
{
	struct heard h = {0};

	return take(w, &h) < 0 ? -1 : (int)h.events;
}

void store_watch_close(struct store_watch *w)
{
	if (w->fd >= 0)
		wire_close(w->fd);
	w->fd = -1;
}
