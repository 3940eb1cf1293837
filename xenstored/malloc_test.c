/* The C library's names, in a program that is linked as xenstored is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "slab.h"

/* Through a pointer: the compiler knows what malloc is, and would have its own opinion. */
static void *(*volatile take)(size_t) = malloc;
static void *(*volatile take_zero)(size_t, size_t) = calloc;
static void *(*volatile resize)(void *, size_t) = realloc;

/* What the C library allocates itself comes from here, too: realloc and free take it. */
static void test_library(void **state)
{
	char *text = strdup("it is the same memory");

	(void)state;
	assert_true(malloc_usable_size(text) == slab_size(text));
	text = resize(text, 5000);
	assert_string_equal(text, "it is the same memory");
	free(text);
}

static void test_takes(void **state)
{
	void *p = take(100);
	const uintptr_t at = (uintptr_t)p;

	(void)state;
	assert_int_equal(malloc_usable_size(p), slab_size(p));
	free(p);
	p = slab_alloc(100);
	assert_int_equal((uintptr_t)p, at);
	slab_free(p);
	assert_int_equal(malloc_usable_size(NULL), 0);
}

static void test_clears(void **state)
{
	static const char zero[300];
	void *p = take(300);

	(void)state;
	memset(p, 1, 300);
	free(p);
	p = take_zero(3, 100);
	assert_memory_equal(p, zero, 300);
	free(p);
	errno = 0;
	assert_null(take_zero(SIZE_MAX / 2, 3));
	assert_int_equal(errno, ENOMEM);
}

static void test_aligned(void **state)
{
	void *p = NULL;

	(void)state;
	assert_int_equal(posix_memalign(&p, 16, 100), 0);
	assert_int_equal((uintptr_t)p % 16, 0);
	free(p);
	assert_int_equal(posix_memalign(&p, 4096, 100), EINVAL);
	errno = 0;
	assert_null(aligned_alloc(4096, 4096));
	assert_int_equal(errno, EINVAL);
	p = memalign(8, 10);
	assert_non_null(p);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_clears),
		cmocka_unit_test(test_aligned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
