/*
 * The heart, seen by another process that has the same file.
 */
#include "builder/keeper/heart.h"

#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void test_beats(void **state)
{
	struct heart *a, *b;
	struct err e;
	const int fd = heart_make(&e);

	(void)state;
	assert_true(fd >= 0);
	a = heart_map(fd, &e);
	b = heart_map(fd, &e);
	assert_true(a && b && a != b);
	assert_int_equal(b->busy_since, 0); /* one that has not begun is not hung */
	heart_beats(a, 1000);
	assert_int_equal(b->busy_since, 1000);
	heart_rests(a);
	assert_int_equal(b->busy_since, 0);
	munmap(a, sizeof(*a));
	munmap(b, sizeof(*b));
	close(fd);
}

static void test_none(void **state)
{
	struct err e;

	(void)state;
	heart_beats(NULL, 1);
	heart_rests(NULL);
	assert_null(heart_map(-1, &e));
	kit_good_message(&e);
}

static void try_memory(struct err *e)
{
	child_refuse(SYS_memfd_create, ENOSYS);
	heart_make(e);
}

static void try_size(struct err *e)
{
	child_refuse(SYS_ftruncate, ENOSPC);
	heart_make(e);
}

static void test_cannot_be_made(void **state)
{
	(void)state;
	assert_string_equal(child_says(try_memory),
			    "cannot make shared memory: Function not implemented");
	assert_string_equal(child_says(try_size),
			    "cannot make shared memory: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beats),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_cannot_be_made),
	};

	return cmocka_run_group_tests_name("heart", tests, NULL, NULL);
}
