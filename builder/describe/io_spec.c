#include "io_spec.h"

#include <stddef.h>
#include <string.h>

#include "spec.h"
#include "value.h"

/* Reads digits of that base, with "0x" in front or not where that is 16, and steps over them.
 * Returns 0, or -1: no digit, or more than max. */
static int number(const char **at, unsigned base, uint64_t max, uint64_t *out)
{
	const char *p = *at;
	uint64_t n = 0;
	int digit;

	if (base == 16 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && value_hex_digit(p[2]) >= 0)
		p += 2;
	if (value_hex_digit(*p) < 0)
		return -1;
	for (; (digit = value_hex_digit(*p)) >= 0 && (unsigned)digit < base; p++) {
		if (n > (max - (unsigned)digit) / base)
			return -1;
		n = n * base + (unsigned)digit;
	}
	if (p == *at)
		return -1;
	*at = p;
	*out = n;
	return 0;
}

static bool skip(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

int ioport_parse(const char *text, struct ioport_range *out, struct err *e)
{
	const char *at = text + strspn(text, " ");
	uint64_t first, last;

	if (number(&at, 16, IO_PORT_MAX, &first) < 0)
		goto malformed;
	last = first;
	if (skip(&at, '-') && number(&at, 16, IO_PORT_MAX, &last) < 0)
		goto malformed;
	if (*at)
		goto malformed;
	if (last < first)
		return err_set(e, "'%.*s' ends before it begins", SPEC_SHOWN, text);
	*out = (struct ioport_range){(uint32_t)first, (uint32_t)(last - first + 1)};
	return 0;
malformed:
	return err_set(e, "'%.*s' must be hexadecimal ports up to %x, as 3f8 or 2f8-2ff",
		       SPEC_SHOWN, text, IO_PORT_MAX);
}

int irq_parse(const char *text, uint32_t *out, struct err *e)
{
	const char *at = text + strspn(text, " ");
	uint64_t irq;

	if (number(&at, 10, IO_IRQ_MAX, &irq) < 0 || *at)
		return err_set(e, "'%.*s' must be the number of an interrupt", SPEC_SHOWN, text);
	*out = (uint32_t)irq;
	return 0;
}

int iomem_parse(const char *text, struct iomem_range *out, struct err *e)
{
	const char *at = text + strspn(text, " ");
	struct iomem_range r;

	if (number(&at, 16, IO_PAGES_MAX, &r.start) < 0 || !skip(&at, ','))
		goto malformed;
	at += strspn(at, " ");
	if (number(&at, 16, IO_PAGES_MAX, &r.number) < 0)
		goto malformed;
	r.gfn = r.start;
	r.placed = skip(&at, '@');
	if (r.placed && number(&at, 16, IO_PAGES_MAX, &r.gfn) < 0)
		goto malformed;
	if (*at)
		goto malformed;
	if (!r.number)
		return err_set(e, "'%.*s' has no pages", SPEC_SHOWN, text);
	if (r.number > IO_PAGES_MAX - r.start || r.number > IO_PAGES_MAX - r.gfn)
		return err_set(e, "'%.*s' is beyond the last page, %llx", SPEC_SHOWN, text,
			       (unsigned long long)IO_PAGES_MAX - 1);
	*out = r;
	return 0;
malformed:
	return err_set(e,
		       "'%.*s' must be pages in hexadecimal, as START,NUMBER or START,NUMBER@GFN",
		       SPEC_SHOWN, text);
}
