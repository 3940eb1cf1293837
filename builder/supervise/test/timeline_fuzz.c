/*
 * libFuzzer entry: any text as the rows of a timeline, and what is made of it for people.
 */
#include "builder/supervise/timeline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "builder/command/timeline_svg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of one that was understood the same row can be made, which is understood alike. */
static void check_row(const struct timeline *t, const struct timeline_guest *g)
{
	struct timeline again = {.began = t->began};
	char *row = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&row, &len);

	assert(f);
	timeline_write_guest(g, f);
	assert(fclose(f) == 0 && len && row[len - 1] == '\n');
	row[len - 1] = '\0';
	assert(timeline_add(&again, row) && again.n == 1);
	assert(!strcmp(again.guests[0].name, g->name) && !strcmp(again.guests[0].type, g->type));
	assert(again.guests[0].phases.end == g->phases.end);
	for (size_t i = 0; i < PHASES; i++)
		assert(again.guests[0].phases.at[i] == g->phases.at[i]);
	timeline_free(&again);
	free(row);
}

static char *printed(const struct timeline *t, void (*print)(const struct timeline *t, FILE *to))
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert(f);
	print(t, f);
	assert(fclose(f) == 0 && len == strlen(text));
	return text;
}

/* Brackets that are not in strings are closed in the order in which they were opened. */
static void check_json(const char *p)
{
	char open[8];
	size_t depth = 0;
	bool quoted = false;

	for (; *p; p++) {
		if (quoted && *p == '\\') {
			p++;
			assert(*p);
		} else if (*p == '"') {
			quoted = !quoted;
		} else if (quoted) {
			assert((unsigned char)*p >= ' ');
		} else if (*p == '{' || *p == '[') {
			assert(depth < sizeof(open));
			open[depth++] = *p;
		} else if (*p == '}' || *p == ']') {
			assert(depth && open[--depth] == (*p == '}' ? '{' : '['));
		}
	}
	assert(!quoted && !depth);
}

/* No text is taken for markup. */
static void check_svg(const char *p)
{
	bool tag = false, quoted = false;

	for (; *p; p++) {
		if (*p == '"' && tag)
			quoted = !quoted;
		else if (*p == '<')
			assert(!tag);
		if (*p == '<')
			tag = true;
		else if (*p == '>' && tag && !quoted)
			tag = false;
	}
	assert(!tag && !quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = strndup((const char *)data, size), *rest = all, *row;
	struct timeline t = {0};
	size_t n = 0;
	char *text;

	assert(all);
	while ((row = strsep(&rest, "\n"))) {
		n += timeline_add(&t, row);
		assert(t.n <= n);
	}
	for (size_t i = 0; i < t.n; i++)
		check_row(&t, &t.guests[i]);
	text = printed(&t, timeline_text);
	assert(text[strlen(text) - 1] == '\n');
	free(text);
	text = printed(&t, timeline_json);
	check_json(text);
	free(text);
	text = printed(&t, timeline_svg);
	check_svg(text);
	free(text);
	timeline_free(&t);
	free(all);
	return 0;
}
