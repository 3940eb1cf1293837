#include "cpus.h"

#include <ctype.h>
#include <string.h>

/* One comma-separated part: "all", "3", "^0-2", "nodes:1". */
struct part {
	bool all, exclude, nodes;
	unsigned first, last;
};

/* Reads a number in decimal, as xl does. Returns 0, or -1 with e set. */
static int parse_number(const char *text, const char **at, const char *end, unsigned *out,
			struct err *e)
{
	const char *p = *at;
	unsigned val = 0;

	if (p == end || !isdigit((unsigned char)*p))
		return err_set(e, "character %zu: a number is missing", (size_t)(p - text) + 1);
	for (; p < end && isdigit((unsigned char)*p); p++) {
		val = val * 10 + (unsigned)(*p - '0');
		if (val >= CPUS_MAX)
			return err_set(e, "character %zu: numbers go up to %d",
				       (size_t)(*at - text) + 1, CPUS_MAX - 1);
	}
	*at = p;
	*out = val;
	return 0;
}

static bool skip(const char **at, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *at) < len || memcmp(*at, word, len))
		return false;
	*at += len;
	return true;
}

static int parse_part(const char *text, const char *at, const char *end, struct part *out,
		      struct err *e)
{
	const char *start = at;

	*out = (struct part){0};
	/* xl allows blanks in front of a number, and nowhere else. */
	while (end - at > 1 && (*at == ' ' || *at == '\t') && strchr(" \t0123456789", at[1]))
		at++;
	if (at == end)
		return err_set(e, "character %zu: an entry is missing", (size_t)(at - text) + 1);
	out->exclude = skip(&at, end, "^");
	out->nodes = skip(&at, end, "nodes:") || skip(&at, end, "node:");
	if ((size_t)(end - at) == 3 && !memcmp(at, "all", 3)) {
		if (out->exclude || out->nodes)
			return err_set(e, "character %zu: 'all' stands alone, without ^ or nodes:",
				       (size_t)(start - text) + 1);
		out->all = true;
		return 0;
	}
	start = at;
	if (parse_number(text, &at, end, &out->first, e) < 0)
		return -1;
	out->last = out->first;
	if (skip(&at, end, "-") && parse_number(text, &at, end, &out->last, e) < 0)
		return -1;
	if (at < end)
		return err_set(e, "character %zu: expected a comma, '-' or the end",
			       (size_t)(at - text) + 1);
	if (out->last < out->first)
		return err_set(e, "character %zu: the range ends before it begins",
			       (size_t)(start - text) + 1);
	return 0;
}

/*
 * Takes the part at *at and steps behind its comma. Returns 1 with a part, 0 at the end, -1 with e
 * set. *at is NULL after the last part.
 */
static int next_part(const char *text, const char **at, struct part *out, struct err *e)
{
	const char *start = *at, *end;

	if (!start)
		return 0;
	end = strchrnul(start, ',');
	*at = *end ? end + 1 : NULL;
	return parse_part(text, start, end, out, e) < 0 ? -1 : 1;
}

int cpus_check(const char *text, struct err *e)
{
	const char *at = text;
	struct part part;
	int rc;

	while ((rc = next_part(text, &at, &part, e)) > 0)
		;
	return rc;
}

static void set_cpu(uint8_t *map, unsigned cpu, bool on)
{
	uint8_t bit = (uint8_t)(1u << (cpu % 8));

	if (on)
		map[cpu / 8] |= bit;
	else
		map[cpu / 8] &= (uint8_t)~bit;
}

static int apply_cpus(const struct part *part, const struct cpu_topology *t, uint8_t *map,
		      struct err *e)
{
	if (part->last >= t->nr_cpus)
		return err_set(e, "cpu %u: the host has cpus 0 to %u", part->last, t->nr_cpus - 1);
	if (part->first == part->last && !part->exclude && t->node_of[part->first] == CPUS_NO_NODE)
		return err_set(e, "cpu %u is offline", part->first);
	/* A range skips cpus that are offline: with smt=off every other cpu is. */
	for (unsigned cpu = part->first; cpu <= part->last; cpu++)
		if (t->node_of[cpu] != CPUS_NO_NODE)
			set_cpu(map, cpu, !part->exclude);
	return 0;
}

static int apply_node(unsigned node, bool on, const struct cpu_topology *t, uint8_t *map,
		      struct err *e)
{
	bool found = false;

	for (unsigned cpu = 0; cpu < t->nr_cpus; cpu++) {
		if (t->node_of[cpu] != node)
			continue;
		found = true;
		set_cpu(map, cpu, on);
	}
	return found ? 0 : err_set(e, "node %u: the host has no cpu in it", node);
}

static int apply(const struct part *part, const struct cpu_topology *t, uint8_t *map, struct err *e)
{
	if (part->all) {
		for (unsigned cpu = 0; cpu < t->nr_cpus; cpu++)
			if (t->node_of[cpu] != CPUS_NO_NODE)
				set_cpu(map, cpu, true);
		return 0;
	}
	if (!part->nodes)
		return apply_cpus(part, t, map, e);
	for (unsigned node = part->first; node <= part->last; node++)
		if (apply_node(node, !part->exclude, t, map, e) < 0)
			return -1;
	return 0;
}

int cpus_resolve(const char *text, const struct cpu_topology *t, uint8_t *map, size_t map_len,
		 struct err *e)
{
	const char *at = text;
	struct part part;
	int rc;

	memset(map, 0, map_len);
	if (!t->nr_cpus || map_len < (t->nr_cpus - 1) / 8 + 1)
		return err_set(e, "a map of %zu bytes can't hold %u cpus", map_len, t->nr_cpus);
	while ((rc = next_part(text, &at, &part, e)) > 0)
		if (apply(&part, t, map, e) < 0)
			return -1;
	if (rc)
		return -1;
	for (size_t i = 0; i < map_len; i++)
		if (map[i])
			return 0;
	return err_set(e, "no cpu of the host is left");
}
