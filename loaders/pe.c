#include "pe.h"

#include <string.h>

#include "bytes.h"

/* In DOS's header: where PE's is. */
#define PE_AT    0x3c
#define DOS_SIZE 0x40

/* From PE's magic on: the COFF header, and in the optional header behind it. */
#define MACHINE       4
#define NR_SECTIONS   6
#define OPTIONAL_SIZE 20
#define OPTIONAL      24
#define SUBSYSTEM     (OPTIONAL + 68)

/* In a section's header. */
#define NAME_SIZE    8
#define VIRTUAL_SIZE 8
#define RAW_SIZE     16
#define RAW_AT       20
#define SECTION_SIZE 40

bool pe_match(const uint8_t *in, size_t len)
{
	size_t at;

	if (len < DOS_SIZE || memcmp(in, "MZ", 2) != 0)
		return false;
	at = le32(in + PE_AT);
	return at <= len && len - at >= 4 && memcmp(in + at, "PE\0\0", 4) == 0;
}

int pe_open(const uint8_t *in, size_t len, struct pe_file *out, struct err *e)
{
	const size_t at = le32(in + PE_AT);
	const size_t left = len - at;
	size_t optional;

	memset(out, 0, sizeof(*out));
	out->data = in;
	out->len = len;
	if (left < OPTIONAL)
		return err_set(e, "truncated: %zu bytes, within the header", len);
	out->machine = le16(in + at + MACHINE);
	out->nr_sections = le16(in + at + NR_SECTIONS);
	optional = le16(in + at + OPTIONAL_SIZE);
	if (optional >= SUBSYSTEM + 2 - OPTIONAL && left >= SUBSYSTEM + 2)
		out->subsystem = le16(in + at + SUBSYSTEM);
	if (left - OPTIONAL < optional ||
	    (left - OPTIONAL - optional) / SECTION_SIZE < out->nr_sections)
		return err_set(e, "truncated: %zu bytes, within the headers of its sections", len);
	out->table = at + OPTIONAL + optional;
	return 0;
}

struct pe_section pe_section(const struct pe_file *f, unsigned i)
{
	const uint8_t *p = f->data + f->table + (size_t)i * SECTION_SIZE;
	const size_t size = le32(p + VIRTUAL_SIZE), raw = le32(p + RAW_SIZE);
	struct pe_section s = {.offset = le32(p + RAW_AT)};

	for (size_t n = 0; n < NAME_SIZE && p[n]; n++)
		s.name[n] = p[n] >= ' ' && p[n] <= '~' ? (char)p[n] : '?';
	/* In the file it is padded; what is behind its bytes there is zero in memory. Some tools
	 * leave its size in memory 0. */
	s.size = size && size < raw ? size : raw;
	return s;
}

bool pe_inside(const struct pe_file *f, const struct pe_section *s)
{
	return s->offset <= f->len && s->size <= f->len - s->offset;
}
