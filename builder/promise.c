#include "promise.h"

#include "host.h"

void promises_init(struct promises *all)
{
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->ended, NULL);
	all->first = NULL;
}

void promises_destroy(struct promises *all)
{
	pthread_cond_destroy(&all->ended);
	pthread_mutex_destroy(&all->lock);
}

void promise_make(struct promises *all, struct promise *p, uint64_t kib)
{
	struct promise **end;

	pthread_mutex_lock(&all->lock);
	for (end = &all->first; *end; end = &(*end)->next)
		;
	*p = (struct promise){.made = true, .kib = kib};
	*end = p;
	pthread_mutex_unlock(&all->lock);
}

void promise_end(struct promises *all, struct promise *p)
{
	struct promise **at;

	if (!p->made)
		return;
	pthread_mutex_lock(&all->lock);
	for (at = &all->first; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	p->made = false;
	pthread_cond_broadcast(&all->ended);
	pthread_mutex_unlock(&all->lock);
}

static uint64_t promised_before(const struct promises *all, const struct promise *p)
{
	const struct promise *other;
	uint64_t kib = 0;

	for (other = all->first; other != p; other = other->next)
		kib += other->kib;
	return kib;
}

int promise_wait(struct promises *all, const struct promise *p, struct host *h, uint64_t *free_kib,
		 struct err *e)
{
	uint64_t before;
	int rc;

	pthread_mutex_lock(&all->lock);
	for (;;) {
		before = promised_before(all, p);
		rc = host_free_kib(h, free_kib, e);
		/* Those before may have taken a part of theirs already, which counts twice: it is
		 * waited for too long rather than not enough. */
		if (rc < 0 || all->first == p || p->kib + before <= *free_kib)
			break;
		pthread_cond_wait(&all->ended, &all->lock);
	}
	pthread_mutex_unlock(&all->lock);
	return rc;
}
