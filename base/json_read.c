#include "json_read.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* What is left of the text. */
struct rest {
	const char *at, *end;
};

static void skip_blanks(struct rest *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
		r->at++;
}

static bool take(struct rest *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct rest *r, const char *word)
{
	const size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static bool take_digits(struct rest *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > from;
}

static bool take_number(struct rest *r)
{
	take(r, '-');
	if (!take(r, '0') && !take_digits(r))
		return false;
	if (take(r, '.') && !take_digits(r))
		return false;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			take(r, '-');
		return take_digits(r);
	}
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hex4(struct rest *r, uint32_t *out)
{
	*out = 0;
	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		const int digit = hex_value(*r->at++);

		if (digit < 0)
			return false;
		*out = *out * 16 + (uint32_t)digit;
	}
	return true;
}

#define REPLACEMENT 0xfffdu

/* What follows "\u": one half of a pair alone is no character. */
static bool take_unicode(struct rest *r, uint32_t *out)
{
	struct rest pair;
	uint32_t low;

	if (!take_hex4(r, out))
		return false;
	if (*out < 0xd800 || *out > 0xdfff)
		return true;
	pair = *r;
	if (*out < 0xdc00 && take_word(&pair, "\\u") && take_hex4(&pair, &low) && low >= 0xdc00 &&
	    low <= 0xdfff) {
		*r = pair;
		*out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
		return true;
	}
	*out = REPLACEMENT;
	return true;
}

static bool take_escape(struct rest *r, uint32_t *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p;

	if (r->at == r->end)
		return false;
	p = *r->at ? strchr(from, *r->at) : NULL;
	if (!p)
		return take(r, 'u') && take_unicode(r, out);
	*out = (uint32_t)to[p - from];
	r->at++;
	return true;
}

static size_t encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Where a string's text goes; buf NULL: nowhere. */
struct sink {
	char *buf;
	size_t size, len;
	bool unfit; /* it has no room, or would be cut by a NUL */
};

static void put(struct sink *to, const char *bytes, size_t n)
{
	if (!to->buf)
		return;
	if (to->size - to->len <= n || memchr(bytes, '\0', n)) {
		to->unfit = true;
		return;
	}
	memcpy(to->buf + to->len, bytes, n);
	to->len += n;
}

/* utf8_length reads to the end of a character: it gets a copy that ends. */
static size_t character(const struct rest *r)
{
	unsigned char c[5] = {0};
	const size_t left = (size_t)(r->end - r->at);

	memcpy(c, r->at, left < 4 ? left : 4);
	return utf8_length(c);
}

static bool take_string(struct rest *r, struct sink *to)
{
	uint32_t c = 0;
	char bytes[4];
	size_t n;

	if (!take(r, '"'))
		return false;
	while (r->at < r->end && *r->at != '"') {
		if (take(r, '\\')) {
			if (!take_escape(r, &c))
				return false;
			put(to, bytes, encode(c, bytes));
			continue;
		}
		n = (unsigned char)*r->at < 0x20 ? 0 : character(r);
		if (!n)
			return false;
		put(to, r->at, n);
		r->at += n;
	}
	return take(r, '"');
}

static bool skip_string(struct rest *r)
{
	struct sink nowhere = {0};

	return take_string(r, &nowhere);
}

static bool begins(const struct rest *r, char c)
{
	return r->at < r->end && *r->at == c;
}

/* A member's name and the colon. */
static bool take_name(struct rest *r)
{
	if (!skip_string(r))
		return false;
	skip_blanks(r);
	if (!take(r, ':'))
		return false;
	skip_blanks(r);
	return true;
}

static bool take_scalar(struct rest *r)
{
	if (begins(r, '"'))
		return skip_string(r);
	return take_word(r, "true") || take_word(r, "false") || take_word(r, "null") ||
	       take_number(r);
}

/* What may come next in a bracket. */
enum expected { VALUE, VALUE_OR_END, COMMA_OR_END };

/*
 * Takes one value. The brackets that are open, each as what closes it, are kept in a stack: what
 * comes from outside does not decide how deep a function calls itself.
 */
static bool take_value(struct rest *r)
{
	char stack[JSON_DEPTH_MAX] = "";
	enum expected next = VALUE;
	unsigned depth = 0;

	do {
		skip_blanks(r);
		if (next != VALUE && take(r, stack[depth - 1])) {
			depth--;
			next = COMMA_OR_END;
			continue;
		}
		if (next == COMMA_OR_END) {
			if (!take(r, ','))
				return false;
			next = VALUE;
			continue;
		}
		if (depth && stack[depth - 1] == '}' && !take_name(r))
			return false;
		next = COMMA_OR_END;
		if (begins(r, '{') || begins(r, '[')) {
			if (depth == JSON_DEPTH_MAX)
				return false;
			stack[depth++] = *r->at++ == '{' ? '}' : ']';
			next = VALUE_OR_END;
		} else if (!take_scalar(r)) {
			return false;
		}
	} while (depth);
	return true;
}

/* The value that begins here, and steps over it. The text is right. */
static void next_value(struct rest *r, struct json_value *out)
{
	skip_blanks(r);
	out->at = r->at;
	take_value(r);
	out->len = (size_t)(r->at - out->at);
	skip_blanks(r);
}

bool json_parse(const char *text, size_t len, struct json_value *out)
{
	struct rest r = {text, text + len};

	skip_blanks(&r);
	out->at = r.at;
	if (!take_value(&r))
		return false;
	out->len = (size_t)(r.at - out->at);
	skip_blanks(&r);
	return r.at == r.end;
}

/* Enters a value that begins with the bracket; false where it does not, or nothing is in it. */
static bool enter(const struct json_value *v, char bracket, struct rest *r)
{
	*r = (struct rest){v->at, v->at + v->len};
	if (!take(r, bracket))
		return false;
	skip_blanks(r);
	return *r->at != '}' && *r->at != ']';
}

static bool is_name(const struct json_value *v, const char *name)
{
	char buf[64];

	return json_string(v, buf, sizeof(buf)) && !strcmp(buf, name);
}

bool json_member(const struct json_value *v, const char *name, struct json_value *out)
{
	struct json_value key;
	struct rest r;

	if (!enter(v, '{', &r))
		return false;
	do {
		next_value(&r, &key);
		take(&r, ':');
		next_value(&r, out);
		if (is_name(&key, name))
			return true;
	} while (take(&r, ','));
	return false;
}

bool json_element(const struct json_value *v, size_t i, struct json_value *out)
{
	struct rest r;

	if (!enter(v, '[', &r))
		return false;
	do {
		next_value(&r, out);
		if (!i--)
			return true;
	} while (take(&r, ','));
	return false;
}

bool json_number_of(const struct json_value *v, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->len; i++) {
		const unsigned digit = (unsigned char)v->at[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, digit, &n) || n > max)
			return false;
	}
	*out = n;
	return true;
}

bool json_is_true(const struct json_value *v)
{
	return v->len == 4 && !memcmp(v->at, "true", 4);
}

bool json_string(const struct json_value *v, char *buf, size_t size)
{
	struct rest r = {v->at, v->at + v->len};
	struct sink to = {.buf = buf, .size = size};

	*buf = '\0';
	if (!take_string(&r, &to) || to.unfit) {
		*buf = '\0';
		return false;
	}
	buf[to.len] = '\0';
	return true;
}
