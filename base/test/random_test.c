/*
 * Nobody waits for Linux's generator to be ready, except on an old kernel. getrandom is this
 * file's.
 */
#include "builder/fake/kit.h"

#include <sys/random.h>

#include "base/random.h"

static unsigned calls, flags_of[2];
static bool old_kernel, broken;

ssize_t getrandom(void *to, size_t len, unsigned flags)
{
	assert_true(calls < 2);
	flags_of[calls++] = flags;
	if (broken || (old_kernel && flags)) {
		errno = broken ? ENOSYS : EINVAL;
		return -1;
	}
	memset(to, 7, len);
	return (ssize_t)len;
}

static void test_at_once(void **state)
{
	uint8_t bytes[17] = {0};

	(void)state;
	assert_int_equal(random_bytes(bytes, 16), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(flags_of[0], GRND_INSECURE);
	assert_int_equal(bytes[15], 7);
	assert_int_equal(bytes[16], 0);
}

static void test_old_kernel(void **state)
{
	uint8_t bytes[16] = {0};

	(void)state;
	calls = 0;
	old_kernel = true;
	assert_int_equal(random_bytes(bytes, 16), 0);
	assert_int_equal(calls, 2);
	assert_int_equal(flags_of[1], 0);
	assert_int_equal(bytes[15], 7);
}

static void test_none(void **state)
{
	uint8_t bytes[16];

	(void)state;
	calls = 0;
	broken = true;
	assert_int_equal(random_bytes(bytes, 16), -1);
	assert_int_equal(errno, ENOSYS);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_old_kernel),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
