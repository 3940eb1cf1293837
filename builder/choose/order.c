#include "order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/predecessors.h"

struct order {
	const struct guest_config *guests;
	size_t n;
	bool *out;
	struct diag *d;
	/* For the search: */
	bool *done;     /* in a circle that was reported */
	size_t *queue;  /* guests in the order in which they were reached */
	size_t *parent; /* through whom one was reached; n for one that was not */
};

static bool is_known(const char *name, const char *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!known[i] || !strcmp(known[i], name))
			return true;
	return false;
}

/* Where to say something about it that has no place of its own. */
static struct loc place(const struct guest_config *g)
{
	return g->after.n ? g->after_loc : (struct loc){g->file, 0, 0};
}

/* Says it once of a name. */
static void note_back_ends(const struct order *o, const struct guest_config *g,
			   const char *const *known, size_t nr_known)
{
	const char *last = NULL;

	for (size_t j = g->after.n; g->name && j < predecessors_nr(g); j++) {
		const char *name = predecessor(g, j);
		char near[SUGGEST_MAX];

		if (!name || is_known(name, known, nr_known) || (last && !strcmp(last, name)))
			continue;
		last = name;
		diag_note(o->d, (struct loc){g->file, 0, 0},
			  "backend=%.127s is no guest of a descriptor, but a domain of somebody "
			  "else's%s",
			  name, suggest_text(near, name, known, nr_known));
	}
}

static void check_names(const struct order *o, const char *const *known, size_t nr_known)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct guest_config *g = &o->guests[i];

		for (size_t j = 0; g->name && j < g->after.n; j++) {
			const char *name = g->after.v[j];
			char near[SUGGEST_MAX];

			if (!strcmp(name, g->name))
				diag_add(o->d, g->after_loc, "after: %s can't come after itself",
					 name);
			else if (!is_known(name, known, nr_known))
				diag_add(o->d, g->after_loc, "after: unknown guest '%s'%s", name,
					 suggest_text(near, name, known, nr_known));
			else
				continue;
			o->out[i] = true;
		}
		note_back_ends(o, g, known, nr_known);
	}
}

/* The index of the guest with that name, or o->n. */
static size_t find(const struct order *o, const char *name)
{
	size_t i = 0;

	while (i < o->n && (!o->guests[i].name || strcmp(o->guests[i].name, name)))
		i++;
	return i;
}

/*
 * Goes from `start` along what each comes after, nearest guests first, until it is back. Returns
 * the last guest on the way, from which o->parent leads back to start; or o->n when no way does.
 */
static size_t way_back(struct order *o, size_t start)
{
	size_t head = 0, tail = 0;

	for (size_t i = 0; i < o->n; i++)
		o->parent[i] = o->n;
	o->queue[tail++] = start;
	while (head < tail) {
		size_t at = o->queue[head++];
		const struct guest_config *g = &o->guests[at];

		for (size_t j = 0; j < predecessors_nr(g); j++) {
			const char *name = predecessor(g, j);
			size_t next = name ? find(o, name) : o->n;

			/* One that comes after itself was reported as such. */
			if (next == o->n || next == at || o->done[next])
				continue;
			if (next == start)
				return at;
			if (o->parent[next] != o->n)
				continue;
			o->parent[next] = at;
			o->queue[tail++] = next;
		}
	}
	return o->n;
}

/* Puts the guests of the circle into the queue, from start to last. Returns how many they are. */
static size_t list_circle(struct order *o, size_t start, size_t last)
{
	size_t n = 1;

	for (size_t i = last; i != start; i = o->parent[i])
		n++;
	for (size_t i = last, at = n; at > 0; i = o->parent[i])
		o->queue[--at] = i;
	return n;
}

/* "web -> db -> web", of n guests in the queue; for the caller to free, NULL for lack of memory. */
static char *circle_text(const struct order *o, size_t n)
{
	size_t len = 1;
	char *text, *at;

	for (size_t i = 0; i <= n; i++)
		len += strlen(o->guests[o->queue[i % n]].name) + strlen(" -> ");
	at = text = malloc(len);
	if (!text)
		return NULL;
	for (size_t i = 0; i <= n; i++)
		at += sprintf(at, "%s%s", i ? " -> " : "", o->guests[o->queue[i % n]].name);
	return text;
}

/* Whether each comes after the next by the key. */
static bool is_of_after(const struct order *o, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct strings *after = &o->guests[o->queue[i]].after;
		const char *next = o->guests[o->queue[(i + 1) % n]].name;
		size_t j = 0;

		while (j < after->n && strcmp(after->v[j], next) != 0)
			j++;
		if (j == after->n)
			return false;
	}
	return true;
}

static void report_circle(struct order *o, size_t start, size_t last)
{
	const size_t n = list_circle(o, start, last);
	const struct loc loc = place(&o->guests[start]);
	char *text = circle_text(o, n);

	if (text)
		diag_add(o->d, loc, "%s: %s", is_of_after(o, n) ? "after" : "backend", text);
	else
		diag_add(o->d, loc, "%s", strerror(ENOMEM));
	free(text);
	for (size_t i = 0; i < n; i++)
		o->done[o->queue[i]] = o->out[o->queue[i]] = true;
}

static void check_circles(struct order *o)
{
	for (size_t i = 0; i < o->n; i++) {
		size_t last;

		if (!o->guests[i].name || o->done[i])
			continue;
		last = way_back(o, i);
		if (last != o->n)
			report_circle(o, i, last);
	}
}

/* Without memory for the search, no guest that comes after others is started. */
static void give_up(const struct order *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct guest_config *g = &o->guests[i];

		if (!g->name || !predecessors_nr(g))
			continue;
		diag_add(o->d, place(g), "%s", strerror(ENOMEM));
		o->out[i] = true;
	}
}

void order_check(const struct guest_config *guests, size_t n, const char *const *known,
		 size_t nr_known, bool *out, struct diag *d)
{
	struct order o = {.guests = guests, .n = n, .out = out, .d = d};

	check_names(&o, known, nr_known);
	o.done = calloc(n + 1, sizeof(*o.done));
	o.queue = calloc(n + 1, sizeof(*o.queue));
	o.parent = calloc(n + 1, sizeof(*o.parent));
	if (o.done && o.queue && o.parent)
		check_circles(&o);
	else
		give_up(&o);
	free(o.done);
	free(o.queue);
	free(o.parent);
}
