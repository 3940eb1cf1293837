#include "utf8.h"

#include <stdbool.h>

unsigned utf8_length(const unsigned char *s)
{
	const unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
	const unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
	unsigned n;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xc2 && s[0] <= 0xdf   ? 2
	    : s[0] >= 0xe0 && s[0] <= 0xef ? 3
	    : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
					   : 0;
	if (!n || s[1] < low || s[1] > high)
		return 0;
	for (unsigned i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/*
 * C0, DEL and C1 (U+0080 to U+009F). U+2028 to U+202E and U+2066 to U+2069 break lines or change
 * the direction of writing.
 */
static bool is_control(const unsigned char *s)
{
	if (s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0))
		return true;
	return s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) ||
				(s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

void utf8_print_safe(FILE *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned n;

	for (; *s; s += n) {
		n = utf8_length(s);
		if (n && *s != '\\' && !is_control(s)) {
			fwrite(s, 1, n, to);
			continue;
		}
		n = n ? n : 1;
		for (unsigned i = 0; i < n; i++)
			fprintf(to, "\\x%02x", s[i]);
	}
}
