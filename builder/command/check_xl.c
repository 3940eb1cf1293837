#include "check_xl.h"

#include <string.h>

#include "builder/describe/config_value.h"

static bool is_before(struct loc a, struct loc b)
{
	return a.line < b.line || (a.line == b.line && a.column < b.column);
}

static bool is_same(struct loc a, struct loc b)
{
	return a.line == b.line && a.column == b.column && !strcmp(a.file, b.file);
}

/* What dom0's kernel command line says of the guest is a statement, too, behind those of the file.
 */
static bool is_of_file(const struct descriptor *c, size_t i)
{
	return i < c->n && !strcmp(c->statements[i].loc.file, c->file);
}

/* Whether the place is that of the value, or of something in it. */
static bool is_in(const struct value *v, struct loc loc)
{
	bool in = is_same(v->loc, loc);

	for (size_t i = 0; !in && i < v->nr_items; i++)
		in = is_in(&v->items[i], loc);
	return in;
}

static bool is_about(const struct descriptor *c, const struct diag_msg *m)
{
	if (!strcmp(m->loc.file, c->file))
		return true;
	for (size_t i = 0; i < c->n; i++)
		if (!is_of_file(c, i) && (is_same(c->statements[i].loc, m->loc) ||
					  is_in(&c->statements[i].value, m->loc)))
			return true;
	return false;
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
	if (!print_between(c->file, d, st->loc,
			   is_of_file(c, i + 1) ? c->statements[i + 1].loc : end, head, out))
		fprintf(out, "%s:%u: %staken\n", c->file, st->loc.line, head);
}

void check_xl_print(const struct descriptor *c, const struct diag *d, FILE *to)
{
	const struct loc begin = {c->file, 1, 1}, end = {c->file, UINT32_MAX, 0};
	size_t errors = d->lost;

	print_between(c->file, d, begin, is_of_file(c, 0) ? c->statements[0].loc : end, "", to);
	for (size_t i = 0; is_of_file(c, i); i++)
		print_statement(c, i, d, to);
	for (size_t i = 0; i < d->n; i++) {
		const struct diag_msg *m = &d->msgs[i];

		errors += !m->note && is_about(c, m);
		if (!m->loc.line && !strcmp(m->loc.file, c->file))
			fprintf(to, "%s: %s: %s\n", c->file, verdict(m), m->text);
	}
	fprintf(to, "%s: would %sstart\n", c->file, errors ? "not " : "");
}
