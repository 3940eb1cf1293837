#include "diag.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* A copy of text in which control characters are \xNN. */
static char *printable(const char *text)
{
	size_t len = strlen(text), out = 0;
	char *copy;

	if (len > (SIZE_MAX - 1) / 4)
		return NULL;
	copy = malloc(len * 4 + 1);
	if (!copy)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (is_control(text[i]))
			out += (size_t)sprintf(copy + out, "\\x%02x", (unsigned char)text[i]);
		else
			copy[out++] = text[i];
	}
	copy[out] = '\0';
	return copy;
}

static void count_lost(struct diag *d, bool note)
{
	if (note)
		d->notes_lost++;
	else
		d->lost++;
}

/* Takes over the message's text; one that can't be kept is counted. */
static void keep(struct diag *d, struct diag_msg m)
{
	struct diag_msg *msgs;

	if (!m.text || d->n >= DIAG_MAX)
		goto lost;
	/* The array grows at powers of two, so it is full exactly when n is one of these, or 0. */
	if (!(d->n & (d->n - 1))) {
		msgs = realloc(d->msgs, (d->n ? d->n * 2 : 1) * sizeof(*msgs));
		if (!msgs)
			goto lost;
		d->msgs = msgs;
	}
	d->msgs[d->n++] = m;
	d->notes += m.note;
	return;
lost:
	free(m.text);
	count_lost(d, m.note);
}

static void add(struct diag *d, struct loc loc, bool note, const char *fmt, va_list ap)
{
	char *raw = NULL;

	if (vasprintf(&raw, fmt, ap) < 0) {
		count_lost(d, note);
		return;
	}
	keep(d, (struct diag_msg){.loc = loc, .text = printable(raw), .note = note});
	free(raw);
}

void diag_add(struct diag *d, struct loc loc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, loc, false, fmt, ap);
	va_end(ap);
}

void diag_note(struct diag *d, struct loc loc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, loc, !d->strict, fmt, ap);
	va_end(ap);
}

const char *loc_show(struct loc loc, char buf[LOC_SHOW_MAX])
{
	if (loc.line)
		snprintf(buf, LOC_SHOW_MAX, "%s:%u:%u", loc.file, loc.line, loc.column);
	else
		snprintf(buf, LOC_SHOW_MAX, "%s", loc.file);
	return buf;
}

size_t diag_count(const struct diag *d)
{
	return d->n - d->notes + d->lost;
}

size_t diag_notes(const struct diag *d)
{
	return d->notes + d->notes_lost;
}

void diag_drop(struct diag *d, size_t first, size_t n)
{
	struct diag old = *d;

	*d = (struct diag){.lost = old.lost, .notes_lost = old.notes_lost, .strict = old.strict};
	for (size_t i = 0; i < old.n; i++) {
		if (i >= first && i - first < n)
			free(old.msgs[i].text);
		else
			keep(d, old.msgs[i]);
	}
	free(old.msgs);
}

void diag_move(struct diag *to, struct diag *from)
{
	to->lost += from->lost;
	to->notes_lost += from->notes_lost;
	for (size_t i = 0; i < from->n; i++)
		keep(to, from->msgs[i]);
	free(from->msgs);
	*from = (struct diag){.strict = from->strict};
}

/* Whether a belongs behind b. */
static bool is_behind(const struct diag_msg *a, const struct diag_msg *b, const char *file)
{
	bool a_other = strcmp(a->loc.file, file) != 0, b_other = strcmp(b->loc.file, file) != 0;

	if (a_other || b_other)
		return a_other && !b_other;
	/* Line 0, the file as a whole, wraps to the largest: it sorts behind all lines. */
	if (a->loc.line != b->loc.line)
		return a->loc.line - 1 > b->loc.line - 1;
	return a->loc.line && a->loc.column > b->loc.column;
}

void diag_sort(struct diag *d, const char *file)
{
	for (size_t i = 1; i < d->n; i++) {
		struct diag_msg m = d->msgs[i];
		size_t j = i;

		for (; j && is_behind(&d->msgs[j - 1], &m, file); j--)
			d->msgs[j] = d->msgs[j - 1];
		d->msgs[j] = m;
	}
}

static void print_name(const char *name, FILE *to)
{
	for (; *name; name++) {
		if (is_control(*name))
			fprintf(to, "\\x%02x", (unsigned char)*name);
		else
			fputc(*name, to);
	}
}

static void print_lost(size_t n, const char *what, FILE *to, const char *prefix)
{
	if (n)
		fprintf(to, "%s%zu more %s%s not shown\n", prefix, n, what, n == 1 ? "" : "s");
}

void diag_print(const struct diag *d, enum diag_what what, FILE *to, const char *prefix)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diag_msg *m = &d->msgs[i];

		if (m->note && what == DIAG_ERRORS)
			continue;
		fputs(prefix, to);
		print_name(m->loc.file, to);
		if (m->loc.line)
			fprintf(to, ":%u:%u", m->loc.line, m->loc.column);
		fprintf(to, ": %s%s\n", m->note ? "note: " : "", m->text);
	}
	print_lost(d->lost, "error", to, prefix);
	if (what == DIAG_ALL)
		print_lost(d->notes_lost, "note", to, prefix);
}

void diag_free(struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->msgs[i].text);
	free(d->msgs);
	*d = (struct diag){0};
}
