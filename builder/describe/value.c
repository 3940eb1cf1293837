#include "value.h"

#include <stdlib.h>

int value_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void value_free(struct value *v)
{
	for (size_t i = 0; i < v->nr_items; i++)
		free(v->items[i].s);
	free(v->items);
	free(v->s);
	*v = (struct value){.kind = VALUE_BAD, .loc = v->loc};
}

const char *value_integer(const char *text, int64_t *out)
{
	unsigned base = 10;
	int64_t val = 0;
	const char *p = text;

	if (p[0] == '0' && p[1] == 'x') {
		base = 16;
		p += 2;
	} else if (p[0] == '0' && p[1]) {
		base = 8;
		p++;
	}
	if (!*p)
		return "is not an integer";
	for (; *p; p++) {
		int digit = value_hex_digit(*p);

		if (base == 16 && *p >= 'A' && *p <= 'F')
			return "is not an integer to xl: hexadecimal digits are in lower case";
		if (base == 8 && (*p == '8' || *p == '9'))
			return "is not an integer: one that begins with 0 is octal";
		if (digit < 0 || digit >= (int)base)
			return "is not an integer";
		if (__builtin_mul_overflow(val, (int64_t)base, &val) ||
		    __builtin_add_overflow(val, (int64_t)digit, &val))
			return "is out of range";
	}
	*out = val;
	return NULL;
}
