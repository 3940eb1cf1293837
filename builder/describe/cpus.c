#include "cpus.h"

#include <ctype.h>
#include <string.h>

/* One comma-separated part: "all", "3", "^0-2", "nodes:1". */
struct part {
	bool all, exclude, nodes;
	unsigned first, last;
};

/* isspace() of the C locale, which strtoul skips in xl's parser. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Reads a number in decimal, with blanks or a '+' in front, as xl does. Returns 0, or -1 with e
 * set. */
static int parse_number(const char *text, const char **at, const char *end, unsigned *out,
			struct err *e)
{
	const char *p = *at;
	unsigned val = 0;

	while (p < end && is_blank(*p))
		p++;
	p += p < end && *p == '+';
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

/* As update_cpumap_range() of xl's xl_parse.c, which takes "nodes:all" for "all", too. */
static int parse_part(const char *text, const char *at, const char *end, struct part *out,
		      struct err *e)
{
	const char *start = at;

	*out = (struct part){0};
	out->exclude = skip(&at, end, "^");
	out->nodes = skip(&at, end, "node:") || skip(&at, end, "nodes:");
	if ((size_t)(end - at) == 3 && !memcmp(at, "all", 3)) {
		if (out->exclude)
			return err_set(e, "character %zu: 'all' can't be excluded",
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
 * Takes the part at *at and steps behind it; like xl's strtok_r, passes over commas with nothing
 * between them. Returns 1 with a part, 0 at the end, -1 with e set.
 */
static int next_part(const char *text, const char **at, struct part *out, struct err *e)
{
	const char *start = *at + strspn(*at, ",");
	const char *end = strchrnul(start, ',');

	*at = end;
	if (start == end)
		return 0;
	return parse_part(text, start, end, out, e) < 0 ? -1 : 1;
}

/* A set of numbers below CPUS_MAX. */
struct numbers {
	uint8_t bits[CPUS_MAX / 8];
	unsigned n; /* how many are in it */
};

static void numbers_set(struct numbers *s, const struct part *part)
{
	for (unsigned i = part->first; i <= part->last; i++) {
		const uint8_t bit = (uint8_t)(1u << (i % 8));
		const bool was = s->bits[i / 8] & bit;

		if (was != part->exclude)
			continue;
		s->bits[i / 8] ^= bit;
		s->n += part->exclude ? -1u : 1u;
	}
}

int cpus_check(const char *text, struct err *e)
{
	/* What is named and not taken away again by its own kind: on some host there is that. */
	struct numbers cpus = {0}, nodes = {0};
	const char *at = text;
	bool all = false;
	struct part part;
	int rc;

	while ((rc = next_part(text, &at, &part, e)) > 0) {
		all |= part.all;
		if (!part.all)
			numbers_set(part.nodes ? &nodes : &cpus, &part);
	}
	if (rc || all || cpus.n || nodes.n)
		return rc;
	return err_set(e, "selects no cpu: ^ takes away from what is in front of it, as in all,^0");
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
	const bool single = part->first == part->last && !part->exclude;

	if (single && part->first >= t->nr_cpus)
		return err_set(e, "cpu %u: the host has cpus 0 to %u", part->first, t->nr_cpus - 1);
	if (single && t->node_of[part->first] == CPUS_NO_NODE)
		return err_set(e, "cpu %u is offline", part->first);
	/* A range passes over cpus that are offline (with smt=off every other one is) or not there.
	 */
	for (unsigned cpu = part->first; cpu <= part->last && cpu < t->nr_cpus; cpu++)
		if (t->node_of[cpu] != CPUS_NO_NODE)
			set_cpu(map, cpu, !part->exclude);
	return 0;
}

static int apply_nodes(const struct part *part, const struct cpu_topology *t, uint8_t *map,
		       struct err *e)
{
	bool found = false;

	for (unsigned cpu = 0; cpu < t->nr_cpus; cpu++) {
		if (t->node_of[cpu] < part->first || t->node_of[cpu] > part->last)
			continue;
		found = true;
		set_cpu(map, cpu, !part->exclude);
	}
	if (found || part->exclude || part->first != part->last)
		return 0;
	return err_set(e, "node %u: the host has no cpu in it", part->first);
}

static int apply(const struct part *part, const struct cpu_topology *t, uint8_t *map, struct err *e)
{
	if (part->all) {
		for (unsigned cpu = 0; cpu < t->nr_cpus; cpu++)
			if (t->node_of[cpu] != CPUS_NO_NODE)
				set_cpu(map, cpu, true);
		return 0;
	}
	return part->nodes ? apply_nodes(part, t, map, e) : apply_cpus(part, t, map, e);
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
