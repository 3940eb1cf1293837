#include "echo.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void echo_flush(struct echo_line *l, enum echo_to to, struct console_out *out, const char *name)
{
	char line[ECHO_LINE_MAX + 128];
	int n;

	if (!l->len || to == ECHO_OFF)
		return;
	n = snprintf(line, sizeof(line), "%s%s: %.*s\n", to == ECHO_KMSG ? "<5>earlydom: " : "",
		     name, (int)l->len, l->text);
	l->len = 0;
	/* What is left of a character would begin the next line, alone. */
	l->more = 0;
	console_out_line(out, line, (size_t)n);
}

/*
 * Whether a byte beyond ASCII can drive a terminal: as one of the controls 0x80 to 0x9f of ISO
 * 6429, alone or as UTF-8 (0xc2 and the byte; longer forms of it are no UTF-8).
 */
static bool high_control(struct echo_line *l, unsigned char c)
{
	const unsigned char before = l->before;
	const bool inside = l->more > 0 && c >= 0x80 && c < 0xc0;

	l->before = c;
	if (!inside) {
		l->more = c < 0xc2 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
		return c >= 0x80 && c < 0xa0;
	}
	l->more--;
	if ((before == 0xc2 && c < 0xa0) || (before == 0xe0 && c < 0xa0) ||
	    (before == 0xf0 && c < 0x90)) {
		l->more = 0;
		if (l->len)
			l->text[l->len - 1] = '?';
		return true;
	}
	return false;
}

/* Before the first byte of a character that the line has no room for. */
static void break_line(struct echo_line *l, enum echo_to to, struct console_out *out,
		       const char *name)
{
	const unsigned more = l->more;

	echo_flush(l, to, out, name);
	l->more = more;
}

void echo_output(struct echo_line *l, enum echo_to to, struct console_out *out, const char *name,
		 const char *buf, size_t n)
{
	if (to == ECHO_OFF)
		return;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)buf[i];

		if (c == '\n') {
			echo_flush(l, to, out, name);
			continue;
		}
		if (c == '\r')
			continue;
		if (high_control(l, c) || (c < ' ' && c != '\t') || c == 0x7f)
			c = '?';
		if (l->len + l->more >= sizeof(l->text))
			break_line(l, to, out, name);
		l->text[l->len++] = (char)c;
		if (l->len == sizeof(l->text))
			echo_flush(l, to, out, name);
	}
}
