#include "load.h"

#include <string.h>

#include <xen-kernel-loader.h>

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
static int fill(const struct load *l, uint8_t *to, uint64_t bytes, struct err *e)
{
	const struct elf_segment *s;
	uint64_t filled = 0;

	for (s = next_segment(l->info, l->info->pstart); s;
	     s = next_segment(l->info, s->paddr + s->memsz)) {
		const uint64_t at = s->paddr - l->info->pstart;

		memset(to + filled, 0, at - filled);
		if (image_copy(l->file, l->bare + s->offset, s->filesz, to + at, e) < 0)
			return -1;
		filled = at + s->filesz;
	}
	memset(to + filled, 0, bytes - filled);
	return 0;
}

/* The kernel's pages, mapped. libxenguest has given it the first one; the others are taken as
 * xc_dom_alloc_segment takes them (xg_dom_core.c), but not cleared. */
static uint8_t *take_pages(struct xc_dom_image *dom, const struct elf_info *info, struct err *e)
{
	struct xc_dom_seg *seg = &dom->kernel_seg;
	const uint64_t size = info->pend - info->pstart;
	const xen_pfn_t pages = (size + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;
	const xen_pfn_t left = dom->total_pages - (dom->pfn_alloc_end - dom->rambase_pfn);
	uint8_t *to;

	if (pages - 1 > left) {
		err_set(e, "it takes %llu pages, and the domain has %llu left for it",
			(unsigned long long)pages, (unsigned long long)left + 1);
		return NULL;
	}
	dom->pfn_alloc_end += pages - 1;
	dom->virt_alloc_end += (pages - 1) << XC_PAGE_SHIFT;
	seg->pages = pages;
	seg->vend = seg->vstart + size;
	xc_dom_unmap_one(dom, seg->pfn);
	to = xc_dom_seg_to_ptr(dom, seg);
	if (!to)
		err_set(e, "its %llu pages can't be mapped", (unsigned long long)pages);
	return to;
}

static elf_errorstatus load(struct xc_dom_image *dom)
{
	struct load *l = dom->private_loader;
	uint8_t *to = take_pages(dom, l->info, &l->err);

	return to ? fill(l, to, dom->kernel_seg.pages << XC_PAGE_SHIFT, &l->err) : -1;
}

/* In the place of the one that parsed the kernel, when that is over. */
static struct xc_dom_loader loader = {.name = "earlydom", .loader = load};

void load_kernel(struct xc_dom_image *dom, const struct image_file *file, const struct kernel *k,
		 struct load *l)
{
	struct xc_dom_seg *seg = &dom->kernel_seg;

	*l = (struct load){.file = file, .info = &k->info, .bare = k->bare};
	if (seg->vend - seg->vstart != k->info.pend - k->info.pstart)
		return;
	seg->vend = seg->vstart + 1;
	dom->private_loader = l;
	dom->kernel_loader = &loader;
}
