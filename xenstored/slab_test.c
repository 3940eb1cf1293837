/* Blocks are where and as large as was asked for, keep what they hold, and come back to be used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "slab.h"

#define PAGE 4096

/* A byte for each block, so that one that is written over shows. */
static void fill(void *block, size_t size, size_t mark)
{
	memset(block, (int)(mark % 251), size);
}

static void check(const void *block, size_t size, size_t mark)
{
	const uint8_t *p = block;
	size_t i;

	for (i = 0; i < size; i++)
		assert_int_equal(p[i], mark % 251);
}

/* KiB of this process in memory. */
static unsigned long resident(void)
{
	unsigned long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &pages), 2);
	fclose(f);
	return pages * (PAGE / 1024);
}

static long page_faults(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
	return u.ru_minflt;
}

static void test_every_size(void **state)
{
	static void *blocks[9000];
	size_t n;

	(void)state;
	for (n = 0; n < 9000; n++) {
		blocks[n] = slab_alloc(n);
		assert_non_null(blocks[n]);
		assert_int_equal((uintptr_t)blocks[n] % SLAB_ALIGN, 0);
		assert_true(slab_size(blocks[n]) >= n && slab_size(blocks[n]) >= 1);
		fill(blocks[n], slab_size(blocks[n]), n);
	}
	for (n = 0; n < 9000; n++)
		check(blocks[n], slab_size(blocks[n]), n);
	for (n = 0; n < 9000; n++)
		slab_free(blocks[n]);
}

/* Small blocks waste at most half of what they take, beyond the smallest. */
static void test_not_too_large(void **state)
{
	size_t n;
	void *p;

	(void)state;
	for (n = 1; n < 3 * PAGE; n++) {
		p = slab_alloc(n);
		assert_true(slab_size(p) <= n + n / 2 + (n < PAGE - SLAB_ALIGN ? 24 : PAGE));
		slab_free(p);
	}
}

/* One after the other, a block comes from where the last one was: nothing is mapped or cleared. */
static void test_used_again(void **state)
{
	const long faults = page_faults();
	void *first = slab_alloc(4080), *p;
	int i;

	(void)state;
	slab_free(first);
	for (i = 0; i < 100000; i++) {
		p = slab_alloc(4080);
		assert_ptr_equal(p, first);
		fill(p, 4080, 1);
		slab_free(p);
	}
	assert_true(page_faults() < faults + 100);
}

static void test_zero(void **state)
{
	static const size_t sizes[] = {1, 16, 100, PAGE - SLAB_ALIGN, PAGE, 100 * PAGE};
	size_t i, k;
	uint8_t *p;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = slab_alloc(sizes[i]);
		memset(p, 0xff, sizes[i]);
		slab_free(p);
		p = slab_alloc_zero(sizes[i]);
		for (k = 0; k < sizes[i]; k++)
			assert_int_equal(p[k], 0);
		slab_free(p);
	}
}

static void test_resize(void **state)
{
	static const size_t sizes[] = {
		1,         15,       16,        17,        1000,     PAGE - SLAB_ALIGN,
		PAGE - 15, 5 * PAGE, 60 * PAGE, 10 * PAGE, PAGE + 1, 300,
		2,         PAGE};
	size_t i, last = 1;
	void *p = slab_resize(NULL, 1);

	(void)state;
	fill(p, 1, 0);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = slab_resize(p, sizes[i]);
		assert_non_null(p);
		assert_true(slab_size(p) >= sizes[i]);
		check(p, last < sizes[i] ? last : sizes[i], i);
		fill(p, slab_size(p), i + 1);
		last = sizes[i];
	}
	slab_free(p);
}

/* A large block that becomes small does not keep its memory. */
static void test_shrinks(void **state)
{
	void *p = slab_alloc(64 * PAGE);

	(void)state;
	p = slab_resize(p, 32 * PAGE);
	assert_true(slab_size(p) <= 33 * PAGE);
	p = slab_resize(p, 10);
	assert_true(slab_size(p) <= 64);
	slab_free(p);
}

static void test_no_memory(void **state)
{
	void *p = slab_alloc(10);

	(void)state;
	fill(p, 10, 7);
	errno = 0;
	assert_null(slab_alloc(SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	assert_null(slab_alloc(SIZE_MAX - 8));
	assert_null(slab_alloc(PTRDIFF_MAX));
	assert_null(slab_alloc((size_t)1 << 50));
	assert_null(slab_alloc_zero((size_t)1 << 50));
	assert_null(slab_resize(p, SIZE_MAX));
	assert_null(slab_resize(p, (size_t)1 << 50));
	check(p, 10, 7);
	slab_free(p);
	p = slab_alloc(10 * PAGE);
	fill(p, 10 * PAGE, 8);
	assert_null(slab_resize(p, (size_t)1 << 50));
	check(p, 10 * PAGE, 8);
	slab_free(p);
}

static void test_free_keeps_errno(void **state)
{
	(void)state;
	errno = EPIPE;
	slab_free(NULL);
	slab_free(slab_alloc(10));
	slab_free(slab_alloc(10 * PAGE));
	assert_int_equal(errno, EPIPE);
}

/* What one guest made xenstored take is given back, and what is left serves blocks of any size. */
static void test_gives_back(void **state)
{
	enum { N = 64 * 1024 };
	static void *blocks[N];
	unsigned long before, full;
	size_t size, i;

	(void)state;
	before = resident();
	for (size = 100; size <= 1600; size *= 4) {
		const size_t n = (size_t)N * 100 / size;

		for (i = 0; i < n; i++) {
			blocks[i] = slab_alloc(size);
			fill(blocks[i], size, i);
		}
		full = resident();
		for (i = 0; i < n; i++)
			check(blocks[i], size, i);
		for (i = 0; i < n; i++)
			slab_free(blocks[i]);
		assert_true(full > before + 4 * 1024);
		assert_true(full < before + 16 * 1024);
		assert_true(resident() < before + 5 * 1024);
	}
}

/* Against a plain list of what should be there. */
static void test_any_order(void **state)
{
	enum { N = 2000 };
	static struct {
		void *p;
		size_t size, mark;
	} b[N];
	uint32_t random = 12345;
	size_t i, k, size;

	(void)state;
	for (i = 0; i < 300000; i++) {
		random = random * 1664525 + 1013904223;
		k = (random >> 8) % N;
		size = (random >> 20) % (i % 100 ? 700 : 20000);
		if (b[k].p)
			check(b[k].p, b[k].size < 32 ? b[k].size : 32, b[k].mark);
		if (b[k].p && random % 3) {
			slab_free(b[k].p);
			b[k].p = NULL;
			continue;
		}
		b[k].p = slab_resize(b[k].p, size);
		b[k].size = size;
		b[k].mark = i;
		fill(b[k].p, size, i);
	}
	for (k = 0; k < N; k++)
		slab_free(b[k].p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size), cmocka_unit_test(test_not_too_large),
		cmocka_unit_test(test_used_again), cmocka_unit_test(test_zero),
		cmocka_unit_test(test_resize),     cmocka_unit_test(test_shrinks),
		cmocka_unit_test(test_no_memory),  cmocka_unit_test(test_free_keeps_errno),
		cmocka_unit_test(test_gives_back), cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
