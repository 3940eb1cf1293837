#include "json.h"

#include <inttypes.h>

/*
 * Bytes of the UTF-8 sequence at s, which ends with a NUL: 1 to 4, or 0 when it is none (RFC 3629,
 * section 4: no overlong forms, no surrogates, nothing above U+10FFFF).
 */
static unsigned utf8_length(const unsigned char *s)
{
	const unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
	const unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
	unsigned n, i;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xc2 && s[0] <= 0xdf   ? 2
	    : s[0] >= 0xe0 && s[0] <= 0xef ? 3
	    : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
					   : 0;
	if (!n || s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void quote(FILE *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned n;

	putc('"', to);
	for (; *s; s += n ? n : 1) {
		n = utf8_length(s);
		if (!n)
			fputs("\\ufffd", to);
		else if (*s == '"' || *s == '\\')
			fprintf(to, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(to, "\\u%04x", *s);
		else
			fwrite(s, 1, n, to);
	}
	putc('"', to);
}

/* What is between the bracket or the element before and the next element. */
static void separate(const struct json *j)
{
	if (!j->depth)
		return;
	if (!j->rows)
		fprintf(j->to, "%s%*s", j->more ? ",\n" : "", (int)(4 * j->depth), "");
	else if (j->depth == 1)
		fputs(j->more ? ",\n  " : "\n  ", j->to);
	else if (j->more)
		fputs(", ", j->to);
}

static void begin(struct json *j, const char *key)
{
	separate(j);
	if (key) {
		quote(j->to, key);
		fputs(": ", j->to);
	}
	j->more = true;
}

void json_open(struct json *j, const char *key, char bracket)
{
	begin(j, key);
	fprintf(j->to, "%c%s", bracket, j->rows ? "" : "\n");
	j->depth++;
	j->more = false;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (!j->rows)
		fprintf(j->to, "\n%*s", (int)(4 * j->depth), "");
	else if (!j->depth && j->more)
		putc('\n', j->to);
	putc(bracket, j->to);
	if (!j->depth)
		putc('\n', j->to);
	j->more = true;
}

void json_text(struct json *j, const char *key, const char *value)
{
	begin(j, key);
	quote(j->to, value);
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	fputs("null", j->to);
}

void json_true(struct json *j, const char *key)
{
	begin(j, key);
	fputs("true", j->to);
}

void json_number(struct json *j, const char *key, uint64_t value)
{
	begin(j, key);
	fprintf(j->to, "%" PRIu64, value);
}
