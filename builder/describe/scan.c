#include "scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

char scan_peek(const struct scan *s)
{
	return s->p < s->end ? *s->p : '\0';
}

/* The place of the character at `at` in the scanner's line. */
static struct loc scan_loc_at(const struct scan *s, const char *at)
{
	return (struct loc){s->file, s->line, s->first_column + (unsigned)(at - s->line_text)};
}

struct loc scan_loc(const struct scan *s)
{
	return scan_loc_at(s, s->p);
}

/* Steps over the newline at the scanner. */
static void scan_newline(struct scan *s)
{
	s->line_text = ++s->p;
	s->line++;
	s->first_column = 1;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/*
 * Reports what xl's scanner (tools/libs/util/libxlu_cfg_l.l) refuses although it changes nothing:
 * who has the file for both wants to know.
 */
static void not_portable(struct scan *s, struct loc loc, const char *what)
{
	diag_note(s->d, loc, "not portable to xl: %s", what);
}

/* A carriage return in front of a newline or the end: one note tells of all of them. */
static bool skip_crlf(struct scan *s)
{
	const bool last = s->end - s->p == 1;

	if (s->p == s->end || *s->p != '\r' || (!last && s->p[1] != '\n'))
		return false;
	if (!s->crlf && !last) {
		not_portable(s, scan_loc(s), "it refuses DOS line ends (CRLF)");
		s->crlf = true;
	}
	s->p++;
	return true;
}

/*
 * Any bytes, a carriage return at the end too. xl wants a newline behind it, but takes a '#' that
 * is the last byte.
 */
static void skip_comment(struct scan *s)
{
	const char *newline = memchr(s->p, '\n', (size_t)(s->end - s->p));

	if (!newline && s->end - s->p > 1)
		not_portable(s, scan_loc(s),
			     "it wants a newline behind a comment in the last line");
	s->p = newline ? newline : s->end;
}

void scan_blanks(struct scan *s)
{
	for (;;) {
		char c = scan_peek(s);

		if (c == ' ' || c == '\t')
			s->p++;
		else if (c == '#' && !s->bare)
			skip_comment(s);
		else if (!skip_crlf(s))
			return;
	}
}

void scan_blank_lines(struct scan *s)
{
	scan_blanks(s);
	while (scan_peek(s) == '\n') {
		scan_newline(s);
		scan_blanks(s);
	}
}

/* The closing quote of the string that begins at `at`, or NULL when its line has none. */
static const char *closing_quote(const struct scan *s, const char *at)
{
	char quote = *at++;

	for (; at < s->end && *at != '\n'; at++) {
		if (*at == quote)
			return at;
		if (*at == '\\' && (++at == s->end || *at == '\n'))
			return NULL;
	}
	return NULL;
}

/* The end of the scanner's line. */
static const char *line_end(const struct scan *s)
{
	const char *newline = memchr(s->p, '\n', (size_t)(s->end - s->p));

	return newline ? newline : s->end;
}

void scan_skip_to(struct scan *s, const char *stops)
{
	while (s->p < s->end && *s->p != '\n' && !strchr(stops, *s->p)) {
		const char *quote;

		if (*s->p == '#' && !s->bare)
			return;
		if (*s->p == '"' || *s->p == '\'') {
			quote = closing_quote(s, s->p);
			s->torn |= !quote;
			s->p = quote ? quote + 1 : line_end(s);
		} else {
			s->p++;
		}
	}
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

bool scan_at_word(const struct scan *s)
{
	char c = scan_peek(s);

	return isalpha((unsigned char)c) || c == '_';
}

size_t scan_word(struct scan *s)
{
	const char *start = s->p;

	while (s->p < s->end && is_word(*s->p))
		s->p++;
	return (size_t)(s->p - start);
}

void scan_unexpected(struct scan *s, const char *wanted)
{
	struct loc loc = scan_loc(s);
	unsigned char c = (unsigned char)scan_peek(s);
	const char *word = s->p;
	size_t len;

	if (s->p == s->end) {
		diag_add(s->d, loc, "expected %s, found the end of %s", wanted,
			 s->bare ? "the value" : "the file");
	} else if (c == '\n') {
		diag_add(s->d, loc, "expected %s, found the end of the line", wanted);
	} else if (is_word((char)c)) {
		len = scan_word(s);
		diag_add(s->d, loc, "expected %s, found '%.*s%s'", wanted, len > 40 ? 40 : (int)len,
			 word, len > 40 ? "..." : "");
	} else if (is_control((char)c)) {
		diag_add(s->d, loc, "expected %s, found the control character 0x%02x", wanted, c);
		s->p++;
	} else if (c == '"' || c == '\'') {
		diag_add(s->d, loc, "expected %s, found a string", wanted);
	} else if (c >= 0x80) {
		diag_add(s->d, loc, "expected %s, found the byte 0x%02x", wanted, c);
		while (s->p < s->end && (unsigned char)*s->p >= 0x80)
			s->p++;
	} else {
		diag_add(s->d, loc, "expected %s, found '%c'", wanted, c);
	}
}

/*
 * How many bytes behind \N, N being 0 to 7, xl takes with it: it reads up to three with strtoul as
 * a decimal number, and forgets that (xlu__cfgl_dequote in libxlu_cfg.c, 4.17 and since). At most
 * one is too few, and an error.
 */
static size_t dropped_digits(const char *at, const char *end)
{
	const char *p = at, *digits;

	end = end - at > 3 ? at + 3 : end;
	while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
		p++;
	p += p < end && (*p == '-' || *p == '+');
	digits = p;
	while (p < end && isdigit((unsigned char)*p))
		p++;
	return p > digits ? (size_t)(p - at) : 0;
}

/* An octal escape at *at, which xl has for nothing or refuses. Returns 0, or -1 with the error
 * reported. */
static int octal_escape(struct scan *s, const char **at, const char *end)
{
	const char *start = *at;
	size_t n = dropped_digits(start + 2, end);

	*at += 2 + n;
	if (n < 2) {
		diag_add(s->d, scan_loc_at(s, start),
			 "\\%c in a string: there are no octal escapes, write the character itself",
			 start[1]);
		return -1;
	}
	diag_note(s->d, scan_loc_at(s, start),
		  "%.*s in a string is nothing, as it is to xl: write the character itself",
		  (int)(2 + n), start);
	return 0;
}

/* \xHH at *at. Returns the byte, or -1 with the error reported. */
static int hex_escape(struct scan *s, const char **at, const char *end)
{
	const struct loc loc = scan_loc_at(s, *at);
	const char *digits = *at + 2;
	int high = -1, low = -1;

	if (end - digits >= 2) {
		high = value_hex_digit(digits[0]);
		low = value_hex_digit(digits[1]);
	}
	*at += 2;
	if (high < 0 || low < 0) {
		diag_add(s->d, loc, "\\x needs two hexadecimal digits after it");
		return -1;
	}
	*at += 2;
	if (!high && !low) {
		diag_add(s->d, loc, "a string can't hold a NUL");
		return -1;
	}
	not_portable(s, loc, "it refuses \\x in a string");
	return high * 16 + low;
}

/*
 * Reads the escape at *at (a backslash; end is the closing quote, which an escape can't reach: a
 * backslash in front of it would have hidden it). Returns the byte, 0 for none, or -1 with the
 * error reported.
 */
static int escape(struct scan *s, const char **at, const char *end)
{
	static const char letters[] = "abfnrtv\\\"'";
	static const char bytes[] = "\a\b\f\n\r\t\v\\\"'";
	const char c = (*at)[1], *letter = strchr(letters, c);

	if (letter && c) {
		*at += 2;
		return bytes[letter - letters];
	}
	if (c == 'x')
		return hex_escape(s, at, end);
	if (c >= '0' && c <= '7')
		return octal_escape(s, at, end);
	if ((unsigned char)c < 0x80 && !is_control(c))
		diag_add(s->d, scan_loc_at(s, *at), "unknown escape \\%c in a string", c);
	else
		diag_add(s->d, scan_loc_at(s, *at), "unknown escape \\ 0x%02x in a string",
			 (unsigned char)c);
	*at += 2;
	return -1;
}

static int scan_string(struct scan *s, struct value *v)
{
	const char *at = s->p + 1, *end = closing_quote(s, s->p);
	size_t len = 0;
	int rc = 0;

	if (!end) {
		diag_add(s->d, v->loc, "the string has no closing %c on its line", *s->p);
		s->p = line_end(s);
		return -1;
	}
	v->s = malloc((size_t)(end - at) + 1);
	if (!v->s) {
		diag_add(s->d, v->loc, "%s", strerror(ENOMEM));
		s->p = end + 1;
		return -1;
	}
	while (at < end) {
		int c = *at == '\\' ? escape(s, &at, end) : (unsigned char)*at++;

		rc = c < 0 ? -1 : rc;
		if (c)
			v->s[len++] = (char)c;
	}
	v->s[len] = '\0';
	v->kind = VALUE_STRING;
	s->p = end + 1;
	return rc;
}

/* As xl's scanner, takes digits without quotes for a string that begins with a digit. */
static int scan_number(struct scan *s, struct value *v)
{
	const char *start = s->p, *why;
	size_t len = scan_word(s);

	v->s = strndup(start, len);
	if (!v->s) {
		diag_add(s->d, v->loc, "%s", strerror(ENOMEM));
		return -1;
	}
	why = value_integer(v->s, &v->i);
	if (strspn(v->s, "0123456789abcdefx") == len) {
		v->kind = why ? VALUE_STRING : VALUE_INT;
		return 0;
	}
	if (why)
		diag_add(s->d, v->loc, "'%.40s' %s, and a string needs quotes", v->s, why);
	else
		diag_add(s->d, v->loc,
			 "'%.40s': hexadecimal digits and the x are in lower case, or in quotes",
			 v->s);
	return -1;
}

/* A word without quotes: right in the list of an override only. */
static int scan_bare(struct scan *s, struct value *v)
{
	const char *start = s->p;
	size_t len;

	if (!s->bare) {
		while (s->p < s->end && (unsigned char)*s->p > ' ' && !strchr(",;#[]\"'", *s->p))
			s->p++;
		len = (size_t)(s->p - start);
		/* One pair of quotes that is missing makes several words of one string. */
		if (s->depth && s->bare_line == s->line)
			return -1;
		s->bare_line = s->line;
		diag_add(s->d, v->loc, "a string needs quotes: '%.*s%s'", len > 40 ? 40 : (int)len,
			 start, len > 40 ? "..." : "");
		return -1;
	}
	while (s->p < s->end && *s->p != ',' && *s->p != ']')
		s->p++;
	len = (size_t)(s->p - start);
	while (len && (start[len - 1] == ' ' || start[len - 1] == '\t'))
		len--;
	v->s = strndup(start, len);
	if (!v->s) {
		diag_add(s->d, v->loc, "%s", strerror(ENOMEM));
		return -1;
	}
	v->kind = VALUE_BARE;
	return 0;
}

int scan_atom(struct scan *s, struct value *v)
{
	char c = scan_peek(s);

	*v = (struct value){.kind = VALUE_BAD, .loc = scan_loc(s)};
	if (c == '"' || c == '\'')
		return scan_string(s, v);
	if (s->bare && c != ',' && c != ']' && s->p < s->end)
		return scan_bare(s, v);
	if (isdigit((unsigned char)c))
		return scan_number(s, v);
	if ((c == '-' || c == '+') && s->end - s->p > 1 && isdigit((unsigned char)s->p[1])) {
		diag_add(s->d, v->loc, "an integer has no sign");
		s->p++;
		scan_word(s);
		return -1;
	}
	if (scan_at_word(s) || c == '/')
		return scan_bare(s, v);
	scan_unexpected(s, "a value");
	return -1;
}
