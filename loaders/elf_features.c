#include "elf_features.h"

#include <string.h>
#include <xen/features.h>

/* The names that Xen knows; a kernel that requires any other is refused by it. */
static const struct {
	const char *name;
	unsigned bit;
} features[] = {
	{"writable_page_tables", XENFEAT_writable_page_tables},
	{"writable_descriptor_tables", XENFEAT_writable_descriptor_tables},
	{"auto_translated_physmap", XENFEAT_auto_translated_physmap},
	{"supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel},
	{"pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb},
	{"hvm_callback_vector", XENFEAT_hvm_callback_vector},
	{"dom0", XENFEAT_dom0},
};

void elf_copy_text(char *to, size_t size, const char *from, size_t len)
{
	size_t n = len < size - 1 ? len : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[n] = '\0';
}

static int feature_bit(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (strlen(features[i].name) == len && memcmp(features[i].name, name, len) == 0)
			return (int)features[i].bit;
	}
	return -1;
}

static int feature_add(const char *name, size_t len, struct elf_info *out, struct err *e)
{
	bool required = len > 0 && name[0] == '!';
	int bit;

	name += required;
	len -= required;
	bit = feature_bit(name, len);
	if (bit >= 0)
		out->supported_features |= 1u << bit;
	if (!required)
		return 0;
	if (bit < 0) {
		char shown[64];

		elf_copy_text(shown, sizeof(shown), name, len);
		return err_set(e, "FEATURES: requires '%s', which Xen does not know", shown);
	}
	if (bit == XENFEAT_dom0)
		return err_set(e, "FEATURES: requires 'dom0', so it cannot be a guest's kernel");
	out->required_features |= 1u << bit;
	return 0;
}

int elf_features_add(const char *text, struct elf_info *out, struct err *e)
{
	const char *p = text;

	for (;;) {
		size_t len = strcspn(p, "|");

		if (feature_add(p, len, out, e) != 0)
			return -1;
		if (p[len] == '\0')
			return 0;
		p += len + 1;
	}
}
