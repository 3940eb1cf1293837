/*
 * What an ELF kernel can be started as, and why not.
 */
#include "elf.h"

#include <string.h>

#include "elf_file.h"

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

const char *elf_solo5_name(uint32_t solo5)
{
	static const char *const names[] = {
		[ELF_SOLO5_HVT] = "hvt",       [ELF_SOLO5_SPT] = "spt",
		[ELF_SOLO5_VIRTIO] = "virtio", [ELF_SOLO5_MUEN] = "muen",
		[ELF_SOLO5_GENODE] = "genode", [ELF_SOLO5_XEN] = "xen",
	};
	const bool known = solo5 < sizeof(names) / sizeof(names[0]) && names[solo5];

	return known ? names[solo5] : "another host";
}

/* Whether it says anything of what Xen wants to know of a PV guest's kernel. */
static bool says_pv(const struct elf_info *i)
{
	return i->has_section || i->xen_version[0] || i->loader[0] || i->xen & ELF_XEN_ENTRY;
}

static int why_not_xen(const struct elf_info *i, struct err *e)
{
	if (elf_can_pvh(i))
		return err_set(e, "has no PV entry");
	if (i->solo5 != ELF_SOLO5_NONE && i->solo5 != ELF_SOLO5_XEN)
		return err_set(
			e,
			"is a Solo5 unikernel for %s: build it for xen (mirage configure -t xen), "
			"and give it type = \"pvh\"",
			elf_solo5_name(i->solo5));
	return err_set(e, "is not built for Xen: it has neither a PV nor a PVH entry");
}

/* What elf_xen_note_check in Xen's libelf wants to be stated. */
static int why_not_stated(const struct elf_info *i, struct err *e)
{
	if (!i->xen_version[0])
		return err_set(e, "states no XEN_VERSION: Xen loads only kernels for xen-3.0");
	if (begins(i->xen_version, "2.") || begins(i->xen_version, "xen-2"))
		return err_set(e,
			       "is for Xen 2 (\"%s\"), whose interface ended with it: Xen loads "
			       "only kernels for xen-3.0",
			       i->xen_version);
	if (!begins(i->xen_version, "xen-3.0"))
		return err_set(e, "is for Xen \"%s\": Xen loads only kernels for xen-3.0",
			       i->xen_version);
	if (begins(i->loader, "generic") || begins(i->guest_os, "linux"))
		return 0;
	if (!i->loader[0])
		return err_set(e, "states no LOADER: Xen has only \"generic\"");
	return err_set(e, "wants the LOADER \"%s\": Xen has only \"generic\"", i->loader);
}

int elf_why_not_pv(const struct elf_info *i, struct err *e)
{
	if (!says_pv(i))
		return why_not_xen(i, e);
	if (why_not_stated(i, e) < 0)
		return -1;
	return elf_check_pv(i, e) < 0 ? err_prefix(e, "can't be entered as a pv guest's: ") : 0;
}

bool elf_can_pv(const struct elf_info *i)
{
	struct err ignored;

	return elf_why_not_pv(i, &ignored) == 0;
}

bool elf_can_pvh(const struct elf_info *i)
{
	return i->has_notes && i->xen & ELF_XEN_PHYS32_ENTRY;
}

bool elf_has_pae(const struct elf_info *i)
{
	/* elf_xen_parse_note and elf_xen_parse_guest_info in Xen's libelf. */
	if (i->has_notes)
		return strcmp(i->pae, "yes") == 0 || strstr(i->pae, "bimodal");
	return begins(i->pae, "yes");
}
