#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

bool spec_next(const char **at, struct spec_param *out)
{
	const char *p = *at + strspn(*at, " \t");
	const char *end = strchrnul(p, ',');

	if (!*p)
		return false;
	*out = (struct spec_param){.text = p, .len = (size_t)(end - p)};
	out->value = memchr(p, '=', out->len);
	if (out->value)
		out->value_len = (size_t)(end - ++out->value);
	*at = *end ? end + 1 : end;
	return true;
}

bool spec_equal(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(text, word, len);
}

bool spec_is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !strncasecmp(text, word, len);
}

bool spec_is_key(const struct spec_param *p, const char *key)
{
	return p->value && spec_equal(p->text, (size_t)(p->value - p->text) - 1, key);
}

bool spec_is_flag(const struct spec_param *p, const char *word)
{
	return !p->value && spec_equal(p->text, p->len, word);
}

int spec_string(const char *key, const char *text, size_t len, char **out, struct err *e)
{
	if (*out)
		return err_set(e, "%s is given twice", key);
	*out = strndup(text, len);
	return *out ? 0 : err_set(e, "%s", strerror(ENOMEM));
}

int spec_number(const char *key, const char *text, size_t len, uint64_t max, uint64_t *out,
		struct err *e)
{
	uint64_t val = 0;

	if (!len || (len > 1 && *text == '0'))
		goto malformed;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			goto malformed;
		if (__builtin_mul_overflow(val, 10, &val) ||
		    __builtin_add_overflow(val, (uint64_t)(text[i] - '0'), &val) || val > max)
			return err_set(e, "%s is at most %llu", key, (unsigned long long)max);
	}
	*out = val;
	return 0;
malformed:
	return err_set(e, "%s must be a decimal number, not '%.*s'", key, SPEC_LEN(len), text);
}

bool spec_is_ifname(const char *text, size_t len)
{
	if (!len || len > IFNAME_MAX || spec_equal(text, len, ".") || spec_equal(text, len, ".."))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		/* 0xa0 is a blank in the kernel's ctype. */
		if (c <= ' ' || c == 0x7f || c == 0xa0 || c == '/' || c == ':' || c == '%')
			return false;
	}
	return true;
}

int spec_unknown(const struct spec_param *p, const char *const *words, size_t n, struct err *e)
{
	size_t len = p->value ? (size_t)(p->value - p->text) - 1 : p->len;
	char word[SPEC_SHOWN + 1], near[SUGGEST_MAX];

	snprintf(word, sizeof(word), "%.*s", SPEC_LEN(len), p->text);
	return err_set(e, "unknown parameter '%s'%s", word, suggest_text(near, word, words, n));
}
