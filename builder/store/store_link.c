#include "store_link.h"

#include "store.h"

void store_link_init(struct store_link *l)
{
	pthread_mutex_init(&l->lock, NULL);
	l->state = STORE_ABSENT;
	l->generation = 0;
}

void store_link_destroy(struct store_link *l)
{
	pthread_mutex_destroy(&l->lock);
}

void store_handle_close(struct host *h)
{
	if (h->xsh)
		xs_close(h->xsh);
	h->xsh = NULL;
}

struct xs_handle *store_handle(struct host *h)
{
	struct err ignored;
	unsigned generation;
	bool serves;

	if (!h->link)
		return h->xsh;
	pthread_mutex_lock(&h->link->lock);
	serves = h->link->state == STORE_SERVES;
	generation = h->link->generation;
	pthread_mutex_unlock(&h->link->lock);
	if (h->xsh && (!serves || h->store_generation != generation || store_is_closed(h->xsh)))
		store_handle_close(h);
	if (!h->xsh && serves && store_open(&h->xsh, &ignored) == 0)
		h->store_generation = generation;
	return h->xsh;
}
