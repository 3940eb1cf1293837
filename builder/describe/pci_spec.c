#include "pci_spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static bool skip(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return false;
	(*at)++;
	return true;
}

/* ---- which device ---- */

static int set_by(struct pci_spec *out, enum pci_by by, struct err *e)
{
	static const char *const words[] = {
		[PCI_BY_BDF] = "bdf",
		[PCI_BY_NAME] = "name",
		[PCI_BY_ID] = "id",
		[PCI_BY_SLOT] = "slot",
	};

	if (out->by == by)
		return err_set(e, "%s is given twice", words[by]);
	if (out->by != PCI_BY_NOTHING)
		return err_set(e, "%s and %s exclude each other: either names a device",
			       words[out->by], words[by]);
	out->by = by;
	return 0;
}

/* "F" or "*", to the end. Returns 0 or -1. */
static int take_function(const char *at, const char *end, struct pci_spec *out)
{
	unsigned function = 0;

	out->all_functions = skip(&at, end, '*');
	if (!out->all_functions && pci_hex(&at, end, 1, PCI_FUNCTION_MAX, &function) < 0)
		return -1;
	out->at.function = (uint8_t)function;
	return at == end ? 0 : -1;
}

static int set_vslot(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	const char *at = text;
	unsigned val;

	if (out->has_vslot)
		return err_set(e, "vslot is given twice");
	if (pci_hex(&at, text + len, 2, PCI_DEVICE_MAX, &val) < 0 || at != text + len)
		return err_set(e, "vslot '%.*s' must be hexadecimal, 0 to 1f", SPEC_LEN(len), text);
	out->vslot = (uint8_t)val;
	out->has_vslot = true;
	return 0;
}

static int set_bdf(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	const char *at = text, *end = text + len;

	if (set_by(out, PCI_BY_BDF, e) < 0)
		return -1;
	if (pci_address_take_device(&at, end, &out->at) < 0 || !skip(&at, end, '.') ||
	    take_function(at, end, out) < 0)
		return err_set(e,
			       "'%.*s' is not a PCI device such as 0000:36:00.0, as lspci -D shows "
			       "it",
			       SPEC_LEN(len), text);
	if (out->at.segment > PCI_SEGMENT_MAX)
		return err_set(e,
			       "'%.*s' can't be given to a guest: Xen has segments (domains) up to "
			       "ffff",
			       SPEC_LEN(len), text);
	return 0;
}

/* BDF[@VSLOT], without "bdf=" in front. */
static int set_positional(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	const char *slot = memchr(text, '@', len);
	const size_t bdf = slot ? (size_t)(slot - text) : len;

	if (set_bdf(out, text, bdf, e) < 0)
		return -1;
	return slot ? set_vslot(out, slot + 1, len - bdf - 1, e) : 0;
}

/* As libxl has it where it names a device. */
static int set_name(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	if (set_by(out, PCI_BY_NAME, e) < 0)
		return -1;
	if (!len || len > PCI_NAME_MAX)
		return err_set(e, "name must have 1 to %d characters", PCI_NAME_MAX);
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return err_set(e, "name '%.*s' has a character that no device's name has",
				       SPEC_LEN(len), text);
	return spec_string("name", text, len, &out->name, e);
}

/* VENDOR:DEVICE[#N] */
static int set_id(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	const char *hash = memchr(text, '#', len), *at = text;
	const char *end = hash ? hash : text + len;
	unsigned vendor, device;
	uint64_t nth = 0;

	if (set_by(out, PCI_BY_ID, e) < 0)
		return -1;
	if (pci_hex(&at, end, 4, UINT16_MAX, &vendor) < 0 || !skip(&at, end, ':') ||
	    pci_hex(&at, end, 4, UINT16_MAX, &device) < 0 || at != end)
		return err_set(
			e,
			"id '%.*s' is not VENDOR:DEVICE such as 8086:100e, as lspci -n shows "
			"it",
			SPEC_LEN(len), text);
	if (hash && spec_number("what is behind # in id", hash + 1, (size_t)(text + len - hash) - 1,
				PCI_NTH_MAX, &nth, e) < 0)
		return -1;
	if (hash && !nth)
		return err_set(e, "what is behind # in id counts from 1");
	out->vendor = (uint16_t)vendor;
	out->device = (uint16_t)device;
	out->nth = (unsigned)nth;
	return 0;
}

static bool is_slot_name(const char *text, size_t len)
{
	if (!len || len > PCI_SLOT_MAX || spec_equal(text, len, ".") || spec_equal(text, len, ".."))
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '/' || !isprint((unsigned char)text[i]))
			return false;
	return true;
}

/* NAME[.F] or NAME.* */
static int set_slot(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	size_t name = len;

	if (set_by(out, PCI_BY_SLOT, e) < 0)
		return -1;
	out->all_functions = true;
	if (len > 2 && text[len - 2] == '.' &&
	    (text[len - 1] == '*' || (text[len - 1] >= '0' && text[len - 1] <= '7'))) {
		take_function(text + len - 1, text + len, out);
		name -= 2;
	}
	if (!is_slot_name(text, name))
		return err_set(e,
			       "slot '%.*s' can't be one's name: /sys/bus/pci/slots has those that "
			       "there are",
			       SPEC_LEN(len), text);
	return spec_string("slot", text, name, &out->name, e);
}

/* ---- what is to be done with it ---- */

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

bool pci_rdm_policy(const char *text, size_t len, enum pci_rdm *out)
{
	if (spec_is_word(text, len, "strict"))
		*out = PCI_RDM_STRICT;
	else if (spec_is_word(text, len, "relaxed"))
		*out = PCI_RDM_RELAXED;
	else
		return false;
	return true;
}

static int set_rdm(struct pci_spec *out, const char *text, size_t len, struct err *e)
{
	if (out->rdm_policy != PCI_RDM_DEFAULT)
		return err_set(e, "rdm_policy is given twice");
	if (!pci_rdm_policy(text, len, &out->rdm_policy))
		return err_set(e, "unknown rdm_policy '%.*s': it is strict or relaxed",
			       SPEC_LEN(len), text);
	return 0;
}

/* ---- parameters ---- */

/* In the order of set_value. */
enum { BDF, VSLOT, NAME, ID, SLOT, PERMISSIVE, MSITRANSLATE, SEIZE, POWER_MGMT, RDM_POLICY };
static const char *const names[] = {
	[BDF] = "bdf",
	[VSLOT] = "vslot",
	[NAME] = "name",
	[ID] = "id",
	[SLOT] = "slot",
	[PERMISSIVE] = "permissive",
	[MSITRANSLATE] = "msitranslate",
	[SEIZE] = "seize",
	[POWER_MGMT] = "power_mgmt",
	[RDM_POLICY] = "rdm_policy",
};

static int set_value(struct pci_spec *out, unsigned key, const char *val, size_t len, struct err *e)
{
	switch (key) {
	case BDF:
		return set_bdf(out, val, len, e);
	case VSLOT:
		return set_vslot(out, val, len, e);
	case NAME:
		return set_name(out, val, len, e);
	case ID:
		return set_id(out, val, len, e);
	case SLOT:
		return set_slot(out, val, len, e);
	case PERMISSIVE:
		return set_flag(names[key], val, len, &out->permissive, e);
	case MSITRANSLATE:
		return set_flag(names[key], val, len, &out->msitranslate, e);
	case SEIZE:
		return set_flag(names[key], val, len, &out->seize, e);
	case POWER_MGMT:
		return set_flag(names[key], val, len, &out->power_mgmt, e);
	default:
		return set_rdm(out, val, len, e);
	}
}

static int set_param(struct pci_spec *out, const struct spec_param *p, bool first, struct err *e)
{
	for (unsigned i = 0; i < NR(names); i++) {
		if (spec_is_key(p, names[i]))
			return set_value(out, i, p->value, p->value_len, e);
		if (spec_is_flag(p, names[i]))
			return err_set(e, "'%s' has no value", names[i]);
	}
	if (!p->len)
		return err_set(e, "a parameter is missing between two commas");
	if (!p->value && first)
		return set_positional(out, p->text, p->len, e);
	return spec_unknown(p, names, NR(names), e);
}

int pci_spec_parse(const char *text, struct pci_spec *out, struct err *e)
{
	struct spec_param param;
	bool first = true;

	*out = (struct pci_spec){0};
	for (; *text; first = false) {
		/* Blanks that xl skips in other keys' strings, it does not here. */
		if (*text == ' ' || *text == '\t')
			return err_set(e, "there is a blank before '%.*s': xl takes none here",
				       SPEC_SHOWN, text + strspn(text, " \t"));
		spec_next(&text, &param);
		if (set_param(out, &param, first, e) < 0)
			return -1;
	}
	if (out->by == PCI_BY_NOTHING)
		return err_set(e, "no device is named: bdf, id, slot or name does that");
	return 0;
}

void pci_spec_free(struct pci_spec *s)
{
	free(s->name);
	*s = (struct pci_spec){0};
}

void pci_specs_free(struct pci_spec *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pci_spec_free(&all[i]);
	free(all);
}

bool pci_spec_meets(const struct pci_spec *a, const struct pci_spec *b)
{
	const bool function =
		a->all_functions || b->all_functions || a->at.function == b->at.function;

	if (a->by != b->by)
		return false;
	switch (a->by) {
	case PCI_BY_BDF:
		return function && pci_address_same_device(&a->at, &b->at);
	case PCI_BY_ID:
		/* Without a number there may be only one. */
		return a->vendor == b->vendor && a->device == b->device &&
		       (a->nth == b->nth || !a->nth || !b->nth);
	case PCI_BY_SLOT:
		return function && !strcmp(a->name, b->name);
	default:
		return !strcmp(a->name, b->name);
	}
}

const char *pci_spec_text(const struct pci_spec *s, char buf[PCI_SPEC_TEXT])
{
	char address[PCI_ADDRESS_TEXT], function[2] = {(char)('0' + s->at.function), '\0'};

	if (s->all_functions)
		function[0] = '*';
	switch (s->by) {
	case PCI_BY_NAME:
		snprintf(buf, PCI_SPEC_TEXT, "name=%s", s->name);
		break;
	case PCI_BY_ID:
		snprintf(buf, PCI_SPEC_TEXT, "id=%04x:%04x", s->vendor, s->device);
		if (s->nth)
			snprintf(buf + strlen(buf), 12, "#%u", s->nth);
		break;
	case PCI_BY_SLOT:
		snprintf(buf, PCI_SPEC_TEXT, "slot=%.*s.%s", PCI_SPEC_TEXT - 8, s->name, function);
		break;
	default:
		pci_address_text(&s->at, address);
		address[strlen(address) - 1] = function[0];
		snprintf(buf, PCI_SPEC_TEXT, "%s", address);
	}
	return buf;
}
