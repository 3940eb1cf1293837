/* Allocations that fail on request. The linker sends the program's calls here (--wrap). */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local unsigned left; /* allocations until one fails; 0: none does */
static _Thread_local bool failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

void fake_alloc_fail_at(unsigned n)
{
	left = n;
	failed = false;
}

bool fake_alloc_failed(void)
{
	return failed;
}

static bool to_fail(void)
{
	if (!left || --left)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

/*
 * In a static C library one allocation function calls another, and both come here: they count as
 * one.
 */
static unsigned hold(void)
{
	const unsigned was = left;

	left = 0;
	return was;
}

void *__wrap_malloc(size_t size)
{
	return to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	unsigned was;
	void *p;

	if (to_fail())
		return NULL;
	was = hold();
	p = __real_calloc(n, size);
	left = was;
	return p;
}

void *__wrap_realloc(void *p, size_t size)
{
	unsigned was;

	if (to_fail())
		return NULL;
	was = hold();
	p = __real_realloc(p, size);
	left = was;
	return p;
}

char *__wrap_strdup(const char *s)
{
	unsigned was;
	char *copy;

	if (to_fail())
		return NULL;
	was = hold();
	copy = __real_strdup(s);
	left = was;
	return copy;
}

void *fake_calloc(size_t n, size_t size)
{
	const unsigned was = hold();
	void *p = __real_calloc(n, size);

	left = was;
	if (!p)
		abort();
	return p;
}
