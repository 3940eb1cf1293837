#include "uki.h"

#include <string.h>

#include "pe.h"

static const char *const names[NR_UKI_PARTS] = {".linux", ".initrd", ".cmdline"};

const char *uki_part_name(enum uki_part part)
{
	return names[part];
}

/* The first section of that name, before those of the first profile. */
static bool find(const struct pe_file *f, const char *name, struct pe_section *out)
{
	for (unsigned i = 0; i < f->nr_sections; i++) {
		*out = pe_section(f, i);
		if (strcmp(out->name, name) == 0)
			return true;
		if (strcmp(out->name, ".profile") == 0)
			break;
	}
	return false;
}

bool uki_match(const uint8_t *in, size_t len)
{
	struct pe_section s;
	struct pe_file f;
	struct err ignored;

	return pe_match(in, len) && pe_open(in, len, &f, &ignored) == 0 &&
	       find(&f, names[UKI_LINUX], &s);
}

int uki_read(const uint8_t *in, size_t len, struct uki_info *out, struct err *e)
{
	struct pe_section s;
	struct pe_file f;

	memset(out, 0, sizeof(*out));
	if (pe_open(in, len, &f, e) < 0)
		return -1;
	for (int i = 0; i < NR_UKI_PARTS; i++) {
		if (!find(&f, names[i], &s))
			continue;
		if (!pe_inside(&f, &s))
			return err_set(e,
				       "truncated: section %s, %zu bytes at %zu, goes past the end "
				       "of the file at %zu",
				       names[i], s.size, s.offset, len);
		out->parts[i].offset = s.offset;
		out->parts[i].size = s.size;
	}
	if (out->parts[UKI_LINUX].size == 0)
		return err_set(e, "section %s is empty", names[UKI_LINUX]);
	return 0;
}
