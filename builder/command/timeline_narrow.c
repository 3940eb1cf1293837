#include "timeline_narrow.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

/* As much of a phase's name as tells it from the others, but unpack from unpause: that is "run". */
#define LETTERS 4

/* The columns behind the name: when the first phase began, each phase, the end; then the state. */
#define NUMBERS (PHASES + 2)

static uint64_t rounded_ms(uint64_t ns)
{
	return (ns + NS_PER_MS / 2) / NS_PER_MS;
}

/* When the first phase that there was began, ns; 0 for none. */
static uint64_t first(const struct phases *p)
{
	for (unsigned i = 0; i < PHASES; i++)
		if (p->at[i])
			return p->at[i];
	return 0;
}

/* Column i of a guest, or its title for g NULL, into text of `size` bytes. */
static void cell(const struct timeline_guest *g, unsigned i, char *text, size_t size)
{
	uint64_t ns;

	if (!g && (i == 0 || i == NUMBERS - 1)) {
		snprintf(text, size, "%s", i ? "end" : "at");
		return;
	}
	if (!g) {
		snprintf(text, size, "%.*s", LETTERS,
			 i - 1 == PHASE_UNPAUSE ? "run" : phase_name(i - 1));
		return;
	}
	ns = i == 0            ? first(&g->phases)
	     : i < NUMBERS - 1 ? phases_length(&g->phases, i - 1)
			       : g->phases.end;
	if (ns)
		snprintf(text, size, "%" PRIu64, rounded_ms(ns));
	else
		snprintf(text, size, "-");
}

static int longer(int width, const char *text)
{
	const int len = (int)strlen(text);

	return len > width ? len : width;
}

void timeline_narrow(const struct timeline *t, FILE *to)
{
	int name = 4, width[NUMBERS] = {0};
	char text[24];

	for (size_t k = 0; k <= t->n; k++) {
		const struct timeline_guest *g = k ? &t->guests[k - 1] : NULL;

		name = g ? longer(name, g->name) : name;
		for (unsigned i = 0; i < NUMBERS; i++) {
			cell(g, i, text, sizeof(text));
			width[i] = longer(width[i], text);
		}
	}
	for (size_t k = 0; k <= t->n; k++) {
		const struct timeline_guest *g = k ? &t->guests[k - 1] : NULL;

		fprintf(to, "%-*s", name, g ? g->name : "NAME");
		for (unsigned i = 0; i < NUMBERS; i++) {
			cell(g, i, text, sizeof(text));
			fprintf(to, " %*s", width[i], text);
		}
		fprintf(to, " %s\n", g ? g->state : "STATE");
	}
	fprintf(to, "ms; earlydom began %" PRIu64 " ms after dom0's kernel", rounded_ms(t->began));
	if (t->over)
		fprintf(to, ",\nand had tried every guest after %" PRIu64 " ms",
			rounded_ms(t->over));
	fputc('\n', to);
}
