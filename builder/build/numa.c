#include "numa.h"

#include <stdbool.h>

/* A set of nodes, and what there is in it. */
struct candidate {
	uint32_t nodes;
	uint64_t free_kib;
	unsigned suitable, vcpus;
};

static void sum(const struct numa_node *nodes, unsigned nr_nodes, uint32_t set, struct candidate *c)
{
	*c = (struct candidate){.nodes = set};
	for (unsigned i = 0; i < nr_nodes; i++) {
		if (!(set & 1u << i))
			continue;
		c->free_kib += nodes[i].free_kib;
		c->suitable += nodes[i].suitable;
		c->vcpus += nodes[i].vcpus;
	}
}

/* Whether a set comes before another one of its size: 0 and 3 before 1 and 2. */
static bool is_lower(uint32_t a, uint32_t b)
{
	const uint32_t differ = a ^ b;

	return a & differ & -differ;
}

static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (a->vcpus != b->vcpus)
		return a->vcpus < b->vcpus;
	if (a->free_kib != b->free_kib)
		return a->free_kib > b->free_kib;
	return is_lower(a->nodes, b->nodes);
}

static uint32_t suitable_nodes(const struct numa_node *nodes, unsigned nr_nodes)
{
	uint32_t set = 0;

	for (unsigned i = 0; i < nr_nodes; i++)
		if (nodes[i].suitable)
			set |= 1u << i;
	return set;
}

uint32_t numa_choose(const struct numa_node *nodes, unsigned nr_nodes, uint64_t need_kib,
		     unsigned vcpus)
{
	const uint32_t all = suitable_nodes(nodes, nr_nodes);
	struct candidate best = {0}, c;

	for (unsigned size = 1; size <= nr_nodes && !best.nodes; size++) {
		/* All sets within `all`, from itself down. */
		for (uint32_t set = all; set; set = (set - 1) & all) {
			if ((unsigned)__builtin_popcount(set) != size)
				continue;
			sum(nodes, nr_nodes, set, &c);
			if (c.free_kib >= need_kib && c.suitable >= vcpus &&
			    (!best.nodes || is_better(&c, &best)))
				best = c;
		}
	}
	return best.nodes;
}
