#include "descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

static void statement_free(struct statement *st)
{
	free(st->key);
	value_free(&st->value);
}

void descriptor_free(struct descriptor *c)
{
	for (size_t i = 0; i < c->n; i++)
		statement_free(&c->statements[i]);
	free(c->statements);
	*c = (struct descriptor){.file = c->file, .dir = c->dir};
}

const struct statement *descriptor_find(const struct descriptor *c, const char *key)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->statements[i].key, key))
			return &c->statements[i];
	return NULL;
}

struct loc descriptor_entry_loc(const struct descriptor *c, const char *key, size_t i)
{
	const struct value *v = &descriptor_find(c, key)->value;

	return v->kind == VALUE_LIST ? v->items[i].loc : v->loc;
}

/* Room for one more element in an array that grows at powers of two. NULL for lack of memory. */
static void *grown(void *array, size_t n, size_t size)
{
	size_t want = n ? n * 2 : 1;

	if (n & (n - 1))
		return array;
	return want > SIZE_MAX / size ? NULL : realloc(array, want * size);
}

/* Appends a statement and takes over its key and value. Returns 0, or -1 for lack of memory. */
static int append(struct descriptor *c, const struct statement *st)
{
	struct statement *all = grown(c->statements, c->n, sizeof(*all));

	if (!all)
		return -1;
	c->statements = all;
	all[c->n++] = *st;
	return 0;
}

static int list_add(struct value *list, const struct value *item)
{
	struct value *items = grown(list->items, list->nr_items, sizeof(*items));

	if (!items)
		return -1;
	list->items = items;
	items[list->nr_items++] = *item;
	return 0;
}

/* True when a statement begins at the scanner: the list before it was not closed then. */
static bool at_statement(const struct scan *s)
{
	struct scan ahead = *s;

	if (!scan_at_word(&ahead))
		return false;
	scan_word(&ahead);
	while (scan_peek(&ahead) == ' ' || scan_peek(&ahead) == '\t')
		ahead.p++;
	if (scan_peek(&ahead) == '+')
		ahead.p++;
	return scan_peek(&ahead) == '=';
}

static int parse_list(struct scan *s, struct value *v);

static int parse_value(struct scan *s, struct value *v)
{
	return scan_peek(s) == '[' ? parse_list(s, v) : scan_atom(s, v);
}

/* Reads one item and puts it into the list. Returns 0, or -1 with the error reported. */
static int parse_item(struct scan *s, struct value *list)
{
	struct value item;

	if (parse_value(s, &item) < 0) {
		value_free(&item);
		return -1;
	}
	if (list_add(list, &item) < 0) {
		diag_add(s->d, item.loc, "%s", strerror(ENOMEM));
		value_free(&item);
		return -1;
	}
	return 0;
}

/* Checks what comes behind an item. Returns 0, or -1 with the error reported. */
static int parse_comma(struct scan *s)
{
	char c;

	scan_blank_lines(s);
	c = scan_peek(s);
	if (c == ',' || c == ']' || s->p == s->end || (!s->bare && at_statement(s)))
		return 0;
	scan_unexpected(s, "',' or ']' in the list");
	/* Before a string only the comma is missing: the string is read as the next item. */
	if (c != '"' && c != '\'') {
		s->bare_line = s->line;
		scan_skip_to(s, ",]");
	}
	return -1;
}

/* Nothing that is nested so deep is a descriptor: no more is read of it. */
static void too_deep(struct scan *s)
{
	diag_add(s->d, scan_loc(s), "lists are more than %d deep", VALUE_DEPTH_MAX);
	s->p = s->end;
	s->unclosed = true;
}

/* Of lists in lists the innermost that is not closed is reported. */
static void not_closed(struct scan *s, struct loc loc)
{
	if (!s->unclosed && !s->torn)
		diag_add(s->d, loc, "the list has no closing ]");
	s->unclosed = true;
}

static int parse_list(struct scan *s, struct value *v)
{
	int rc = 0, bad;

	*v = (struct value){.kind = VALUE_LIST, .loc = scan_loc(s)};
	if (s->depth == VALUE_DEPTH_MAX) {
		too_deep(s);
		return -1;
	}
	s->depth++;
	s->p++;
	for (;;) {
		scan_blank_lines(s);
		if (scan_peek(s) == ']')
			break;
		if (s->p == s->end || (!s->bare && at_statement(s))) {
			not_closed(s, v->loc);
			rc = -1;
			break;
		}
		bad = parse_item(s, v);
		if (!bad)
			bad = parse_comma(s);
		else if (!s->unclosed)
			scan_skip_to(s, ",]");
		rc = bad ? -1 : rc;
		scan_blank_lines(s);
		if (scan_peek(s) == ',')
			s->p++;
	}
	if (scan_peek(s) == ']')
		s->p++;
	s->depth--;
	return rc;
}

/* Parses what comes after the key. Returns 0, or -1 with the error reported. */
static int parse_assignment(struct scan *s, struct statement *st)
{
	scan_blanks(s);
	st->adds = scan_peek(s) == '+' && s->end - s->p > 1 && s->p[1] == '=';
	s->p += st->adds;
	if (scan_peek(s) != '=') {
		st->no_equals = true;
		scan_unexpected(s, "'=' after the key");
		return -1;
	}
	s->p++;
	scan_blanks(s);
	if (parse_value(s, &st->value) < 0)
		return -1;
	st->value.added = st->adds;
	scan_blanks(s);
	if (s->p < s->end && *s->p != '\n' && *s->p != ';') {
		scan_unexpected(s, "a newline or ';' after the value");
		return -1;
	}
	return 0;
}

/* A list that was not closed leaves the scanner at the next statement; anything else broken is
 * skipped. */
static bool statement_ended(const struct scan *s, const struct statement *st)
{
	return s->line != st->loc.line && at_statement(s);
}

/* The newest value of that key, which is the one that xl's '+=' adds to; or NULL. */
static struct value *newest(struct descriptor *c, const char *key)
{
	for (size_t i = c->n; i-- > 0;) {
		struct statement *st = &c->statements[i];

		if (!strcmp(st->key, key) && !(st->adds && st->value.kind == VALUE_BAD))
			return &st->value;
	}
	return NULL;
}

/* Moves the items of a list behind those of another one. Returns 0, or -1 for lack of memory. */
static int add_items(struct value *to, struct value *from)
{
	for (size_t i = 0; i < from->nr_items; i++) {
		if (list_add(to, &from->items[i]) < 0)
			return -1;
		from->items[i] = (struct value){.kind = VALUE_BAD};
	}
	return 0;
}

/* Puts a string behind another one; both may be digits. Returns 0, or -1 for lack of memory. */
static int add_text(struct value *to, const struct value *from)
{
	char *text = NULL;

	if (asprintf(&text, "%s%s", to->s, from->s) < 0)
		return -1;
	free(to->s);
	to->s = text;
	to->kind = VALUE_STRING;
	return 0;
}

/*
 * Does what '+=' says with the value of st, which is VALUE_BAD then unless it is the first of its
 * key.
 */
static void add_to_newest(struct descriptor *c, struct statement *st, struct diag *d)
{
	struct value *to = newest(c, st->key);
	const bool list = st->value.kind == VALUE_LIST;
	int rc = 0;

	if (!to)
		return;
	to->added = to->kind != VALUE_BAD;
	if (!to->added)
		; /* What is wrong with it was reported. */
	else if (list != (to->kind == VALUE_LIST))
		diag_add(d, st->value.loc, "'+=' can't add a %s to a %s (line %u)",
			 list ? "list" : "string", list ? "string" : "list", to->loc.line);
	else
		rc = list ? add_items(to, &st->value) : add_text(to, &st->value);
	if (rc < 0)
		diag_add(d, st->loc, "%s", strerror(ENOMEM));
	value_free(&st->value);
}

static void parse_statement(struct scan *s, struct descriptor *out)
{
	struct statement st = {.loc = scan_loc(s), .first_msg = s->d->n};
	const char *key = s->p;

	st.value = (struct value){.kind = VALUE_BAD, .loc = st.loc};
	if (!scan_at_word(s)) {
		scan_unexpected(s, "a key");
		scan_skip_to(s, ";");
		return;
	}
	st.key = strndup(key, scan_word(s));
	if (!st.key)
		goto nomem;
	s->unclosed = s->torn = false;
	s->bare_line = 0;
	if (parse_assignment(s, &st) < 0) {
		value_free(&st.value);
		if (!statement_ended(s, &st))
			scan_skip_to(s, ";");
	} else if (st.adds) {
		add_to_newest(out, &st, s->d);
	}
	st.nr_msgs = s->d->n - st.first_msg;
	if (append(out, &st) == 0)
		return;
nomem:
	diag_add(s->d, st.loc, "%s", strerror(ENOMEM));
	statement_free(&st);
	scan_skip_to(s, ";");
}

/*
 * Refuses what is not text, is too long, or has a coding that is not read. True when it may be
 * parsed.
 */
static bool is_text(const char *file, const char *text, size_t len, struct diag *d)
{
	struct loc whole = {file, 0, 0}, at = {file, 1, 1};
	const unsigned char *u = (const unsigned char *)text;

	if (len > DESCRIPTOR_MAX) {
		diag_add(d, whole, "%zu bytes are too long for a descriptor (at most %d)", len,
			 DESCRIPTOR_MAX);
		return false;
	}
	if (len >= 2 && ((u[0] == 0xff && u[1] == 0xfe) || (u[0] == 0xfe && u[1] == 0xff))) {
		diag_add(d, at, "the file is UTF-16: a descriptor is ASCII or UTF-8");
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (!text[i]) {
			diag_add(d, at, "NUL byte: this is not a text file");
			return false;
		}
		at.column++;
		if (text[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return true;
}

size_t descriptor_parse(const char *file, const char *text, size_t len, struct descriptor *out,
			struct diag *d)
{
	size_t before = diag_count(d);
	struct scan s = {.file = file, .line = 1, .first_column = 1, .d = d};

	*out = (struct descriptor){.file = file};
	if (!len || !is_text(file, text, len, d))
		return diag_count(d) - before;
	s.p = s.line_text = text;
	s.end = text + len;
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		diag_note(d, scan_loc(&s), "not portable to xl: it refuses a byte order mark");
		s.p += 3;
	}
	for (;;) {
		scan_blank_lines(&s);
		if (s.p == s.end)
			break;
		if (*s.p == ';')
			s.p++;
		else
			parse_statement(&s, out);
	}
	return diag_count(d) - before;
}

int descriptor_parse_override(const char *text, struct loc loc, struct value *out, struct diag *d)
{
	struct scan s = {.file = loc.file,
			 .p = text,
			 .end = text + strlen(text),
			 .line_text = text,
			 .line = loc.line,
			 .first_column = loc.column,
			 .bare = true,
			 .d = d};

	if (*text != '[') {
		*out = (struct value){.kind = VALUE_BARE, .loc = loc, .s = strdup(text)};
		if (out->s)
			return 0;
		diag_add(d, loc, "%s", strerror(ENOMEM));
		goto bad;
	}
	if (parse_list(&s, out) < 0)
		goto bad;
	if (s.p < s.end) {
		diag_add(d, scan_loc(&s), "text after the list's ]");
		goto bad;
	}
	return 0;
bad:
	value_free(out);
	return -1;
}

void descriptor_unset(struct descriptor *c, const char *key, struct diag *fd)
{
	for (size_t i = c->n; i-- > 0;) {
		struct statement st = c->statements[i];

		if (strcmp(st.key, key))
			continue;
		if (fd)
			diag_drop(fd, st.first_msg, st.nr_msgs);
		c->n--;
		for (size_t j = i; j < c->n; j++) {
			c->statements[j] = c->statements[j + 1];
			if (fd)
				c->statements[j].first_msg -= st.nr_msgs;
		}
		statement_free(&st);
	}
}

int descriptor_set(struct descriptor *c, const char *key, struct loc loc, struct value *value,
		   struct diag *fd)
{
	struct statement st = {.key = strdup(key), .loc = loc, .value = *value};
	struct statement last;

	if (!st.key)
		return -1;
	/* Appended first, so that nothing is lost when there is no memory for it. */
	if (append(c, &st) < 0) {
		free(st.key);
		return -1;
	}
	last = c->statements[--c->n];
	descriptor_unset(c, key, fd);
	c->statements[c->n++] = last;
	return 0;
}
