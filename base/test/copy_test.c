/* Every length and place around a line of the cache, and that nothing beside it is touched. */
#include "builder/fake/kit.h"

#include "base/copy.h"

#define ROOM  20000
#define GUARD 0xa5

static uint8_t from[ROOM], to[ROOM];

static void copies(size_t at, size_t in, size_t len)
{
	size_t i;

	memset(to, GUARD, sizeof(to));
	copy_away(to + at, from + in, len);
	for (i = 0; i < at; i++)
		assert_int_equal(to[i], GUARD);
	assert_memory_equal(to + at, from + in, len);
	for (i = at + len; i < ROOM; i++)
		assert_int_equal(to[i], GUARD);
}

static void test_copies(void **state)
{
	static const size_t lengths[] = {0,    1,    63,   64,   4095, 4096,
					 4097, 4159, 4160, 8192, 8191, 10001};
	size_t at, in, i;

	(void)state;
	for (i = 0; i < ROOM; i++)
		from[i] = (uint8_t)(i * 7 + i / 256);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (at = 60; at <= 130; at += at == 65 ? 60 : 1)
			for (in = 0; in < 20; in += 3)
				copies(at, in, lengths[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
