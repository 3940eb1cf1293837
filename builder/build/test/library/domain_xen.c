#include "domain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/foreign/x86_64.h>
#include <xen/hvm/save.h>

#include "builder/guest/xen_compat.h"

/* Where a translated domain has pages beside its memory that the library fills: the console's, the
 * store's, and the ones of requests and page tables that are not memory to it. */
#define SPECIAL_START ((xen_pfn_t)X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES)
#define SPECIAL_END   ((xen_pfn_t)X86_HVM_END_SPECIAL_REGION)

/* Mapped at a time. */
#define BATCH 512

#define PAGE_WORDS (XC_PAGE_SIZE / sizeof(uint64_t))

/* The entries of a pv guest's top page table that are Xen's own, filled in when that is pinned
 * (ROOT_PAGETABLE_FIRST_XEN_SLOT and _LAST_ in xen/arch/x86/include/asm/config.h). */
#define XEN_SLOT_FIRST 256
#define XEN_SLOTS      16

/* What a page table's entry has beside the frame's number. */
#define PTE_FLAGS UINT64_C(0xfff0000000000fff)

const bool domain_is_real = true;

int domain_begin(struct domain *d, struct xc_dom_image *dom, uint64_t pages)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = dom->max_vcpus,
		.max_evtchn_port = 1023,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};

	memset(d, 0, sizeof(*d));
	d->pv = !xc_dom_translated(dom);
	d->pages = pages;
	d->xch = dom->xch;
	if (!d->pv) {
		config.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
		config.arch.emulation_flags =
			dom->device_model ? XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI : XEN_X86_EMU_LAPIC;
	}
	d->domid = XEN_DOMID_ANY;
	if (xc_domain_create(d->xch, &d->domid, &config) < 0)
		return -1;
	if (xc_domain_max_vcpus(d->xch, d->domid, dom->max_vcpus) < 0 ||
	    xc_domain_setmaxmem(d->xch, d->domid, pages * 4 + 1024) < 0 ||
	    (!d->pv && xc_set_paging_mempool_size(d->xch, d->domid, 8 << 20) < 0) ||
	    xc_domain_set_tsc_info(d->xch, d->domid, 0, 0, 0, 0) < 0 ||
	    xc_cpuid_apply_policy(d->xch, d->domid, false, NULL, 0, true, false, false, NULL,
				  NULL) < 0)
		return -1;
	return xc_dom_boot_xen_init(dom, d->xch, d->domid);
}

int domain_populate(struct domain *d, struct xc_dom_image *dom)
{
	(void)d;
	return xc_dom_boot_mem_init(dom);
}

/* Keeps what it takes to read the memory: the image will be gone. */
int domain_boot(struct domain *d, struct xc_dom_image *dom)
{
	if (xc_dom_boot_image(dom) < 0)
		return -1;
	d->p2m_seg = dom->p2m_seg;
	d->pgtables_seg = dom->pgtables_seg;
	d->start_info_pfn = dom->start_info_pfn;
	if (!d->pv)
		return 0;
	d->p2m = malloc(d->pages * sizeof(*d->p2m));
	if (!d->p2m)
		abort();
	memcpy(d->p2m, dom->pv_p2m, d->pages * sizeof(*d->p2m));
	return 0;
}

void domain_end(struct domain *d)
{
	if (d->domid)
		xc_domain_destroy(d->xch, d->domid);
	free(d->p2m);
}

/* A frame's number and its page's, for qsort. */
struct frame {
	uint64_t mfn, pfn;
};

static int by_mfn(const void *a, const void *b)
{
	const uint64_t x = ((const struct frame *)a)->mfn, y = ((const struct frame *)b)->mfn;

	return x < y ? -1 : x > y;
}

static struct frame *sort_frames(const struct domain *d)
{
	struct frame *f = malloc(d->pages * sizeof(*f));

	if (!f)
		abort();
	for (uint64_t i = 0; i < d->pages; i++)
		f[i] = (struct frame){d->p2m[i], i};
	qsort(f, d->pages, sizeof(*f), by_mfn);
	return f;
}

/* The page that has the frame, or UINT64_MAX. */
static uint64_t page_of(const struct domain *d, const struct frame *frames, uint64_t mfn)
{
	const struct frame key = {.mfn = mfn};
	const struct frame *f = bsearch(&key, frames, d->pages, sizeof(*frames), by_mfn);

	return f ? f->pfn : UINT64_MAX;
}

static bool inside(const struct xc_dom_seg *seg, xen_pfn_t pfn)
{
	return pfn >= seg->pfn && pfn < seg->pfn + seg->pages;
}

/* A list of frames, or a page table (behind the list there may be some of these). */
static void replace_frames(const struct domain *d, const struct frame *frames, uint64_t *words)
{
	uint64_t pfn;

	for (size_t i = 0; i < PAGE_WORDS; i++) {
		pfn = page_of(d, frames, words[i]);
		if (pfn != UINT64_MAX) {
			words[i] = pfn;
			continue;
		}
		pfn = page_of(d, frames, (words[i] & ~PTE_FLAGS) >> XC_PAGE_SHIFT);
		if (pfn != UINT64_MAX)
			words[i] = (words[i] & PTE_FLAGS) | pfn << XC_PAGE_SHIFT;
	}
}

static void replace_start_info(const struct domain *d, const struct frame *frames, void *page)
{
	start_info_x86_64_t *info = page;

	info->store_mfn = page_of(d, frames, info->store_mfn);
	info->console.domU.mfn = page_of(d, frames, info->console.domU.mfn);
	info->shared_info = 0; /* a frame that is no page of the domain */
}

/* A page without the machine's numbers of frames: with those of the domain's pages in their place.
 */
static void replace(const struct domain *d, const struct frame *frames, xen_pfn_t pfn, void *page)
{
	if (!d->pv)
		return;
	if (inside(&d->p2m_seg, pfn) || inside(&d->pgtables_seg, pfn))
		replace_frames(d, frames, page);
	if (pfn == d->pgtables_seg.pfn)
		memset((uint64_t *)page + XEN_SLOT_FIRST, 0, XEN_SLOTS * sizeof(uint64_t));
	if (pfn == d->start_info_pfn)
		replace_start_info(d, frames, page);
}

static uint8_t *map(const struct domain *d, xen_pfn_t pfn, size_t n, int *err)
{
	xen_pfn_t frames[BATCH];
	uint8_t *p;

	for (size_t i = 0; i < n; i++)
		frames[i] = d->pv ? d->p2m[pfn + i] : pfn + i;
	p = xc_map_foreign_bulk(d->xch, d->domid, PROT_READ, frames, err, (unsigned)n);
	if (!p)
		abort();
	return p;
}

/* The page of both, which may be one that neither has: a hole. */
static uint64_t page_differs(const struct domain *const d[2], struct frame *const frames[2],
			     xen_pfn_t pfn, uint8_t *const at[2], const int err[2],
			     uint64_t skip_at, uint64_t skip)
{
	uint8_t page[2][XC_PAGE_SIZE] __attribute__((aligned(8)));
	const uint64_t base = pfn << XC_PAGE_SHIFT;

	if (err[0] || err[1])
		return err[0] && err[1] ? UINT64_MAX : base;
	for (uint64_t i = 0; i < 2; i++) {
		memcpy(page[i], at[i], XC_PAGE_SIZE);
		replace(d[i], frames[i], pfn, page[i]);
	}
	for (uint64_t i = 0; i < XC_PAGE_SIZE; i++)
		if (page[0][i] != page[1][i] && base + i - skip_at >= skip)
			return base + i;
	return UINT64_MAX;
}

static uint64_t differs_in(const struct domain *const d[2], struct frame *const frames[2],
			   xen_pfn_t from, xen_pfn_t to, uint64_t skip_at, uint64_t skip)
{
	int err[2][BATCH];
	uint64_t found = UINT64_MAX;
	uint8_t *at[2];
	size_t n;

	for (; from < to && found == UINT64_MAX; from += n) {
		n = to - from < BATCH ? to - from : BATCH;
		for (size_t k = 0; k < 2; k++)
			at[k] = map(d[k], from, n, err[k]);
		for (size_t i = 0; i < n && found == UINT64_MAX; i++)
			found = page_differs(
				d, frames, from + i,
				(uint8_t *[]){at[0] + i * XC_PAGE_SIZE, at[1] + i * XC_PAGE_SIZE},
				(int[]){err[0][i], err[1][i]}, skip_at, skip);
		for (size_t k = 0; k < 2; k++)
			munmap(at[k], n * XC_PAGE_SIZE);
	}
	return found;
}

uint64_t domain_differs(const struct domain *a, const struct domain *b, uint64_t skip_at,
			uint64_t skip)
{
	const struct domain *const d[2] = {a, b};
	struct frame *const frames[2] = {a->pv ? sort_frames(a) : NULL,
					 b->pv ? sort_frames(b) : NULL};
	uint64_t at = differs_in(d, frames, 0, a->pages, skip_at, skip);

	if (at == UINT64_MAX && !a->pv)
		at = differs_in(d, frames, SPECIAL_START, SPECIAL_END, 0, 0);
	free(frames[0]);
	free(frames[1]);
	return at;
}

static void registers(const struct domain *d, vcpu_guest_context_any_t *pv,
		      HVM_SAVE_TYPE(CPU) * hvm)
{
	struct frame *frames;

	memset(pv, 0, sizeof(*pv));
	memset(hvm, 0, sizeof(*hvm));
	if (!d->pv) {
		if (xc_domain_hvm_getcontext_partial(d->xch, d->domid, HVM_SAVE_CODE(CPU), 0, hvm,
						     sizeof(*hvm)) != 0)
			abort();
		hvm->tsc = 0;
		return;
	}
	if (xc_vcpu_getcontext(d->xch, d->domid, 0, pv) != 0)
		abort();
	frames = sort_frames(d);
	pv->x64.ctrlreg[3] = page_of(d, frames, pv->x64.ctrlreg[3] >> XC_PAGE_SHIFT);
	free(frames);
}

bool domain_told_differs(const struct domain *a, const struct domain *b)
{
	static vcpu_guest_context_any_t pv[2];
	static HVM_SAVE_TYPE(CPU) hvm[2];

	registers(a, &pv[0], &hvm[0]);
	registers(b, &pv[1], &hvm[1]);
	return memcmp(&pv[0], &pv[1], sizeof(pv[0])) || memcmp(&hvm[0], &hvm[1], sizeof(hvm[0]));
}
