#include "vif_spec.h"

#include <string.h>

#include "spec.h"

#define DEFAULT_INTERVAL_US 50000u

/* The bytes per second of the len bytes of text. */
static int parse_rate(const char *text, size_t len, uint64_t *out, struct err *e)
{
	size_t digits = strspn(text, "0123456789"), at = digits;
	uint64_t scale = 1, val;

	if (at < len && text[at] == 'G')
		scale = 1000 * 1000 * 1000;
	else if (at < len && text[at] == 'M')
		scale = 1000 * 1000;
	else if (at < len && text[at] == 'K')
		scale = 1000;
	at += scale > 1;
	if (!digits || len < 3 || at != len - 3 || (text[at] != 'B' && text[at] != 'b') ||
	    memcmp(text + at + 1, "/s", 2))
		return err_set(e, "rate '%.*s' must be like 10MB/s or 250Kb/s", SPEC_LEN(len),
			       text);
	/* The bound is xl's; with it no product below can wrap. */
	if (spec_number("rate", text, digits, UINT32_MAX, &val, e) < 0)
		return -1;
	if (!val)
		return err_set(e, "rate must not be 0");
	*out = val * scale / (text[at] == 'b' ? 8 : 1);
	return 0;
}

static int parse_interval(const char *text, uint32_t *out, struct err *e)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	uint64_t scale, val;

	if (!strcmp(unit, "s") || !*unit)
		scale = 1000 * 1000;
	else if (!strcmp(unit, "ms") || !strcmp(unit, "m"))
		scale = 1000;
	else if (!strcmp(unit, "us") || !strcmp(unit, "u"))
		scale = 1;
	else
		digits = 0;
	if (!digits)
		return err_set(e, "rate's interval '%.*s' must be like 20ms or 500us", SPEC_SHOWN,
			       text);
	if (spec_number("rate's interval", text, digits, UINT32_MAX, &val, e) < 0)
		return -1;
	if (!val || val * scale > UINT32_MAX)
		return err_set(e, "rate's interval must be 1 us to %u us", UINT32_MAX);
	*out = (uint32_t)(val * scale);
	return 0;
}

int vif_rate_parse(const char *text, uint64_t *bytes, uint32_t *interval_us, struct err *e)
{
	size_t len = strcspn(text, "@");
	uint32_t interval = DEFAULT_INTERVAL_US;
	uint64_t rate = 0, product;

	if (parse_rate(text, len, &rate, e) < 0)
		return -1;
	if (text[len] && parse_interval(text + len + 1, &interval, e) < 0)
		return -1;
	if (__builtin_mul_overflow(rate, (uint64_t)interval, &product))
		return err_set(e, "rate is too large for its interval");
	if (product < 1000 * 1000)
		return err_set(e, "rate is less than one byte per interval");
	*bytes = product / (1000 * 1000);
	*interval_us = interval;
	return 0;
}
