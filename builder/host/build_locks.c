#include "build_locks.h"

#include <string.h>

void build_locks_init(struct build_locks *s)
{
	memset(s->introduced, 0, sizeof(s->introduced));
	reservations_init(&s->memory);
	for (unsigned t = 0; t < BUILD_LOCKS; t++)
		pthread_mutex_init(&s->turns[t], NULL);
}

void build_locks_destroy(struct build_locks *s)
{
	for (unsigned t = 0; t < BUILD_LOCKS; t++)
		pthread_mutex_destroy(&s->turns[t]);
	reservations_destroy(&s->memory);
}

void build_lock(struct build_locks *s, enum build_lock t)
{
	if (s)
		pthread_mutex_lock(&s->turns[t]);
}

void build_unlock(struct build_locks *s, enum build_lock t)
{
	if (s)
		pthread_mutex_unlock(&s->turns[t]);
}
