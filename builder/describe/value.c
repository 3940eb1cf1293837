#include "value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
		value_free(&v->items[i]);
	free(v->items);
	free(v->s);
	*v = (struct value){.kind = VALUE_BAD, .loc = v->loc};
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (!a->s || !b->s) {
		if (a->kind != VALUE_LIST || b->kind != VALUE_LIST || a->nr_items != b->nr_items)
			return false;
		for (size_t i = 0; i < a->nr_items; i++)
			if (!value_equal(&a->items[i], &b->items[i]))
				return false;
		return true;
	}
	return !strcmp(a->s, b->s);
}

const char *value_integer(const char *text, int64_t *out)
{
	const char *digits = text + strspn(text, " \t\n\v\f\r");
	char *end;
	long val;

	_Static_assert(sizeof(val) == sizeof(*out), "xl's integers are long");
	errno = 0;
	val = strtol(text, &end, 0);
	if (errno == ERANGE)
		return "is out of range";
	if (*end || end == text) {
		digits += *digits == '-' || *digits == '+';
		if (*digits == '0' && digits[1] && !digits[strspn(digits, "0123456789")])
			return "is not an integer: one that begins with 0 is octal";
		return "is not an integer";
	}
	*out = val;
	return NULL;
}
