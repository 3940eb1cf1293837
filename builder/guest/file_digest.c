#include "file_digest.h"

#include <string.h>

/* The value of a hexadecimal digit, or -1. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t file_digest_read(const char *text, struct file_digest *out)
{
	struct file_digest d = {.given = true};
	size_t n;

	for (n = 0; digit(text[n]) >= 0; n++)
		if (n < FILE_DIGEST_DIGITS)
			d.bytes[n / 2] = (uint8_t)(d.bytes[n / 2] << 4 | digit(text[n]));
	if (n == FILE_DIGEST_DIGITS && !text[n])
		*out = d;
	return n;
}

const char *file_digest_show(const uint8_t bytes[FILE_DIGEST_BYTES],
			     char text[FILE_DIGEST_DIGITS + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < FILE_DIGEST_BYTES; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[FILE_DIGEST_DIGITS] = '\0';
	return text;
}
