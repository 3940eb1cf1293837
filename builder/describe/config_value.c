#include "config_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Characters of a string that a message shows. */
#define SHOW_TEXT 48

const char *value_show(const struct value *v, char buf[SHOW_MAX])
{
	const char *quote = v->kind == VALUE_STRING ? "\"" : "";

	if (v->kind == VALUE_LIST)
		snprintf(buf, SHOW_MAX, v->nr_items ? "[...]" : "[]");
	else if (v->s)
		snprintf(buf, SHOW_MAX, "%s%.*s%s%s", quote, SHOW_TEXT, v->s,
			 strlen(v->s) > SHOW_TEXT ? "..." : "", quote);
	else
		snprintf(buf, SHOW_MAX, "?");
	return buf;
}

const char *value_show_of(const char *key, const struct value *v, char buf[SHOW_MAX])
{
	static const char *const secrets[] = {"vncpasswd", "spicepasswd", "vfb"};

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (!strncmp(key, secrets[i], strlen(secrets[i])))
			return strcpy(buf, v->kind == VALUE_LIST ? "[...]" : "...");
	return value_show(v, buf);
}

static int bad(const struct key *k, const struct value *v, struct diag *d, const char *cause)
{
	char shown[SHOW_MAX];

	diag_add(d, v->loc, "%s = %s: %s", k->name, value_show_of(k->name, v, shown), cause);
	return -1;
}

int value_no_memory(const struct value *v, struct diag *d)
{
	diag_add(d, v->loc, "%s", strerror(ENOMEM));
	return -1;
}

int value_wrong_entry(const struct key *k, const struct value *v, size_t i, const struct err *e,
		      struct diag *d)
{
	diag_add(d, value_entry(v, i)->loc, "%s, entry %zu: %s", k->name, i + 1, e->msg);
	return -1;
}

int read_texts(const struct key *k, const struct value *v, size_t max, struct strings *out,
	       struct diag *d)
{
	if (v->kind != VALUE_LIST || v->nr_items <= max)
		return read_strings(k, v, out, d);
	diag_add(d, v->loc, "%s has %zu entries: a guest can have %zu", k->name, v->nr_items, max);
	return -1;
}

struct guest_config *config_of(const struct key *k, void *field)
{
	return (struct guest_config *)(void *)((char *)field - k->field);
}

/*
 * In quotes or without them, as xl takes it; xl's xlu_cfg_get_long refuses one that '+=' made.
 * `wanted` is said of what is none, or NULL for the reason.
 */
static int get_integer(const struct key *k, const struct value *v, const char *wanted, int64_t *out,
		       struct diag *d)
{
	const char *why;

	if (v->kind == VALUE_LIST)
		return bad(k, v, d, "must be an integer, not a list");
	if (v->added)
		return bad(k, v, d, "an integer can't be put together with '+='");
	if (v->kind == VALUE_INT) {
		*out = v->i;
		return 0;
	}
	why = value_integer(v->s, out);
	return why ? bad(k, v, d, wanted ? wanted : why) : 0;
}

static int get_ranged(const struct key *k, const struct value *v, int64_t *out, struct diag *d)
{
	char cause[128];

	if (get_integer(k, v, NULL, out, d) < 0)
		return -1;
	if (*out >= k->min && *out <= k->max)
		return 0;
	snprintf(cause, sizeof(cause), "must be %" PRId64 " to %" PRId64 "%s%s", k->min, k->max,
		 k->unit ? " " : "", k->unit ? k->unit : "");
	return bad(k, v, d, cause);
}

int read_unsigned(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	int64_t i;

	if (get_ranged(k, v, &i, d) < 0)
		return -1;
	if (out)
		*(unsigned *)out = (unsigned)i;
	return 0;
}

int read_retries(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	const unsigned unlimited = RETRIES_UNLIMITED;
	int64_t ignored;

	if (!v->s || strcmp(v->s, "unlimited") != 0) {
		if (v->s && value_integer(v->s, &ignored))
			return bad(k, v, d, "must be an integer, or \"unlimited\"");
		return read_unsigned(k, v, out, d);
	}
	if (out)
		memcpy(out, &unlimited, sizeof(unlimited));
	return 0;
}

int read_mib(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	int64_t i;

	if (get_ranged(k, v, &i, d) < 0)
		return -1;
	if (out)
		*(uint64_t *)out = (uint64_t)i * 1024;
	return 0;
}

/* Any integer but 0 is "on" to xl. */
int read_bool(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	int64_t i;

	if (get_integer(k, v, "must be 0 or 1", &i, d) < 0)
		return -1;
	if (out)
		*(bool *)out = i != 0;
	return 0;
}

int read_off(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	bool on;

	if (read_bool(k, v, &on, d) < 0)
		return -1;
	if (out)
		*(bool *)out = !on;
	return 0;
}

/* The text of a string, or of digits, which xl takes for one; it may have line breaks if `lines`.
 * Borrowed from v; or NULL with the error in d. */
static const char *get_lines(const struct key *k, const struct value *v, bool lines, struct diag *d)
{
	struct err e = {0};

	if (v->kind == VALUE_LIST) {
		bad(k, v, d, "must be a string, not a list");
		return NULL;
	}
	for (const char *p = v->s; *p; p++) {
		const bool blank = *p == '\t' || (lines && *p == '\n');

		if (((unsigned char)*p < 0x20 && !blank) || *p == 0x7f) {
			bad(k, v, d, "must not hold control characters");
			return NULL;
		}
	}
	if (k->check && k->check(v->s, &e) < 0) {
		bad(k, v, d, e.msg);
		return NULL;
	}
	return v->s;
}

static const char *get_text(const struct key *k, const struct value *v, struct diag *d)
{
	return get_lines(k, v, false, d);
}

/* Copies text to *out, unless out is NULL. text is NULL when v has an error. */
static int copy_text(const struct value *v, const char *text, void *out, struct diag *d)
{
	char *copy;

	if (!text)
		return -1;
	if (!out)
		return 0;
	copy = strdup(text);
	if (!copy)
		return value_no_memory(v, d);
	*(char **)out = copy;
	return 0;
}

int read_string(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	return copy_text(v, get_text(k, v, d), out, d);
}

int read_lines(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	return copy_text(v, get_lines(k, v, true, d), out, d);
}

/* "must be "a", "b" or "c"", of the words that count. */
static void list_words(char *buf, size_t size, const struct word *words)
{
	size_t left = 0, len;

	for (const struct word *w = words; w->text; w++)
		left += w->is == WORD_OK;
	len = (size_t)snprintf(buf, size, "must be ");
	for (const struct word *w = words; w->text && len < size; w++) {
		if (w->is == WORD_XL || w->is == WORD_REFUSED)
			continue;
		left--;
		len += (size_t)snprintf(buf + len, size - len, "\"%s\"%s", w->text,
					left > 1    ? ", "
					: left == 1 ? " or "
						    : "");
	}
}

static const struct word *get_word(const struct key *k, const struct value *v, struct diag *d)
{
	const char *text = get_text(k, v, d);
	char cause[256], known[192];
	const struct word *w;

	if (!text)
		return NULL;
	for (w = k->words; w->text; w++)
		if (!(k->any_case ? strcasecmp : strcmp)(w->text, text))
			break;
	list_words(known, sizeof(known), k->words);
	if (!w->text) {
		bad(k, v, d, known);
		return NULL;
	}
	if (w->is == WORD_XL) {
		snprintf(cause, sizeof(cause), "xl has it, but earlydom does not: %s", known);
		bad(k, v, d, cause);
		return NULL;
	}
	return w;
}

int read_word(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	const struct word *w = get_word(k, v, d);

	if (!w)
		return -1;
	if (out)
		*(unsigned *)out = (unsigned)(w - k->words);
	return 0;
}

int read_word_text(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	return get_word(k, v, d) ? read_string(k, v, out, d) : -1;
}

const struct value *value_entry(const struct value *v, size_t i)
{
	return v->kind == VALUE_LIST ? &v->items[i] : v;
}

void strings_free(struct strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strings){0};
}

/* Reads nr items as strings of the key, and reports the errors of all. */
static int read_items(const struct key *k, const struct value *items, size_t nr,
		      struct strings *out, struct diag *d)
{
	struct strings all = {.v = calloc(nr ? nr : 1, sizeof(*all.v))};
	char name[96];
	struct key item = *k;
	int rc = 0;

	if (!all.v)
		return value_no_memory(items, d);
	item.name = name;
	for (size_t i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), nr > 1 ? "%s, entry %zu" : "%s", k->name, i + 1);
		if (read_string(&item, &items[i], &all.v[all.n], d) < 0)
			rc = -1;
		else
			all.n++;
	}
	if (rc || !out)
		strings_free(&all);
	else
		*out = all;
	return rc;
}

int read_strings(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	if (v->kind == VALUE_LIST)
		return read_items(k, v->items, v->nr_items, out, d);
	/* An override has no quotes by which a string could be told from a list with one entry. */
	if (k->one_or_many || v->kind == VALUE_BARE)
		return read_items(k, v, 1, out, d);
	return bad(k, v, d, "must be a list of strings, in [ ]");
}

/* 8-4-4-4-12 hexadecimal digits, as uuid_parse(3) takes them for xl. */
int read_uuid(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	const char *text = get_text(k, v, d);
	uint8_t uuid[16] = {0};
	unsigned digits = 0, any = 0;

	if (!text)
		return -1;
	if (strlen(text) != strlen(form))
		goto malformed;
	for (size_t i = 0; form[i]; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned digit;

		if (form[i] == '-' ? c != '-' : !isxdigit(c))
			goto malformed;
		if (form[i] == '-')
			continue;
		digit = (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		uuid[digits / 2] |= (uint8_t)(digits % 2 ? digit : digit << 4);
		digits++;
		any |= digit;
	}
	if (!any)
		return bad(k, v, d, "must not be all zero");
	if (out)
		memcpy(out, uuid, sizeof(uuid));
	return 0;
malformed:
	return bad(k, v, d, "must be hexadecimal digits in groups of 8-4-4-4-12");
}
