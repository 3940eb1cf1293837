#include "pci_spec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* Reads 1 to `digits` hexadecimal digits, at most max, and steps over them. Returns 0 or -1. */
static int hex(const char **at, const char *end, size_t digits, unsigned max, unsigned *out)
{
	size_t n = 0;

	*out = 0;
	for (; *at < end && isxdigit((unsigned char)**at); (*at)++, n++) {
		int c = tolower((unsigned char)**at);

		if (n == digits)
			return -1;
		*out = *out * 16 + (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return n && *out <= max ? 0 : -1;
}

static bool skip(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return false;
	(*at)++;
	return true;
}

/* [SSSS:]BB:DD.F. Steps over it; returns 0 or -1. */
static int parse_bdf(const char **at, const char *end, struct pci_spec *out)
{
	unsigned segment = 0, bus, device, function = 0;
	const char *second = memchr(*at, ':', (size_t)(end - *at));

	if (!second)
		return -1;
	second = memchr(second + 1, ':', (size_t)(end - second - 1));
	if (second && (hex(at, end, 4, 0xffff, &segment) < 0 || !skip(at, end, ':')))
		return -1;
	if (hex(at, end, 2, 0xff, &bus) < 0 || !skip(at, end, ':') ||
	    hex(at, end, 2, 0x1f, &device) < 0 || !skip(at, end, '.'))
		return -1;
	out->all_functions = skip(at, end, '*');
	if (!out->all_functions && hex(at, end, 1, 7, &function) < 0)
		return -1;
	out->segment = (uint16_t)segment;
	out->bus = (uint8_t)bus;
	out->device = (uint8_t)device;
	out->function = (uint8_t)function;
	return 0;
}

static int set_vslot(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	const char *at = text;
	unsigned val;

	if (out->has_vslot)
		return err_set(e, "vslot is given twice");
	if (hex(&at, text + len, 2, 0x1f, &val) < 0 || at != text + len)
		return err_set(e, "vslot '%.*s' must be hexadecimal, 0 to 1f", SPEC_LEN(len), text);
	out->vslot = (uint8_t)val;
	out->has_vslot = true;
	return 0;
}

/* BDF[@VSLOT] where it has no name, BDF where it has one. */
static int set_bdf(struct pci_spec *out, const char *text, size_t len, bool named, struct err *e)
{
	const char *at = text, *end = text + len;
	const char *slot = named ? NULL : memchr(text, '@', len);

	if (out->has_bdf)
		return err_set(e, "bdf is given twice");
	if (parse_bdf(&at, slot ? slot : end, out) < 0 || at != (slot ? slot : end))
		return err_set(e, "'%.*s' is not a PCI device such as 0000:36:00.0", SPEC_LEN(len),
			       text);
	out->has_bdf = true;
	return slot ? set_vslot(out, slot + 1, (size_t)(end - slot) - 1, e) : 0;
}

static int set_flag(const char *key, const char *text, size_t len, enum pci_flag *out,
		    struct err *e)
{
	if (*out != PCI_FLAG_DEFAULT)
		return err_set(e, "%s is given twice", key);
	if (!spec_equal(text, len, "0") && !spec_equal(text, len, "1"))
		return err_set(e, "%s must be 0 or 1", key);
	*out = *text == '1' ? PCI_FLAG_ON : PCI_FLAG_OFF;
	return 0;
}

static int set_rdm(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	if (out->rdm_policy != PCI_RDM_DEFAULT)
		return err_set(e, "rdm_policy is given twice");
	if (spec_equal(text, len, "strict"))
		out->rdm_policy = PCI_RDM_STRICT;
	else if (spec_equal(text, len, "relaxed"))
		out->rdm_policy = PCI_RDM_RELAXED;
	else
		return err_set(e, "unknown rdm_policy '%.*s': it is strict or relaxed",
			       SPEC_LEN(len), text);
	return 0;
}

static int set_param(struct pci_spec *out, const struct spec_param *p, bool first, struct err *e)
{
	static const char *const names[] = {"bdf",   "vslot",      "permissive", "msitranslate",
					    "seize", "power_mgmt", "rdm_policy", "name"};
	const char *val = p->value;
	size_t len = p->value_len;

	if (!val && first)
		return set_bdf(out, p->text, p->len, false, e);
	if (spec_is_key(p, "bdf"))
		return set_bdf(out, val, len, true, e);
	if (spec_is_key(p, "vslot"))
		return set_vslot(out, val, len, e);
	if (spec_is_key(p, "permissive"))
		return set_flag("permissive", val, len, &out->permissive, e);
	if (spec_is_key(p, "msitranslate"))
		return set_flag("msitranslate", val, len, &out->msitranslate, e);
	if (spec_is_key(p, "seize"))
		return set_flag("seize", val, len, &out->seize, e);
	if (spec_is_key(p, "power_mgmt"))
		return set_flag("power_mgmt", val, len, &out->power_mgmt, e);
	if (spec_is_key(p, "rdm_policy"))
		return set_rdm(out, val, len, e);
	if (spec_is_key(p, "name"))
		return len ? spec_string("name", val, len, &out->name, e)
			   : err_set(e, "name is empty");
	if (!p->len)
		return err_set(e, "a parameter is missing between two commas");
	return spec_unknown(p, names, NR(names), e);
}

int pci_spec_parse(const char *text, struct pci_spec *out, struct err *e)
{
	struct spec_param param;
	bool first = true;

	*out = (struct pci_spec){0};
	for (; spec_next(&text, &param); first = false)
		if (set_param(out, &param, first, e) < 0)
			return -1;
	if (!out->has_bdf && !out->name)
		return err_set(e, "bdf is missing");
	if (out->has_bdf && out->name)
		return err_set(e, "bdf and name exclude each other");
	return 0;
}

void pci_spec_free(struct pci_spec *s)
{
	free(s->name);
	*s = (struct pci_spec){0};
}
