#include "build_locks.h"

#include <string.h>

void build_locks_init(struct build_locks *s)
{
	memset(s->added, 0, sizeof(s->added));
	reservations_init(&s->memory);
	for (unsigned t = 0; t < BUILD_LOCKS; t++)
		pthread_mutex_init(&s->locks[t], NULL);
}

void build_locks_destroy(struct build_locks *s)
{
	for (unsigned t = 0; t < BUILD_LOCKS; t++)
		pthread_mutex_destroy(&s->locks[t]);
	reservations_destroy(&s->memory);
}

void build_lock(struct build_locks *s, enum build_lock t)
{
	if (s)
		pthread_mutex_lock(&s->locks[t]);
}

void build_unlock(struct build_locks *s, enum build_lock t)
{
	if (s)
		pthread_mutex_unlock(&s->locks[t]);
}
