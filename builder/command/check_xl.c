#include "check_xl.h"

#include <string.h>

#include "builder/describe/config_value.h"

static bool is_before(struct loc a, struct loc b)
{
	return a.line < b.line || (a.line == b.line && a.column < b.column);
}

static const char *verdict(const struct diag_msg *m)
{
	return m->note ? "note" : "refused";
}

/* Prints the messages from a place on to the next one, each behind a head. Returns how many. */
static size_t print_between(const char *file, const struct diag *d, struct loc from, struct loc to,
			    const char *head, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct diag_msg *m = &d->msgs[i];

		if (strcmp(m->loc.file, file) != 0 || !m->loc.line || is_before(m->loc, from) ||
		    !is_before(m->loc, to))
			continue;
		fprintf(out, "%s:%u: %s%s: %s\n", file, m->loc.line, head, verdict(m), m->text);
		n++;
	}
	return n;
}

static void print_statement(const struct descriptor *c, size_t i, const struct diag *d, FILE *out)
{
	const struct statement *st = &c->statements[i];
	const struct loc end = {c->file, UINT32_MAX, 0};
	char shown[SHOW_MAX], head[SHOW_MAX + 96];

	if (st->adds && st->value.kind == VALUE_BAD)
		/* The value is a part of another statement's. */
		snprintf(head, sizeof(head), "%.80s +=: ", st->key);
	else
		snprintf(head, sizeof(head), "%.80s = %s: ", st->key,
			 value_show(&st->value, shown));
	if (!print_between(c->file, d, st->loc, i + 1 < c->n ? c->statements[i + 1].loc : end, head,
			   out))
		fprintf(out, "%s:%u: %staken\n", c->file, st->loc.line, head);
}

void check_xl_print(const struct descriptor *c, const struct diag *d, FILE *to)
{
	const struct loc begin = {c->file, 1, 1}, end = {c->file, UINT32_MAX, 0};
	size_t errors = d->lost;

	print_between(c->file, d, begin, c->n ? c->statements[0].loc : end, "", to);
	for (size_t i = 0; i < c->n; i++)
		print_statement(c, i, d, to);
	for (size_t i = 0; i < d->n; i++) {
		const struct diag_msg *m = &d->msgs[i];

		if (strcmp(m->loc.file, c->file) != 0)
			continue;
		errors += !m->note;
		if (!m->loc.line)
			fprintf(to, "%s: %s: %s\n", c->file, verdict(m), m->text);
	}
	fprintf(to, "%s: would %sstart\n", c->file, errors ? "not " : "");
}
