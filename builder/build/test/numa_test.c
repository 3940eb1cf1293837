/*
 * Which NUMA nodes a guest goes to, as libxl chooses (libxl__get_numa_candidate, numa_cmpf).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "builder/build/numa.h"

static void test_one_node(void **state)
{
	const struct numa_node nodes[] = {{1000, 4, 7}, {2000, 4, 5}, {3000, 4, 5}, {4000, 2, 0}};

	(void)state;
	/* The fewest vcpus, and then the most memory. */
	assert_int_equal(numa_choose(nodes, 4, 500, 2), 8);
	assert_int_equal(numa_choose(nodes, 4, 500, 3), 4); /* that one has too few cpus */
	assert_int_equal(numa_choose(nodes, 2, 500, 3), 2);
	assert_int_equal(numa_choose(nodes, 4, 3500, 2), 8);
	assert_int_equal(numa_choose(nodes, 1, 1000, 4), 1);
	assert_int_equal(numa_choose(nodes, 1, 1001, 4), 0);
	assert_int_equal(numa_choose(nodes, 1, 1000, 5), 0);
}

static void test_several(void **state)
{
	const struct numa_node nodes[] = {{1000, 4, 1}, {1000, 4, 1}, {1000, 4, 1}, {1000, 4, 1}};
	const struct numa_node busy[] = {{1000, 4, 3}, {1000, 4, 1}, {1500, 4, 2}, {1000, 4, 1}};
	const struct numa_node far[] = {{1000, 0, 0}, {1000, 4, 9}, {1000, 0, 0}, {1000, 4, 9}};

	(void)state;
	assert_int_equal(numa_choose(nodes, 4, 500, 4), 1); /* among equals the first */
	assert_int_equal(numa_choose(nodes, 4, 1001, 4), 3);
	assert_int_equal(numa_choose(nodes, 4, 500, 5), 3);
	assert_int_equal(numa_choose(nodes, 4, 500, 9), 7);
	assert_int_equal(numa_choose(nodes, 4, 4000, 16), 15);
	assert_int_equal(numa_choose(nodes, 4, 4001, 16), 0);
	assert_int_equal(numa_choose(nodes, 4, 4000, 17), 0);
	assert_int_equal(numa_choose(busy, 4, 2000, 4), 10);
	assert_int_equal(numa_choose(busy, 4, 2001, 4), 6); /* 1 and 2: three vcpus, as 2 and 3 */
	assert_int_equal(numa_choose(far, 4, 500, 2), 2);
	assert_int_equal(numa_choose(far, 4, 2000, 2), 10);
	assert_int_equal(numa_choose(far, 4, 2001, 2), 0);
}

/* As many nodes as it is done for. */
static void test_many(void **state)
{
	struct numa_node nodes[NUMA_NODES_MAX];

	(void)state;
	for (unsigned i = 0; i < NUMA_NODES_MAX; i++)
		nodes[i] = (struct numa_node){1000, 2, i};
	assert_int_equal(numa_choose(nodes, NUMA_NODES_MAX, 8000, 16), 0xff);
	assert_int_equal(numa_choose(nodes, NUMA_NODES_MAX, 16000, 32), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_node),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
