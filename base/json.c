#include "json.h"

#include <inttypes.h>

#include "utf8.h"

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

/* Prints what separates the next element from the bracket or the element before it. */
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
