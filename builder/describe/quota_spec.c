#include "quota_spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The last one is '-', which begins no name. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";

int quota_parse(const char *text, struct quota *out, struct err *e)
{
	const size_t len = strspn(text, letters);
	const char *digits = text + len + 1;
	unsigned long value;
	char *rest;

	if (text[len] != '=' || !len || len >= sizeof(out->name) || *text == '-')
		return err_set(e, "must be NAME=NUMBER, with a name of letters and '-'");
	errno = 0;
	value = strtoul(digits, &rest, 0);
	/* strtoul takes blanks and signs, too. */
	if (*digits < '0' || *digits > '9' || *rest || errno || value > UINT32_MAX)
		return err_set(e, "its number must be 0 to %u", UINT32_MAX);
	memset(out->name, 0, sizeof(out->name));
	memcpy(out->name, text, len);
	out->value = (uint32_t)value;
	return 0;
}

int quota_check(const char *text, struct err *e)
{
	struct quota ignored;

	return quota_parse(text, &ignored, e);
}
