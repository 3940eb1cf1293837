/*
 * A loader of kernels for libxenguest, beside its own for ELF and others: kernels that those don't
 * know, whose segments and addresses our own readers find. That are Plan 9's a.out, and the ELF that
 * Plan 9's converter makes of it, which has what it says to Xen in a section where libxenguest does
 * not look (elf.h, section_is_first). They are parsed here; load.c loads them, like all others.
 *
 * libxenguest has one list of loaders for the process, to which a program adds in a constructor, as
 * its own do. Each call here gets all that it works on from its struct xc_dom_image.
 */
#include <errno.h>
#include <string.h>

#include <xenctrl.h>

#include <xen-kernel-loader.h>

#include "loaders/aout.h"
#include "loaders/elf.h"
#include "base/err.h"

/* Reads a kernel that is for this loader. Returns 0 with *info filled, or -1. */
static int read_kernel(const struct xc_dom_image *dom, struct elf_info *info)
{
	const uint8_t *in = dom->kernel_blob;
	struct aout_info ignored;
	struct err e;

	if (dom->container_type != XC_DOM_PV_CONTAINER)
		return -1;
	if (aout_match(in, dom->kernel_size))
		return aout_read(in, dom->kernel_size, &ignored, info, &e);
	if (!elf_match(in, dom->kernel_size) || elf_read(in, dom->kernel_size, info, &e) < 0)
		return -1;
	return info->section_is_first ? 0 : -1;
}

static elf_negerrnoval probe(struct xc_dom_image *dom)
{
	struct elf_info info;

	return read_kernel(dom, &info) < 0 ? -EINVAL : 0;
}

/* As elf_xen_parse_guest_info in Xen's libelf takes the word. */
static enum xen_pae_type pae_of(const struct elf_info *i)
{
	if (!strcmp(i->pae, "yes[extended-cr3]"))
		return XEN_PAE_EXTCR3;
	return strncmp(i->pae, "yes", 3) ? XEN_PAE_NO : XEN_PAE_YES;
}

static void set_parms(struct elf_dom_parms *p, const struct elf_info *i)
{
	const uint64_t base = i->xen & ELF_XEN_VIRT_BASE ? i->virt_base : 0;

	p->virt_base = base;
	p->virt_entry = i->xen & ELF_XEN_ENTRY ? i->xen_entry : i->entry;
	p->elf_paddr_offset = base - (i->vstart - i->pstart);
	if (i->xen & ELF_XEN_HYPERCALL_PAGE)
		p->virt_hypercall = i->hypercall_page;
	p->virt_kstart = i->vstart;
	p->virt_kend = i->vend;
	p->pae = pae_of(i);
	p->f_supported[0] = i->supported_features;
	p->f_required[0] = i->required_features;
}

static elf_negerrnoval parse(struct xc_dom_image *dom)
{
	struct elf_info info;

	if (read_kernel(dom, &info) < 0)
		return -EINVAL;
	set_parms(dom->parms, &info);
	dom->kernel_seg.vstart = info.vstart;
	dom->kernel_seg.vend = info.vend;
	/* Without PAE there is no hypervisor for it: that was refused before. */
	dom->guest_type = info.bits == 32 ? "xen-3.0-x86_32p" : "xen-3.0-x86_64";
	return 0;
}

static struct xc_dom_loader segment_loader = {
	.name = "earlydom-segments",
	.probe = probe,
	.parser = parse,
};

static void __attribute__((constructor)) add_loader(void)
{
	xc_dom_register_loader(&segment_loader);
}
