/*
 * The store's watch, by the fake of libxenstore: its calls are counted and fail as the library's
 * do. With another xenstored than the fake's, which tests of its own have, it is the real one.
 */
#include "builder/store/store_watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "fake_store.h"
#include "state.h"

#define FDS_MAX 256

static struct xs_handle *handles[FDS_MAX]; /* by their files */

int __real_store_watch_open(struct store_watch *w, const char *node, struct err *e);
int __wrap_store_watch_open(struct store_watch *w, const char *node, struct err *e);
int __real_store_watch_also(struct store_watch *w, const char *node, struct err *e);
int __wrap_store_watch_also(struct store_watch *w, const char *node, struct err *e);
int __real_store_watch_take(struct store_watch *w);
int __wrap_store_watch_take(struct store_watch *w);
void __real_store_watch_close(struct store_watch *w);
void __wrap_store_watch_close(struct store_watch *w);

static struct xs_handle *handle_of(const struct store_watch *w)
{
	return w->fd >= 0 && w->fd < FDS_MAX ? handles[w->fd] : NULL;
}

static int cannot_watch(const char *node, struct err *e)
{
	return err_set_passing(e, "cannot watch %s in the store: %s", node, strerror(errno));
}

int __wrap_store_watch_open(struct store_watch *w, const char *node, struct err *e)
{
	struct xs_handle *h;

	if (fake_store()->real_watch)
		return __real_store_watch_open(w, node, e);
	memset(w, 0, sizeof(*w));
	w->fd = -1;
	h = xs_open(0);
	if (!h || !xs_watch(h, node, "")) {
		cannot_watch(node, e);
		if (h)
			xs_close(h);
		return -1;
	}
	w->fd = xs_fileno(h);
	if (w->fd >= FDS_MAX)
		abort();
	handles[w->fd] = h;
	return 0;
}

int __wrap_store_watch_also(struct store_watch *w, const char *node, struct err *e)
{
	struct xs_handle *h = handle_of(w);

	if (!h)
		return __real_store_watch_also(w, node, e);
	return xs_watch(h, node, "") ? 0 : cannot_watch(node, e);
}

int __wrap_store_watch_take(struct store_watch *w)
{
	struct xs_handle *h = handle_of(w);
	char **event;
	int n = 0;

	if (!h)
		return __real_store_watch_take(w);
	while ((event = xs_check_watch(h))) {
		free(event);
		n++;
	}
	return n;
}

void __wrap_store_watch_close(struct store_watch *w)
{
	struct xs_handle *h = handle_of(w);

	if (!h) {
		__real_store_watch_close(w);
		return;
	}
	handles[w->fd] = NULL;
	w->fd = -1;
	xs_close(h);
}
