#include "pci_address.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int pci_hex(const char **at, const char *end, unsigned digits, unsigned max, unsigned *out)
{
	unsigned n = 0;

	*out = 0;
	for (; *at < end && isxdigit((unsigned char)**at); (*at)++, n++) {
		const int c = tolower((unsigned char)**at);

		if (n == digits)
			return -1;
		*out = *out << 4 | (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return n && *out <= max ? 0 : -1;
}

static int take_colon(const char **at, const char *end)
{
	if (*at == end || **at != ':')
		return -1;
	(*at)++;
	return 0;
}

/* Whether two colons follow: the first is behind a segment. */
static bool has_segment(const char *at, const char *end)
{
	const char *first = memchr(at, ':', (size_t)(end - at));

	return first && memchr(first + 1, ':', (size_t)(end - first) - 1);
}

int pci_address_take_device(const char **at, const char *end, struct pci_address *out)
{
	unsigned segment = 0, bus, device;

	if (has_segment(*at, end) &&
	    (pci_hex(at, end, 8, UINT32_MAX, &segment) < 0 || take_colon(at, end) < 0))
		return -1;
	if (pci_hex(at, end, 2, UINT8_MAX, &bus) < 0 || take_colon(at, end) < 0 ||
	    pci_hex(at, end, 2, PCI_DEVICE_MAX, &device) < 0)
		return -1;
	*out = (struct pci_address){segment, (uint8_t)bus, (uint8_t)device, 0};
	return 0;
}

int pci_address_parse(const char *text, struct pci_address *out)
{
	const char *end = text + strlen(text);
	unsigned function;

	if (pci_address_take_device(&text, end, out) < 0 || *text != '.')
		return -1;
	text++;
	if (pci_hex(&text, end, 1, PCI_FUNCTION_MAX, &function) < 0 || text != end)
		return -1;
	out->function = (uint8_t)function;
	return 0;
}

const char *pci_address_text(const struct pci_address *a, char buf[PCI_ADDRESS_TEXT])
{
	snprintf(buf, PCI_ADDRESS_TEXT, "%04" PRIx32 ":%02x:%02x.%x", a->segment, a->bus,
		 a->device & PCI_DEVICE_MAX, a->function & PCI_FUNCTION_MAX);
	return buf;
}

static uint64_t as_number(const struct pci_address *a)
{
	return (uint64_t)a->segment << 24 | (uint64_t)a->bus << 16 | (uint64_t)a->device << 8 |
	       a->function;
}

int pci_address_compare(const struct pci_address *a, const struct pci_address *b)
{
	const uint64_t left = as_number(a), right = as_number(b);

	return left < right ? -1 : left > right;
}

bool pci_address_same_device(const struct pci_address *a, const struct pci_address *b)
{
	return as_number(a) >> 8 == as_number(b) >> 8;
}
