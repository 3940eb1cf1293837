/*
 * Memory for xenstored, which allocates and frees some dozens of small blocks for each request. musl's
 * allocator maps and unmaps a page in more than half of them, which in a pv dom0 took as long as all else
 * that xenstored does. Here, blocks of like size share slabs, and a slab that is empty is kept for the next.
 *
 * Not for programs with threads.
 */
#ifndef EARLYDOM_SLAB_H
#define EARLYDOM_SLAB_H

#include <stddef.h>

/* Each block is aligned to this many bytes. */
#define SLAB_ALIGN 16

/* Returns size bytes, at least one, with what was in that memory before; NULL with errno set. */
void *slab_alloc(size_t size);

/* The same, and zero. */
void *slab_alloc_zero(size_t size);

/* Gives back what the others returned; NULL is nothing. */
void slab_free(void *block);

/* How many bytes there are for the user of a block: at least as many as were asked for. */
size_t slab_size(const void *block);

/* Makes a block larger or smaller; it may move. NULL with errno set: nothing has changed. */
void *slab_resize(void *block, size_t size);

#endif
