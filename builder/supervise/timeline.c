#include "timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

/* No clock comes as far: ten times of it can be drawn. */
#define LATEST (UINT64_MAX / 16)

void timeline_write_boot(uint64_t began, uint64_t over, uint64_t longest_turn, FILE *to)
{
	fprintf(to, "%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", began, over, longest_turn);
}

void timeline_write_guest(const struct timeline_guest *g, FILE *to)
{
	fprintf(to, "%s\t%s\t%s\t%s", g->name, g->state, g->image, g->type);
	for (unsigned i = 0; i < PHASES; i++)
		fprintf(to, "\t%" PRIu64, g->phases.at[i]);
	fprintf(to, "\t%" PRIu64 "\n", g->phases.end);
}

/* The text up to a tab, into size bytes. Returns what is behind the tab, or NULL. */
static const char *take_text(const char *row, char *to, size_t size)
{
	const size_t len = row ? strcspn(row, "\t") : 0;

	if (!row || !row[len] || len >= size)
		return NULL;
	memcpy(to, row, len);
	to[len] = '\0';
	return row + len + 1;
}

/* A number up to a tab or the end. Returns where it ends, or behind that tab, or NULL. */
static const char *take_number(const char *row, uint64_t *to)
{
	char *end;

	if (!row || *row < '0' || *row > '9')
		return NULL;
	*to = strtoull(row, &end, 10);
	if (*to > LATEST)
		return NULL;
	return *end == '\t' ? end + 1 : *end ? NULL : end;
}

/* Phases that were entered follow each other. */
static bool in_order(const struct phases *p)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < PHASES; i++) {
		if (p->at[i] && p->at[i] < last)
			return false;
		last = p->at[i] ? p->at[i] : last;
	}
	return !p->end || p->end >= last;
}

static bool read_guest(const char *row, struct timeline_guest *g)
{
	row = take_text(row, g->name, sizeof(g->name));
	row = take_text(row, g->state, sizeof(g->state));
	row = take_text(row, g->image, sizeof(g->image));
	row = take_text(row, g->type, sizeof(g->type));
	for (unsigned i = 0; i < PHASES; i++)
		row = take_number(row, &g->phases.at[i]);
	row = take_number(row, &g->phases.end);
	return row && !*row && in_order(&g->phases);
}

static bool read_boot(const char *row, struct timeline *t)
{
	uint64_t began, over, turn;

	row = take_number(take_number(take_number(row, &began), &over), &turn);
	if (!row || *row || !began)
		return false;
	t->began = began;
	t->over = over;
	t->longest_turn = turn;
	return true;
}

bool timeline_add(struct timeline *t, const char *row)
{
	struct timeline_guest *more;

	if (!t->began)
		return read_boot(row, t);
	more = realloc(t->guests, (t->n + 1) * sizeof(*more));
	if (!more)
		return false;
	t->guests = more;
	if (!read_guest(row, &more[t->n]))
		return false;
	t->n++;
	return true;
}

void timeline_free(struct timeline *t)
{
	free(t->guests);
	memset(t, 0, sizeof(*t));
}

/* When the first of the phases began: 0 for a guest that came to none. */
static uint64_t first(const struct phases *p)
{
	for (unsigned i = 0; i < PHASES; i++)
		if (p->at[i])
			return p->at[i];
	return 0;
}

static void print_ms(FILE *to, int width, uint64_t ns)
{
	const uint64_t us = (ns + NS_PER_US / 2) / NS_PER_US;

	fprintf(to, "%*" PRIu64 ".%" PRIu64, width - 2, us / 1000, us % 1000 / 100);
}

/* The same, but for what there was not. */
static void print_some_ms(FILE *to, int width, uint64_t ns)
{
	if (ns)
		print_ms(to, width, ns);
	else
		fprintf(to, "%*s", width, "-");
}

static void text_row(const struct timeline_guest *g, FILE *to)
{
	fprintf(to, "%-20s ", g->name);
	print_some_ms(to, 9, first(&g->phases));
	for (unsigned i = 0; i < PHASES; i++) {
		fputc(' ', to);
		print_some_ms(to, 8, phases_length(&g->phases, i));
	}
	fputc(' ', to);
	print_some_ms(to, 9, g->phases.end);
	fprintf(to, "  %s\n", g->state);
}

void timeline_text(const struct timeline *t, FILE *to)
{
	fprintf(to, "%-20s %9s", "NAME", "at/ms");
	for (size_t i = 0; i < PHASES; i++)
		fprintf(to, " %8s", phase_name(i));
	fprintf(to, " %9s  %s\n", "end/ms", "STATE");
	for (size_t i = 0; i < t->n; i++)
		text_row(&t->guests[i], to);
	fputs("earlydom began ", to);
	print_ms(to, 0, t->began);
	fputs(" ms after dom0's kernel", to);
	if (t->over) {
		fputs(", and had tried every guest after ", to);
		print_ms(to, 0, t->over);
		fputs(" ms", to);
	}
	fputs("\nthe longest turn of its loop was ", to);
	print_ms(to, 2, t->longest_turn);
	fputs(" ms\n", to);
}

static void json_guest(const struct timeline_guest *g, struct json *j)
{
	json_open(j, NULL, '{');
	json_text(j, "name", g->name);
	json_text(j, "state", g->state);
	json_text(j, "image", g->image);
	json_text(j, "type", g->type);
	json_open(j, "phases", '[');
	for (unsigned i = 0; i < PHASES; i++) {
		if (!g->phases.at[i])
			continue;
		json_open(j, NULL, '{');
		json_text(j, "phase", phase_name(i));
		json_number(j, "at_us", g->phases.at[i] / NS_PER_US);
		json_number(j, "us", phases_length(&g->phases, i) / NS_PER_US);
		json_close(j, '}');
	}
	json_close(j, ']');
	if (g->phases.end)
		json_number(j, "end_us", g->phases.end / NS_PER_US);
	json_close(j, '}');
}

void timeline_json(const struct timeline *t, FILE *to)
{
	struct json j = {.to = to};

	json_open(&j, NULL, '{');
	json_number(&j, "began_us", t->began / NS_PER_US);
	if (t->over)
		json_number(&j, "over_us", t->over / NS_PER_US);
	json_number(&j, "longest_turn_us", t->longest_turn / NS_PER_US);
	json_open(&j, "guests", '[');
	for (size_t i = 0; i < t->n; i++)
		json_guest(&t->guests[i], &j);
	json_close(&j, ']');
	json_close(&j, '}');
}
