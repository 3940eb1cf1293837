#include "slab.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* In bytes. A slab's blocks are of one size. */
#define SLAB_SIZE  16384
#define CHUNK_SIZE (64 * SLAB_SIZE)
#define PAGE_SIZE  4096
#define BLOCK_MIN  32
#define BLOCK_MAX  4096

/* Powers of two, and what is in the middle between two of them. */
#define NR_CLASSES 15

/* So many empty slabs keep their memory. */
#define EMPTY_MAX 64

struct slab {
	/* Among the slabs with free blocks of a class, or the empty ones. */
	struct slab *next, *prev;
	struct block *free;
	size_t class, block; /* bytes of a block */
	size_t used;         /* blocks */
	size_t fresh;        /* where the blocks begin that were never in use */
};

/* In front of what the user gets. */
struct block {
	union {
		struct slab *slab;  /* NULL: it has a mapping of its own */
		struct block *next; /* while it is free */
	};
	size_t size; /* bytes of that mapping */
};

_Static_assert(sizeof(struct block) == SLAB_ALIGN, "what is behind it must be aligned");

static struct {
	struct slab *partial[NR_CLASSES]; /* with free blocks, and at least one in use */
	struct slab *empty;
	struct slab *bare; /* empty, and all but the first page given back */
	size_t nr_empty;
	uint8_t *chunk, *chunk_end; /* of which no slab was made yet */
} pool;

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t class_size(size_t class)
{
	const size_t power = (size_t)BLOCK_MIN << (class / 2);

	return class % 2 ? power + power / 2 : power;
}

/* Of the smallest class whose blocks have so many bytes. */
static size_t class_of(size_t bytes)
{
	const size_t log = bytes <= BLOCK_MIN ? 5 : 64 - (size_t)__builtin_clzl(bytes - 1);
	const size_t class = 2 * (log - 5);

	return class && bytes <= class_size(class - 1) ? class - 1 : class;
}

static void push(struct slab **list, struct slab *s)
{
	s->prev = NULL;
	s->next = *list;
	if (s->next)
		s->next->prev = s;
	*list = s;
}

static void take_out(struct slab **list, struct slab *s)
{
	*(s->prev ? &s->prev->next : list) = s->next;
	if (s->next)
		s->next->prev = s->prev;
}

static struct slab *pop(struct slab **list)
{
	struct slab *s = *list;

	if (s)
		take_out(list, s);
	return s;
}

static struct slab *cut_slab(void)
{
	struct slab *s;

	if (pool.chunk == pool.chunk_end) {
		pool.chunk = map(CHUNK_SIZE);
		pool.chunk_end = pool.chunk ? pool.chunk + CHUNK_SIZE : NULL;
		if (!pool.chunk)
			return NULL;
	}
	s = (struct slab *)(void *)pool.chunk;
	pool.chunk += SLAB_SIZE;
	return s;
}

static struct slab *new_slab(size_t class)
{
	struct slab *s = pop(&pool.empty);

	if (s)
		pool.nr_empty--;
	else
		s = pop(&pool.bare);
	if (!s)
		s = cut_slab();
	if (!s)
		return NULL;
	*s = (struct slab){.class = class, .block = class_size(class)};
	s->fresh = (sizeof(*s) + SLAB_ALIGN - 1) / SLAB_ALIGN * SLAB_ALIGN;
	push(&pool.partial[class], s);
	return s;
}

static bool is_full(const struct slab *s)
{
	return !s->free && s->fresh + s->block > SLAB_SIZE;
}

static struct block *take_block(struct slab *s)
{
	struct block *b = s->free;

	if (b) {
		s->free = b->next;
	} else {
		b = (struct block *)(void *)((uint8_t *)s + s->fresh);
		s->fresh += s->block;
	}
	b->slab = s;
	s->used++;
	if (is_full(s))
		take_out(&pool.partial[s->class], s);
	return b;
}

static void retire(struct slab *s)
{
	take_out(&pool.partial[s->class], s);
	if (pool.nr_empty < EMPTY_MAX) {
		push(&pool.empty, s);
		pool.nr_empty++;
		return;
	}
	madvise((uint8_t *)s + PAGE_SIZE, SLAB_SIZE - PAGE_SIZE, MADV_DONTNEED);
	push(&pool.bare, s);
}

static void give_block(struct slab *s, struct block *b)
{
	if (is_full(s))
		push(&pool.partial[s->class], s);
	b->next = s->free;
	s->free = b;
	if (--s->used == 0)
		retire(s);
}

static size_t mapping_size(size_t bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static struct block *map_block(size_t bytes)
{
	const size_t size = mapping_size(bytes);
	struct block *b = map(size);

	if (b)
		*b = (struct block){.size = size};
	return b;
}

void *slab_alloc(size_t size)
{
	const size_t bytes = size + sizeof(struct block);
	struct block *b = NULL;
	struct slab *s;
	size_t class;

	if (size > PTRDIFF_MAX - 2 * PAGE_SIZE)
		goto out;
	if (bytes > BLOCK_MAX) {
		b = map_block(bytes);
		goto out;
	}
	class = class_of(bytes);
	s = pool.partial[class];
	if (!s)
		s = new_slab(class);
	if (s)
		b = take_block(s);
out:
	if (!b)
		errno = ENOMEM;
	return b ? b + 1 : NULL;
}

void *slab_alloc_zero(size_t size)
{
	void *p = slab_alloc(size);

	/* What has a mapping of its own is zero. */
	if (p && size + sizeof(struct block) <= BLOCK_MAX)
		memset(p, 0, size);
	return p;
}

void slab_free(void *block)
{
	const int error = errno;
	struct block *b = block;

	if (!b)
		return;
	b--;
	if (b->slab)
		give_block(b->slab, b);
	else
		munmap(b, b->size);
	errno = error;
}

size_t slab_size(const void *block)
{
	const struct block *b = (const struct block *)block - 1;

	return (b->slab ? b->slab->block : b->size) - sizeof(*b);
}

/* Of one that has a mapping of its own and keeps it. */
static void *remap(struct block *b, size_t bytes)
{
	const size_t size = mapping_size(bytes);

	if (size != b->size) {
		b = mremap(b, b->size, size, MREMAP_MAYMOVE);
		if (b == MAP_FAILED)
			return NULL;
		b->size = size;
	}
	return b + 1;
}

void *slab_resize(void *block, size_t size)
{
	const size_t bytes = size + sizeof(struct block);
	size_t has;
	void *p;

	if (!block || size > PTRDIFF_MAX - 2 * PAGE_SIZE)
		return slab_alloc(size);
	has = slab_size(block);
	if (bytes > BLOCK_MAX && has + sizeof(struct block) > BLOCK_MAX)
		return remap((struct block *)block - 1, bytes);
	if (size <= has && has <= 2 * size + BLOCK_MIN)
		return block;
	p = slab_alloc(size);
	if (!p)
		return NULL;
	memcpy(p, block, size < has ? size : has);
	slab_free(block);
	return p;
}
