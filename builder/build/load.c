#include "load.h"
#include "builder/host/host.h"
#include "loaders/kernel.h"
#include "builder/image/image_files.h"

#include <string.h>

#include <xen-kernel-loader.h>

/* What the loader gets. */
struct load {
	const struct guest *g;
	struct host *host;
	const struct kernel *kernel;
	struct err *e;
};

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

/* Where it was libxenguest that failed, nothing is said here. */
static int failed(const struct load *l, const char *what, const char *path)
{
	return l->e->msg[0] ? err_prefix(l->e, "cannot load %s %s into the domain: ", what, path)
			    : -1;
}

/* The segment that comes next in memory, at pos or behind it. Segments are not empty and don't overlap
 * (elf_read). NULL: there is none. */
static const struct elf_segment *next_segment(const struct elf_info *info, uint64_t pos)
{
	const struct elf_segment *next = NULL, *s;

	for (s = info->segments; s < info->segments + info->nr_segments; s++)
		if (s->paddr >= pos && (!next || s->paddr < next->paddr))
			next = s;
	return next;
}

/* Fills what is mapped at to, bytes of it from the first segment's address on. What is in no segment is
 * zero, as is what a segment has beyond its bytes in the file. */
static int fill(const struct image_file *file, const struct kernel *k, uint8_t *to, uint64_t bytes,
		struct err *e)
{
	const struct elf_info *info = &k->info;
	const struct elf_segment *s;
	uint64_t filled = 0;

	for (s = next_segment(info, info->pstart); s; s = next_segment(info, s->paddr + s->memsz)) {
		const uint64_t at = s->paddr - info->pstart;

		memset(to + filled, 0, at - filled);
		if (image_copy(file, k->bare + s->offset, s->filesz, to + at, e) < 0)
			return -1;
		filled = at + s->filesz;
	}
	memset(to + filled, 0, bytes - filled);
	return 0;
}

/* libxenguest has given the kernel its first page. */
static int load_kernel(struct xc_dom_image *dom, const struct load *l)
{
	struct xc_dom_seg *seg = &dom->kernel_seg;
	const struct elf_info *info = &l->kernel->info;
	uint8_t *to;

	xc_dom_unmap_one(dom, seg->pfn);
	to = take_pages(dom, seg, 1, info->pend - info->pstart, l->e);
	if (!to || fill(l->g->kernel, l->kernel, to, seg->pages << XC_PAGE_SHIFT, l->e) < 0)
		return failed(l, "kernel", l->g->cfg->kernel);
	give_pages(dom, l, seg, to);
	return 0;
}

/* Behind all that is there, and as it is in its file: it is the guest's kernel that unpacks it. */
static int load_ramdisk(struct xc_dom_image *dom, const struct load *l)
{
	struct xc_dom_seg *seg = &dom->modules[0].seg;
	const struct image_file *file = l->g->ramdisk;
	uint8_t *to;

	seg->pfn = dom->pfn_alloc_end;
	seg->vstart = dom->virt_alloc_end;
	to = take_pages(dom, seg, 0, file->size, l->e);
	if (!to || image_copy(file, file->data, file->size, to, l->e) < 0)
		return failed(l, "ramdisk", l->g->cfg->ramdisk);
	memset(to + file->size, 0, (seg->pages << XC_PAGE_SHIFT) - file->size);
	give_pages(dom, l, seg, to);
	return 0;
}

/* The loader. A ramdisk comes right behind the kernel, where the guest finds it mapped, but for a guest
 * that can do without that. */
static elf_errorstatus load(struct xc_dom_image *dom)
{
	const struct load *l = dom->private_loader;

	if (load_kernel(dom, l) < 0)
		return -1;
	if (!l->g->ramdisk || dom->parms->unmapped_initrd)
		return 0;
	if (load_ramdisk(dom, l) < 0)
		return -1;
	dom->initrd_start = dom->modules[0].seg.vstart;
	dom->initrd_len = l->g->ramdisk->size;
	return 0;
}

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

/* In the place of the one that parsed the kernel, when that is over. */
static struct xc_dom_loader loader = {.name = "earlydom", .loader = load};

int load_images(struct xc_dom_image *dom, const struct guest *g, struct host *h,
		const struct kernel *k, struct err *e)
{
	struct load *l;
	struct xc_dom_seg *seg = &dom->kernel_seg;
	void *const ramdisk = dom->modules[0].blob;

	if (seg->vend - seg->vstart != k->info.pend - k->info.pstart)
		return xc_dom_build_image(dom);
	l = xc_dom_malloc(dom, sizeof(*l));
	if (!l)
		return -1;
	*l = (struct load){.g = g, .host = h, .kernel = k, .e = e};
	/* The least that it takes for a kernel, and none of what it takes for a ramdisk. */
	seg->vend = seg->vstart + 1;
	dom->modules[0].blob = NULL;
	dom->private_loader = l;
	dom->kernel_loader = &loader;
	if (xc_dom_build_image(dom) < 0)
		return -1;
	if (ramdisk && dom->parms->unmapped_initrd && load_unmapped(dom, l) < 0)
		return -1;
	dom->modules[0].blob = ramdisk;
	return 0;
}
