#include "shared.h"

#include <string.h>

void shared_init(struct shared *s)
{
	unsigned t;

	memset(s->introduced, 0, sizeof(s->introduced));
	promises_init(&s->memory);
	for (t = 0; t < TURNS; t++)
		pthread_mutex_init(&s->turns[t], NULL);
}

void shared_destroy(struct shared *s)
{
	unsigned t;

	for (t = 0; t < TURNS; t++)
		pthread_mutex_destroy(&s->turns[t]);
	promises_destroy(&s->memory);
}

void turn_begin(struct shared *s, enum turn t)
{
	if (s)
		pthread_mutex_lock(&s->turns[t]);
}

void turn_end(struct shared *s, enum turn t)
{
	if (s)
		pthread_mutex_unlock(&s->turns[t]);
}
