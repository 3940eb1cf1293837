#include "e820_file.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"

/* Characters of a word that a message shows. */
#define SHOWN  40
#define LEN(n) (int)((n) < SHOWN ? (n) : SHOWN)

static const struct {
	const char *name;
	uint32_t type;
} types[] = {
	{"ram", E820_RAM}, {"reserved", E820_RESERVED}, {"acpi", E820_ACPI},
	{"nvs", E820_NVS}, {"unusable", E820_UNUSABLE},
};
#define NR_TYPES (sizeof(types) / sizeof(types[0]))

struct word {
	const char *text;
	size_t len;
};

/* Where the reader is. */
struct reading {
	const char *file, *line_start, *at, *end;
	unsigned line;
	unsigned lines[E820_FILE_MAX]; /* of each range */
	struct e820_map *out;
	struct err *e;
};

static int wrong(const struct reading *r, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(const struct reading *r, const char *at, const char *fmt, ...)
{
	char cause[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cause, sizeof(cause), fmt, ap);
	va_end(ap);
	/* Replaces characters of the file that would break the message's line. */
	for (char *p = cause; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return err_set(r->e, "%s:%u:%zu: %s", r->file, r->line, (size_t)(at - r->line_start) + 1,
		       cause);
}

/* Steps over blanks and a comment. Returns false at the end of the line. */
static bool more(struct reading *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
	if (r->at < r->end && *r->at == '#')
		while (r->at < r->end && *r->at != '\n')
			r->at++;
	return r->at < r->end && *r->at != '\n';
}

static bool next_word(struct reading *r, struct word *w)
{
	if (!more(r))
		return false;
	w->text = r->at;
	while (r->at < r->end && !memchr(" \t\n#", *r->at, 4))
		r->at++;
	w->len = (size_t)(r->at - w->text);
	return true;
}

static int read_address(struct reading *r, const char *what, uint64_t *out)
{
	struct word w;
	size_t i = 0;

	if (!next_word(r, &w))
		return wrong(r, r->at, "%s is missing: a line is START END TYPE", what);
	if (w.len > 2 && w.text[0] == '0' && (w.text[1] == 'x' || w.text[1] == 'X'))
		i = 2;
	*out = 0;
	for (; i < w.len; i++) {
		const unsigned char c = (unsigned char)w.text[i];

		if (!isxdigit(c))
			return wrong(r, w.text, "%s is '%.*s', not a hexadecimal number", what,
				     LEN(w.len), w.text);
		*out = *out * 16 + (uint64_t)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		if (*out > E820_ADDRESS_MAX)
			return wrong(r, w.text, "%s is beyond 0x%" PRIx64 ", the last address",
				     what, E820_ADDRESS_MAX);
	}
	return 0;
}

static int read_type(struct reading *r, uint32_t *out)
{
	const char *names[NR_TYPES];
	char word[SUGGEST_MAX], near[SUGGEST_MAX];
	struct word w;

	if (!next_word(r, &w))
		return wrong(r, r->at, "TYPE is missing: a line is START END TYPE");
	for (size_t i = 0; i < NR_TYPES; i++) {
		names[i] = types[i].name;
		if (w.len != strlen(names[i]) || memcmp(w.text, names[i], w.len) != 0)
			continue;
		*out = types[i].type;
		return 0;
	}
	snprintf(word, sizeof(word), "%.*s", LEN(w.len), w.text);
	return wrong(r, w.text, "unknown type '%s'%s", word,
		     suggest_text(near, word, names, NR_TYPES));
}

/* The newest range against the one before. */
static int check_order(const struct reading *r, const char *at)
{
	const struct e820entry *range = &r->out->v[r->out->n], *before = range - 1;
	const unsigned line = r->out->n ? r->lines[r->out->n - 1] : 0;

	if (!r->out->n || range->addr >= before->addr + before->size)
		return 0;
	if (range->addr + range->size <= before->addr)
		return wrong(r, at, "the range is below that of line %u: they must be in order",
			     line);
	return wrong(r, at, "the range overlaps that of line %u", line);
}

static int read_range(struct reading *r)
{
	const char *start_at = r->at;
	struct e820entry *range;
	uint64_t start, end;
	uint32_t type = 0;

	if (r->out->n == E820_FILE_MAX)
		return wrong(r, start_at, "more than %d ranges", E820_FILE_MAX);
	if (read_address(r, "START", &start) < 0 || read_address(r, "END", &end) < 0 ||
	    read_type(r, &type) < 0)
		return -1;
	if (more(r))
		return wrong(r, r->at, "something follows the type");
	if (end == start)
		return wrong(r, start_at, "the range is empty: END is the first address behind it");
	if (end < start)
		return wrong(r, start_at, "the range ends before it begins");
	range = &r->out->v[r->out->n];
	*range = (struct e820entry){start, end - start, type};
	if (check_order(r, start_at) < 0)
		return -1;
	r->lines[r->out->n++] = r->line;
	return 0;
}

static bool has_ram(const struct e820_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].type == E820_RAM)
			return true;
	return false;
}

int e820_parse(const char *text, size_t len, const char *file, struct e820_map *out, struct err *e)
{
	struct reading r = {
		.file = file,
		.line_start = text,
		.at = text,
		.end = text + len,
		.line = 1,
		.out = out,
		.e = e,
	};

	out->n = 0;
	for (;;) {
		if (more(&r) && read_range(&r) < 0)
			return -1;
		if (r.at == r.end)
			break;
		r.line_start = ++r.at;
		r.line++;
	}
	return has_ram(out) ? 0 : wrong(&r, r.at, "the map ends without a range that is ram");
}

static bool known_type(uint32_t type)
{
	for (size_t i = 0; i < NR_TYPES; i++)
		if (types[i].type == type)
			return true;
	return false;
}

int e820_check(const struct e820_map *m, struct err *e)
{
	uint64_t end = 0;

	if (m->n > E820_FILE_MAX)
		return err_set(e, "the reader's answer is wrong (the number of ranges)");
	for (size_t i = 0; i < m->n; i++) {
		const struct e820entry *r = &m->v[i];

		if (r->addr < end || r->addr > E820_ADDRESS_MAX || !r->size ||
		    r->size > E820_ADDRESS_MAX - r->addr || !known_type(r->type))
			return err_set(e, "the reader's answer is wrong (range %zu)", i);
		end = r->addr + r->size;
	}
	if (!has_ram(m))
		return err_set(e, "the reader's answer is wrong (no range is ram)");
	return 0;
}

int e820_check_memory(const struct e820_map *m, uint64_t memory_kib, const char *file,
		      struct err *e)
{
	uint64_t ram = 0, all = 0, described = 0;

	for (size_t i = 0; i < m->n; i++) {
		all += m->v[i].size;
		if (m->v[i].type != E820_RAM)
			continue;
		ram += m->v[i].size;
		described = all;
	}
	if (ram / 1024 + (ram % 1024 != 0) > memory_kib)
		return err_set(e,
			       "%s: its ranges that are ram have %" PRIu64
			       " KiB, the guest has %" PRIu64 " KiB",
			       file, ram / 1024 + (ram % 1024 != 0), memory_kib);
	if (described / 1024 + 1024 < memory_kib)
		return err_set(e,
			       "%s: its ranges up to the last that is ram have %" PRIu64
			       " KiB, the guest has %" PRIu64 " KiB",
			       file, described / 1024, memory_kib);
	return 0;
}
