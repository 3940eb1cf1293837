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

static int diag_keep(struct diag *d, struct loc loc, char *text)
{
	struct diag_msg *msgs;

	if (!text || d->n >= DIAG_MAX)
		return -1;
	/* The array grows at powers of two, so it is full exactly when n is one of these, or 0. */
	if (!(d->n & (d->n - 1))) {
		msgs = realloc(d->msgs, (d->n ? d->n * 2 : 1) * sizeof(*msgs));
		if (!msgs)
			return -1;
		d->msgs = msgs;
	}
	d->msgs[d->n++] = (struct diag_msg){.loc = loc, .text = text};
	return 0;
}

void diag_add(struct diag *d, struct loc loc, const char *fmt, ...)
{
	char *raw = NULL, *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&raw, fmt, ap);
	va_end(ap);
	if (len < 0) {
		d->lost++;
		return;
	}
	text = printable(raw);
	free(raw);
	if (diag_keep(d, loc, text) < 0) {
		free(text);
		d->lost++;
	}
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
	return d->n + d->lost;
}

void diag_drop(struct diag *d, size_t first, size_t n)
{
	struct diag old = *d;

	*d = (struct diag){.lost = old.lost};
	for (size_t i = 0; i < old.n; i++) {
		bool dropped = i >= first && i - first < n;

		if (!dropped && diag_keep(d, old.msgs[i].loc, old.msgs[i].text) == 0)
			continue;
		d->lost += !dropped;
		free(old.msgs[i].text);
	}
	free(old.msgs);
}

void diag_move(struct diag *to, struct diag *from)
{
	to->lost += from->lost;
	for (size_t i = 0; i < from->n; i++) {
		if (diag_keep(to, from->msgs[i].loc, from->msgs[i].text) < 0) {
			free(from->msgs[i].text);
			to->lost++;
		}
	}
	free(from->msgs);
	*from = (struct diag){0};
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

void diag_print(const struct diag *d, FILE *to, const char *prefix)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct loc *loc = &d->msgs[i].loc;

		fputs(prefix, to);
		print_name(loc->file, to);
		if (loc->line)
			fprintf(to, ":%u:%u", loc->line, loc->column);
		fprintf(to, ": %s\n", d->msgs[i].text);
	}
	if (d->lost)
		fprintf(to, "%s%zu more error%s not shown\n", prefix, d->lost,
			d->lost == 1 ? "" : "s");
}

void diag_free(struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->msgs[i].text);
	free(d->msgs);
	*d = (struct diag){0};
}
