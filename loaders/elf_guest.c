/*
 * The section __xen_guest, with which kernels spoke to Xen before there were notes: one text,
 * NAME=VALUE,NAME=VALUE,... with a 0 at the end.
 */
#include "elf_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elf_features.h"

/* What Xen's loader can hold, without the 0 at the end. */
#define NAME_MAX_LEN  31
#define VALUE_MAX_LEN 127

static int read_number(const char *name, const char *value, uint64_t *out, struct err *e)
{
	char *end;

	/* strtoull takes signs and blanks too. */
	if (*value >= '0' && *value <= '9') {
		errno = 0;
		*out = strtoull(value, &end, 0);
		if (*end == '\0' && errno == 0)
			return 0;
	}
	return err_set(e, "%s: '%s' is not a number", name, value);
}

static int read_hypercall_page(const char *value, struct elf_info *out, struct err *e)
{
	uint64_t page;

	if (read_number("HYPERCALL_PAGE", value, &page, e) != 0)
		return -1;
	if (page > UINT64_MAX >> 12)
		return err_set(e, "HYPERCALL_PAGE: %s is not a page's number", value);
	out->hypercall_page = page << 12; /* VIRT_BASE is added at the end */
	out->xen |= ELF_XEN_HYPERCALL_PAGE;
	return 0;
}

static bool read_text(const char *name, const char *value, struct elf_info *out)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} texts[] = {
		{"GUEST_OS", out->guest_os, sizeof(out->guest_os)},
		{"GUEST_VER", out->guest_version, sizeof(out->guest_version)},
		{"XEN_VER", out->xen_version, sizeof(out->xen_version)},
		{"LOADER", out->loader, sizeof(out->loader)},
		{"PAE", out->pae, sizeof(out->pae)},
		{"FEATURES", out->features, sizeof(out->features)},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(name, texts[i].name) == 0) {
			elf_copy_text(texts[i].to, texts[i].size, value, strlen(value));
			return true;
		}
	}
	return false;
}

/* As in Xen's loader, the last of several values holds, and unknown names do no harm. */
static int read_value(const char *name, const char *value, struct elf_info *out, struct err *e)
{
	const struct {
		const char *name;
		enum elf_xen_bit bit;
		uint64_t *to;
	} numbers[] = {
		{"VIRT_BASE", ELF_XEN_VIRT_BASE, &out->virt_base},
		{"VIRT_ENTRY", ELF_XEN_ENTRY, &out->xen_entry},
		{"ELF_PADDR_OFFSET", ELF_XEN_PADDR_OFFSET, &out->paddr_offset},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(name, numbers[i].name) == 0) {
			out->xen |= numbers[i].bit;
			return read_number(name, value, numbers[i].to, e);
		}
	}
	if (strcmp(name, "HYPERCALL_PAGE") == 0)
		return read_hypercall_page(value, out, e);
	if (strcmp(name, "BSD_SYMTAB") == 0) /* whatever its value is */
		strcpy(out->bsd_symtab, "yes");
	if (read_text(name, value, out) && strcmp(name, "FEATURES") == 0)
		return elf_features_add(value, out, e);
	return 0;
}

/* One NAME=VALUE or lone NAME, of len bytes. */
static int read_item(const char *item, size_t len, struct elf_info *out, struct err *e)
{
	const char *eq = memchr(item, '=', len);
	size_t name_len = eq ? (size_t)(eq - item) : len;
	size_t value_len = eq ? len - name_len - 1 : 0;
	char name[NAME_MAX_LEN + 1], value[VALUE_MAX_LEN + 1];

	elf_copy_text(name, sizeof(name), item, name_len);
	if (name_len > NAME_MAX_LEN)
		return err_set(e, "the name '%s...' is longer than %d bytes", name, NAME_MAX_LEN);
	if (value_len > VALUE_MAX_LEN)
		return err_set(e, "%s: the value is longer than %d bytes", name, VALUE_MAX_LEN);
	elf_copy_text(value, sizeof(value), eq ? eq + 1 : "", value_len);
	return read_value(name, value, out, e);
}

int elf_guest_read(const uint8_t *text, size_t size, struct elf_info *out, struct err *e)
{
	const char *p = (const char *)text, *end = memchr(text, 0, size);

	if (!end)
		return err_set(e, "section __xen_guest: a text without end");
	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		size_t len = (size_t)((comma ? comma : end) - p);

		if (read_item(p, len, out, e) != 0)
			return err_prefix(e, "section __xen_guest: ");
		p += len + (comma != NULL);
	}
	if (out->xen & ELF_XEN_HYPERCALL_PAGE && out->xen & ELF_XEN_VIRT_BASE)
		out->hypercall_page += out->virt_base;
	return 0;
}
