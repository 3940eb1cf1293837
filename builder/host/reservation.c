#include "reservation.h"

#include "free_memory.h"

void reservations_init(struct reservations *all)
{
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->changed, NULL);
	all->first = NULL;
}

void reservations_destroy(struct reservations *all)
{
	pthread_cond_destroy(&all->changed);
	pthread_mutex_destroy(&all->lock);
}

void reservation_make(struct reservations *all, struct reservation *p, uint64_t kib)
{
	struct reservation **end;

	pthread_mutex_lock(&all->lock);
	for (end = &all->first; *end; end = &(*end)->next)
		;
	*p = (struct reservation){.made = true, .kib = kib};
	*end = p;
	pthread_mutex_unlock(&all->lock);
}

void reservation_claimed(struct reservations *all, struct reservation *p, uint64_t kib)
{
	if (!p->made)
		return;
	pthread_mutex_lock(&all->lock);
	p->kib -= kib < p->kib ? kib : p->kib;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

void reservation_end(struct reservations *all, struct reservation *p)
{
	struct reservation **at;

	if (!p->made)
		return;
	pthread_mutex_lock(&all->lock);
	for (at = &all->first; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	p->made = false;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

static uint64_t reserved_before(const struct reservations *all, const struct reservation *p)
{
	uint64_t kib = 0;

	for (const struct reservation *other = all->first; other != p; other = other->next)
		kib += other->kib;
	return kib;
}

int reservation_wait(struct reservations *all, const struct reservation *p, xc_interface *xch,
		     struct xenlog *log, uint64_t *free_kib, struct err *e)
{
	uint64_t before;
	int rc;

	pthread_mutex_lock(&all->lock);
	for (;;) {
		before = reserved_before(all, p);
		rc = free_memory(xch, log, free_kib, e);
		/* An earlier build that is claiming its memory may have a part of it already. That
		 * part counts twice until reservation_claimed, so that this waits rather too long
		 * than too short. */
		if (rc < 0 || all->first == p || p->kib + before <= *free_kib)
			break;
		pthread_cond_wait(&all->changed, &all->lock);
	}
	pthread_mutex_unlock(&all->lock);
	return rc;
}
