/* The C library's names for it: linked into xenstored, it takes the place of musl's allocator. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "slab.h"

void *malloc(size_t size)
{
	return slab_alloc(size);
}

void *calloc(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return slab_alloc_zero(bytes);
}

void *realloc(void *block, size_t size)
{
	return slab_resize(block, size);
}

void free(void *block)
{
	slab_free(block);
}

size_t malloc_usable_size(void *block)
{
	return block ? slab_size(block) : 0;
}

/* Nothing in xenstored wants more than what malloc gives. */
int posix_memalign(void **block, size_t align, size_t size)
{
	if (align > SLAB_ALIGN)
		return EINVAL;
	*block = slab_alloc(size);
	return *block ? 0 : ENOMEM;
}

void *aligned_alloc(size_t align, size_t size)
{
	void *block = NULL;
	const int error = posix_memalign(&block, align, size);

	if (error)
		errno = error;
	return block;
}

void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}
