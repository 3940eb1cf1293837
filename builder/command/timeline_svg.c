/*
 * The timeline as a picture (SVG 1.1): a row a guest, a bar a phase, to scale.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "timeline_svg.h"

/* In pixels: of the bars' part, and of what is beside it. */
#define CHART_WIDTH 960
#define NAME_WIDTH  160
#define HEAD_HEIGHT 64
#define ROW_HEIGHT  24
#define BAR_HEIGHT  16
#define LABEL_WIDTH 72 /* behind the last bar */

static const char *const colours[PHASES] = {
	[PHASE_READ] = "#9ecae1",    [PHASE_WAIT] = "#dddddd",     [PHASE_UNPACK] = "#e6550d",
	[PHASE_CREATE] = "#756bb1",  [PHASE_POPULATE] = "#3182bd", [PHASE_LOAD] = "#31a354",
	[PHASE_BOOT] = "#a1d99b",    [PHASE_STORE] = "#d6a000",    [PHASE_CONNECT] = "#f1b6da",
	[PHASE_UNPAUSE] = "#111111",
};

/* What is drawn, in ns, and how many of them are a pixel. */
struct scale {
	uint64_t from, to, per_px;
};

static void widen(struct scale *s, uint64_t at)
{
	if (at > s->to)
		s->to = at;
}

static struct scale scale_of(const struct timeline *t)
{
	struct scale s = {.from = t->began, .to = t->over};

	for (size_t i = 0; i < t->n; i++) {
		widen(&s, t->guests[i].phases.end);
		for (size_t k = 0; k < PHASES; k++)
			widen(&s, t->guests[i].phases.at[k]);
	}
	if (s.to <= s.from)
		s.to = s.from + NS_PER_MS;
	s.per_px = (s.to - s.from + CHART_WIDTH - 1) / CHART_WIDTH;
	return s;
}

/* Tenths of a pixel. */
static uint64_t tenths(const struct scale *s, uint64_t ns)
{
	return ns * 10 / s->per_px;
}

static uint64_t x_of(const struct scale *s, uint64_t at)
{
	return NAME_WIDTH * 10 + (at > s->from ? tenths(s, at - s->from) : 0);
}

/* A number of pixels from one of tenths: the decimal point is none of the locale's. */
#define PX(tenth) (tenth) / 10, (tenth) % 10
#define PX_FORMAT "%" PRIu64 ".%" PRIu64

/* Names of guests have no characters that would be markup; what comes over a socket might. */
static void escaped(FILE *to, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '>' || *s == '&' || *s == '"')
			fprintf(to, "&#%u;", (unsigned char)*s);
		else
			fputc((unsigned char)*s < ' ' ? '?' : *s, to);
	}
}

/* The step between lines of the grid: 1, 2 or 5 times a power of ten, so that there are 5 to 12. */
static uint64_t grid_step(const struct scale *s)
{
	static const unsigned factors[] = {1, 2, 5};
	uint64_t power = NS_PER_MS / 10;

	for (;; power *= 10)
		for (unsigned i = 0; i < 3; i++)
			if ((s->to - s->from) / (factors[i] * power) <= 12)
				return factors[i] * power;
}

static void grid(const struct scale *s, unsigned height, FILE *to)
{
	const uint64_t step = grid_step(s);

	for (uint64_t at = (s->from + step - 1) / step * step; at <= s->to; at += step) {
		fprintf(to,
			"<line x1=\"" PX_FORMAT "\" y1=\"%u\" x2=\"" PX_FORMAT
			"\" y2=\"%u\" stroke=\"#ccc\"/>\n",
			PX(x_of(s, at)), HEAD_HEIGHT - 8, PX(x_of(s, at)), height - 8);
		fprintf(to,
			"<text x=\"" PX_FORMAT
			"\" y=\"%u\" text-anchor=\"middle\" fill=\"#555\">%" PRIu64 ".%" PRIu64
			" ms</text>\n",
			PX(x_of(s, at)), HEAD_HEIGHT - 12, at / NS_PER_MS,
			at % NS_PER_MS / (NS_PER_MS / 10));
	}
}

static void legend(FILE *to)
{
	unsigned x = NAME_WIDTH;

	for (unsigned i = 0; i < PHASES; i++, x += CHART_WIDTH / PHASES)
		fprintf(to,
			"<rect x=\"%u\" y=\"10\" width=\"12\" height=\"12\" fill=\"%s\"/>"
			"<text x=\"%u\" y=\"20\">%s</text>\n",
			x, colours[i], x + 16, phase_name(i));
}

static void bar(const struct scale *s, const struct phases *p, enum phase phase, unsigned y,
		FILE *to)
{
	const uint64_t until = phases_until(p, phase);
	/* One that goes on is drawn up to the end of the picture. */
	const uint64_t end = until ? until : s->to;
	const uint64_t width = x_of(s, end) - x_of(s, p->at[phase]);

	fprintf(to,
		"<rect x=\"" PX_FORMAT "\" y=\"%u\" width=\"" PX_FORMAT
		"\" height=\"%u\" fill=\"%s\"><title>%s: %" PRIu64 " us</title></rect>\n",
		PX(x_of(s, p->at[phase])), y, PX(width ? width : 1), BAR_HEIGHT, colours[phase],
		phase_name(phase), (end - p->at[phase]) / NS_PER_US);
}

static void row(const struct scale *s, const struct timeline_guest *g, unsigned y, FILE *to)
{
	fprintf(to, "<text x=\"8\" y=\"%u\">", y + BAR_HEIGHT - 3);
	escaped(to, g->name);
	fputs("</text>\n", to);
	for (unsigned i = 0; i < PHASES; i++)
		if (g->phases.at[i])
			bar(s, &g->phases, i, y, to);
	fprintf(to, "<text x=\"" PX_FORMAT "\" y=\"%u\" fill=\"#555\">",
		PX(x_of(s, g->phases.end ? g->phases.end : s->to) + 40), y + BAR_HEIGHT - 3);
	escaped(to, g->state);
	fputs("</text>\n", to);
}

void timeline_svg(const struct timeline *t, FILE *to)
{
	const unsigned height = HEAD_HEIGHT + (unsigned)t->n * ROW_HEIGHT + 8;
	const unsigned width = NAME_WIDTH + CHART_WIDTH + LABEL_WIDTH;
	const struct scale s = scale_of(t);

	fprintf(to,
		"<?xml version=\"1.0\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<title>earlydom: when the guests started, since dom0's kernel did</title>\n"
		"<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n",
		width, height, width, height);
	legend(to);
	grid(&s, height, to);
	for (size_t i = 0; i < t->n; i++)
		row(&s, &t->guests[i], HEAD_HEIGHT + (unsigned)i * ROW_HEIGHT, to);
	fputs("</svg>\n", to);
}
