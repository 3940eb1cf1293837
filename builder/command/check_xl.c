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

/* Whether c has the statement of that place: one of the kernel command line may have its place. */
static bool has_statement(const struct descriptor *c, struct loc loc)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct loc at = c->statements[i].loc;

		if (at.file == loc.file && at.line == loc.line && at.column == loc.column)
			return true;
	}
	return false;
}

/* Statement i of the whole file, where c is what the guest has. */
static void print_statement(const struct descriptor *whole, size_t i, const struct descriptor *c,
			    const struct diag *d, FILE *out)
{
	const struct statement *st = &whole->statements[i];
	const struct loc end = {whole->file, UINT32_MAX, 0};
	char shown[SHOW_MAX], head[SHOW_MAX + 96];

	if (st->adds && st->value.kind == VALUE_BAD)
		/* The value is a part of another statement's. */
		snprintf(head, sizeof(head), "%.80s +=: ", st->key);
	else
		snprintf(head, sizeof(head), "%.80s = %s: ", st->key,
			 value_show_of(st->key, &st->value, shown));
	if (!has_statement(c, st->loc))
		fprintf(out, "%s:%u: %sreplaced by the kernel command line\n", whole->file,
			st->loc.line, head);
	else if (!print_between(whole->file, d, st->loc,
				i + 1 < whole->n ? whole->statements[i + 1].loc : end, head, out))
		fprintf(out, "%s:%u: %staken\n", whole->file, st->loc.line, head);
}

/* Returns how many errors there are on the file. */
static size_t print_file(const struct descriptor *whole, const struct descriptor *c,
			 const struct diag *d, FILE *to)
{
	const struct loc begin = {whole->file, 1, 1}, end = {whole->file, UINT32_MAX, 0};
	size_t errors = 0;

	print_between(whole->file, d, begin, whole->n ? whole->statements[0].loc : end, "", to);
	for (size_t i = 0; i < whole->n; i++)
		print_statement(whole, i, c, d, to);
	for (size_t i = 0; i < d->n; i++) {
		const struct diag_msg *m = &d->msgs[i];

		if (strcmp(m->loc.file, whole->file) != 0)
			continue;
		errors += !m->note;
		if (!m->loc.line)
			fprintf(to, "%s: %s: %s\n", whole->file, verdict(m), m->text);
	}
	return errors;
}

void check_xl_print(const struct source *s, const struct descriptor *c, const struct diag *d,
		    enum check_xl_verdict verdict, FILE *to)
{
	struct diag ignored = {0};
	struct descriptor whole;
	size_t errors;

	if (verdict == CHECK_XL_NOT_SELECTED) {
		fprintf(to, "%s: is not selected\n", s->file);
		return;
	}
	descriptor_parse(s->file, s->text, s->len, &whole, &ignored);
	errors = print_file(&whole, c, d, to);
	if (verdict == CHECK_XL_STARTS)
		fprintf(to, "%s: would start\n", s->file);
	else
		fprintf(to, "%s: would not start%s\n", s->file,
			errors ? "" : ": the cause is another file or the kernel command line");
	descriptor_free(&whole);
	diag_free(&ignored);
}
