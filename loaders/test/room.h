/* Memory for tests to unpack to. */
#ifndef EARLYDOM_TEST_ROOM_H
#define EARLYDOM_TEST_ROOM_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "loaders/codec.h"

static inline struct room room_make(size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		abort();
	return (struct room){.data = map, .size = size};
}

static inline void room_free(struct room *r)
{
	munmap(r->data, r->size);
	*r = (struct room){0};
}

#endif
