#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xen-kernel-loader.h>

#include "builder/host/host.h"
#include "builder/image/firmware.h"
#include "builder/image/image_files.h"
#include "loaders/kernel_fill.h"
#include "holdings.h"

/* What the loader gets. */
struct load {
	const struct guest *g;
	struct host *host;
	const struct kernel_facts *kernel;
	struct err *e;
};

/* ---- what the library is told ---- */

/* A number that the kernel may state. */
static uint64_t stated(const struct elf_info *i, enum elf_xen_bit bit, uint64_t value)
{
	return i->xen & bit ? value : UNSET_ADDR;
}

/* In the notes and in the section __xen_guest the same word means something else. */
static enum xen_pae_type pae_of(const struct elf_info *i)
{
	if (i->has_notes && strstr(i->pae, "bimodal"))
		return XEN_PAE_BIMODAL;
	if (!strcmp(i->pae, i->has_notes ? "yes" : "yes[extended-cr3]"))
		return XEN_PAE_EXTCR3;
	return i->has_notes || strncmp(i->pae, "yes", 3) ? XEN_PAE_NO : XEN_PAE_YES;
}

/* What each kind of guest may state, as elf_xen_parse in Xen's libelf-dominfo.c has it. */
static void set_parms(struct elf_dom_parms *p, const struct elf_info *i)
{
	snprintf(p->guest_os, sizeof(p->guest_os), "%.*s", (int)sizeof(p->guest_os) - 1,
		 i->guest_os);
	p->virt_hypercall = stated(i, ELF_XEN_HYPERCALL_PAGE, i->hypercall_page);
	p->virt_hv_start_low = stated(i, ELF_XEN_HV_START_LOW, i->hv_start_low);
	p->p2m_base = stated(i, ELF_XEN_INIT_P2M, i->init_p2m);
	p->phys_entry = i->xen & ELF_XEN_PHYS32_ENTRY ? i->phys32_entry : UNSET_ADDR32;
	p->pae = pae_of(i);
	p->unmapped_initrd = i->xen & ELF_XEN_MOD_START_PFN;
	p->f_supported[0] = i->supported_features;
	p->f_required[0] = i->required_features;
}

static void describe_pv(struct xc_dom_image *dom, const struct elf_info *i)
{
	struct elf_dom_parms *p = dom->parms;

	p->virt_base = i->xen & ELF_XEN_VIRT_BASE ? i->virt_base : 0;
	p->virt_entry = i->xen & ELF_XEN_ENTRY ? i->xen_entry : i->entry;
	p->elf_paddr_offset = p->virt_base - (i->vstart - i->pstart);
	p->virt_kstart = i->vstart;
	p->virt_kend = i->vend;
	/* Without PAE there is no hypervisor for it: that was refused before. */
	dom->guest_type = i->machine == EM_386 ? "xen-3.0-x86_32p" : "xen-3.0-x86_64";
}

/* Entered without paging, at a physical address: the one for it, or a firmware's only one. */
static void describe_translated(struct xc_dom_image *dom, const struct elf_info *i)
{
	struct elf_dom_parms *p = dom->parms;

	p->virt_base = p->elf_paddr_offset = 0;
	if (p->phys_entry == UNSET_ADDR32)
		p->phys_entry = (uint32_t)i->entry;
	p->virt_entry = p->phys_entry;
	p->virt_kstart = i->pstart;
	p->virt_kend = i->pend;
	dom->guest_type = "hvm-3.0-x86_32";
}

/* ---- what is loaded ---- */

static uint64_t to_pages(uint64_t bytes)
{
	return (bytes + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;
}

/* Makes a segment, of which some pages are allocated, as long as bytes takes, and maps it: what
 * xc_dom_alloc_segment does (xg_dom_core.c), but for clearing it. */
static uint8_t *take_pages(struct xc_dom_image *dom, struct xc_dom_seg *seg, xen_pfn_t allocated,
			   uint64_t bytes, struct err *e)
{
	const xen_pfn_t left = dom->total_pages - (dom->pfn_alloc_end - dom->rambase_pfn);
	const xen_pfn_t pages = to_pages(bytes), more = pages - allocated;

	if (more > left) {
		err_set(e, "it takes %llu pages, and the domain has %llu left for it",
			(unsigned long long)pages, (unsigned long long)(left + allocated));
		return NULL;
	}
	dom->pfn_alloc_end += more;
	dom->virt_alloc_end += more << XC_PAGE_SHIFT;
	seg->pages = pages;
	seg->vend = seg->vstart + bytes;
	return xc_dom_seg_to_ptr(dom, seg);
}

/* It is written: nobody looks at it any more. */
static void give_pages(struct xc_dom_image *dom, const struct load *l, const struct xc_dom_seg *seg,
		       void *at)
{
	unmap_pages(&l->host->unmapper, &l->host->log, at, seg->pages);
	xc_dom_unmap_one(dom, seg->pfn);
}

/* What could not be loaded. Where it was libxenguest that failed, errno is the cause, and nothing
 * is said. */
static int failed(const struct load *l, const char *what, const char *path)
{
	return l->e->msg[0] ? err_prefix(l->e, "cannot load %s %s into the domain: ", what, path)
			    : -1;
}

static int source_failed(const struct load *l)
{
	const struct guest_config *cfg = l->g->cfg;
	const int saved = errno;
	const char *path = firmware_wanted(cfg) ? firmware_loader_path(cfg) : cfg->kernel;

	errno = saved;
	return failed(l, firmware_wanted(cfg) ? "firmware" : "kernel", path);
}

static int copy_kernel(const void *source, uint64_t at, size_t len, void *to, struct err *e)
{
	return image_copy_kernel(source, at, len, to, e);
}

/* libxenguest has given the segment its first page. */
static int load_kernel(struct xc_dom_image *dom, const struct load *l)
{
	const struct elf_info *info = &l->kernel->info;
	struct xc_dom_seg *seg = &dom->kernel_seg;
	uint8_t *to;

	xc_dom_unmap_one(dom, seg->pfn);
	to = take_pages(dom, seg, 1, info->pend - info->pstart, l->e);
	if (!to || kernel_fill(l->kernel, to, seg->pages << XC_PAGE_SHIFT, copy_kernel,
			       guest_source(l->g), l->e) < 0)
		return source_failed(l);
	give_pages(dom, l, seg, to);
	return 0;
}

/* Behind all that is there, and as it is in its file. */
static int load_file(struct xc_dom_image *dom, const struct load *l, struct xc_dom_seg *seg,
		     const struct image_file *file)
{
	uint8_t *to;

	seg->pfn = dom->pfn_alloc_end;
	seg->vstart = dom->virt_alloc_end;
	to = take_pages(dom, seg, 0, file->size, l->e);
	if (!to || image_copy(file, 0, file->size, to, l->e) < 0)
		return -1;
	memset(to + file->size, 0, (seg->pages << XC_PAGE_SHIFT) - file->size);
	give_pages(dom, l, seg, to);
	return 0;
}

/* hvmloader finds a module by its address, and is a 32-bit program. */
static int load_module(struct xc_dom_image *dom, const struct load *l, const char *what,
		       const char *path, const struct image_file *f,
		       struct xc_hvm_firmware_module *module)
{
	struct xc_dom_seg seg = {0};

	/* As libxl does with an empty one. */
	if (!f || !f->size)
		return 0;
	if (load_file(dom, l, &seg, f) < 0)
		return failed(l, what, path);
	if (seg.vend > dom->mmio_start) {
		err_set(l->e, "it would be at %#" PRIx64 ", behind what is below 4 GiB",
			seg.vstart);
		return failed(l, what, path);
	}
	module->guest_addr_out = seg.vstart;
	module->length = (uint32_t)f->size;
	return 0;
}

static int load_modules(struct xc_dom_image *dom, const struct load *l)
{
	const struct guest *g = l->g;

	if (load_module(dom, l, "BIOS", firmware_bios_path(g->cfg), g->bios,
			&dom->system_firmware_module) < 0 ||
	    load_module(dom, l, "ACPI tables", g->cfg->acpi_firmware, g->acpi,
			&dom->acpi_modules[0]) < 0)
		return -1;
	return load_module(dom, l, "SMBIOS tables", g->cfg->smbios_firmware, g->smbios,
			   &dom->smbios_module);
}

/* It is the guest's kernel that unpacks it. */
static int load_ramdisk(struct xc_dom_image *dom, const struct load *l)
{
	if (load_file(dom, l, &dom->modules[0].seg, l->g->ramdisk) < 0)
		return failed(l, "ramdisk", l->g->cfg->ramdisk);
	return 0;
}

/* A ramdisk comes right behind the kernel, where the guest finds it mapped, but for a guest that
 * can do without that. */
static elf_errorstatus load(struct xc_dom_image *dom)
{
	const struct load *l = dom->private_loader;

	if (load_kernel(dom, l) < 0)
		return -1;
	if (dom->device_model)
		return load_modules(dom, l);
	if (!l->g->ramdisk || dom->parms->unmapped_initrd)
		return 0;
	if (load_ramdisk(dom, l) < 0)
		return -1;
	dom->initrd_start = dom->modules[0].seg.vstart;
	dom->initrd_len = l->g->ramdisk->size;
	return 0;
}

/* Behind the boot pages. */
static int load_unmapped(struct xc_dom_image *dom, const struct load *l)
{
	struct xc_dom_seg *seg = &dom->modules[0].seg;

	if (load_ramdisk(dom, l) < 0)
		return -1;
	dom->flags |= SIF_MOD_START_PFN;
	dom->initrd_start = seg->pfn;
	dom->initrd_len = seg->pages << XC_PAGE_SHIFT;
	return 0;
}

/* The library does not write to it: it is in no list. */
static struct xc_dom_loader loader = {.name = "earlydom", .loader = load};

int load_describe(struct xc_dom_image *dom, const struct elf_info *info)
{
	set_parms(dom->parms, info);
	if (xc_dom_translated(dom))
		describe_translated(dom, info);
	else
		describe_pv(dom, info);
	dom->f_active[0] = dom->parms->f_required[0];
	/* xc_dom_build_image makes this segment and clears it. It gets the least that there is;
	 * load_kernel adds the rest, and writes each page once. */
	dom->kernel_seg.vstart = dom->parms->virt_kstart;
	dom->kernel_seg.vend = dom->kernel_seg.vstart + 1;
	dom->kernel_loader = &loader;
	return xc_dom_compat_check(dom) ? 0 : -1;
}

int load_images(struct xc_dom_image *dom, const struct guest *g, struct host *h,
		const struct kernel_facts *k, struct err *e)
{
	struct load l = {.g = g, .host = h, .kernel = k, .e = e};
	const struct image_file *ramdisk = dom->device_model ? NULL : g->ramdisk;
	int rc;

	dom->private_loader = &l;
	rc = xc_dom_build_image(dom);
	dom->private_loader = NULL;
	if (rc < 0)
		return -1;
	if (!ramdisk)
		return 0;
	if (dom->parms->unmapped_initrd && load_unmapped(dom, &l) < 0)
		return -1;
	/* Only now, when all is in its place: the library would load it, and unpack it. Now it asks
	 * only whether there is one, and does not follow the pointer. */
	return xc_dom_module_mem(dom, ramdisk, ramdisk->size, NULL);
}
