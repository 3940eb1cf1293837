#include "domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/hvm/save.h>

#define GIB4 (UINT64_C(1) << 32)

/* A pv domain's frames: those of its memory begin here, and behind them is the shared info page. */
#define FIRST_MFN UINT64_C(0x40000)

/* Where a translated domain has pages beside its memory: the highest MiB of xg_dom_x86.c's
 * specials. */
#define SPECIAL_END   ((uint64_t)X86_HVM_END_SPECIAL_REGION << XC_PAGE_SHIFT)
#define SPECIAL_START (SPECIAL_END - (UINT64_C(1) << 20))

/* privcmd_mmap_entry_t of tools/include/xen-sys/Linux/privcmd.h, which is the libraries' own. */
struct mapped_range {
	uint64_t va, mfn, npages;
};

static struct domain *now;

static void *map(const struct domain *d, uint64_t at, uint64_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, (off_t)at);

	if (p == MAP_FAILED)
		abort();
	return p;
}

const bool domain_is_real = false;

/* What all hypervisors of the tests could run. */
#define CAPS "xen-3.0-x86_64 xen-3.0-x86_32p hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 "

int domain_begin(struct domain *d, struct xc_dom_image *dom, uint64_t pages)
{
	void *memory;

	memset(d, 0, sizeof(*d));
	d->pv = !xc_dom_translated(dom);
	d->pages = pages;
	d->fd = memfd_create("domain", MFD_CLOEXEC);
	if (d->fd < 0 || ftruncate(d->fd, (off_t)GIB4) < 0)
		abort();
	memory = map(d, 0, pages << XC_PAGE_SHIFT);
	memset(memory, 0xa5, pages << XC_PAGE_SHIFT);
	munmap(memory, pages << XC_PAGE_SHIFT);
	now = d;
	dom->guest_domid = 1;
	strcpy(dom->xen_caps, CAPS);
	return 0;
}

/* Instead of xc_dom_boot_mem_init, which asks the hypervisor for memory. */
int domain_populate(struct domain *d, struct xc_dom_image *dom)
{
	xen_pfn_t i;

	d->pv32 = !strcmp(dom->guest_type, "xen-3.0-x86_32p");
	if (!d->pv)
		return 0;
	dom->p2m_size = dom->total_pages;
	dom->pv_p2m = xc_dom_malloc(dom, dom->p2m_size * sizeof(*dom->pv_p2m));
	for (i = 0; i < dom->p2m_size; i++)
		dom->pv_p2m[i] = FIRST_MFN + i;
	dom->shared_info_mfn = FIRST_MFN + dom->total_pages;
	return 0;
}

/* Instead of xc_dom_boot_image, which also asks for what is not made here: a domain's number, a
 * page of hypercalls. */
int domain_boot(struct domain *d, struct xc_dom_image *dom)
{
	const struct xc_dom_arch *arch = dom->arch_hooks;

	(void)d;
	if ((arch->setup_pgtables && arch->setup_pgtables(dom)) ||
	    (arch->start_info && arch->start_info(dom)))
		return -1;
	return arch->bootlate(dom) || arch->vcpu(dom) ? -1 : 0;
}

void domain_end(struct domain *d)
{
	close(d->fd);
}

static uint64_t differs_in(const struct domain *a, const struct domain *b, uint64_t from,
			   uint64_t to)
{
	uint64_t at;
	uint8_t *p, *q;

	if (from >= to)
		return UINT64_MAX;
	/* A mapping begins at a page. */
	from &= XC_PAGE_MASK;
	p = map(a, from, to - from);
	q = map(b, from, to - from);
	for (at = 0; at < to - from && p[at] == q[at]; at++)
		;
	munmap(p, to - from);
	munmap(q, to - from);
	return at < to - from ? from + at : UINT64_MAX;
}

uint64_t domain_differs(const struct domain *a, const struct domain *b, uint64_t skip_at,
			uint64_t skip)
{
	const uint64_t end = (a->pages + 1) << XC_PAGE_SHIFT;
	uint64_t at;
	uint8_t *p, *q;

	/* What is skipped is made the same first. */
	if (skip) {
		p = map(a, 0, end);
		q = map(b, 0, end);
		memcpy(p + skip_at, q + skip_at, skip);
		munmap(p, end);
		munmap(q, end);
	}
	at = differs_in(a, b, 0, end);
	return at != UINT64_MAX || a->pv ? at : differs_in(a, b, SPECIAL_START, SPECIAL_END);
}

bool domain_told_differs(const struct domain *a, const struct domain *b)
{
	return a->said_len != b->said_len || memcmp(a->said, b->said, a->said_len);
}

static void say(const void *what, size_t len)
{
	if (len > sizeof(now->said) - now->said_len)
		abort();
	memcpy(now->said + now->said_len, what, len);
	now->said_len += len;
}

/* A frame as the hypervisor's callers name it. */
static void *map_frame(uint64_t frame, uint64_t pages)
{
	return map(now, (frame - (now->pv ? FIRST_MFN : 0)) << XC_PAGE_SHIFT,
		   pages << XC_PAGE_SHIFT);
}

/* Declared for -Wmissing-prototypes: nobody but the linker names them. */
void *__wrap_xc_dom_boot_domU_map(struct xc_dom_image *dom, xen_pfn_t pfn, xen_pfn_t count);
void *__wrap_xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot,
				  unsigned long mfn);
void *__wrap_xc_map_foreign_ranges(xc_interface *xch, uint32_t dom, size_t size, int prot,
				   size_t chunksize, struct mapped_range entries[], int nentries);
int __wrap_xc_clear_domain_pages(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, int num);
int __wrap_xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
					    unsigned long nr_extents, unsigned int extent_order,
					    unsigned int mem_flags, xen_pfn_t *extents);
int __wrap_xc_domain_cacheflush(xc_interface *xch, uint32_t domid, xen_pfn_t start, xen_pfn_t nr);
int __wrap_xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t value);
int __wrap_xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr, uint32_t dom);
int __wrap_xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			      vcpu_guest_context_any_t *ctxt);
int __wrap_xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt,
				    uint32_t size);
int __wrap_xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt,
				    uint32_t size);

void *__wrap_xc_dom_boot_domU_map(struct xc_dom_image *dom, xen_pfn_t pfn, xen_pfn_t count)
{
	(void)dom;
	return map(now, pfn << XC_PAGE_SHIFT, count << XC_PAGE_SHIFT);
}

void *__wrap_xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot,
				  unsigned long mfn)
{
	(void)xch;
	(void)dom;
	(void)prot;
	return map_frame(mfn, (uint64_t)size >> XC_PAGE_SHIFT);
}

/* One behind the other is all that is asked for. */
void *__wrap_xc_map_foreign_ranges(xc_interface *xch, uint32_t dom, size_t size, int prot,
				   size_t chunksize, struct mapped_range entries[], int nentries)
{
	(void)xch;
	(void)dom;
	(void)prot;
	if (size >> XC_PAGE_SHIFT != (size_t)nentries || chunksize != XC_PAGE_SIZE ||
	    entries[nentries - 1].mfn - entries[0].mfn != (unsigned)nentries - 1)
		abort();
	return map_frame(entries[0].mfn, (uint64_t)nentries);
}

int __wrap_xc_clear_domain_pages(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, int num)
{
	const size_t len = (size_t)num << XC_PAGE_SHIFT;
	void *p = map_frame(dst_pfn, (uint64_t)num);

	(void)xch;
	(void)domid;
	memset(p, 0, len);
	return munmap(p, len);
}

int __wrap_xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
					    unsigned long nr_extents, unsigned int extent_order,
					    unsigned int mem_flags, xen_pfn_t *extents)
{
	(void)xch;
	(void)domid;
	(void)extent_order;
	(void)mem_flags;
	say(extents, nr_extents * sizeof(*extents));
	return 0;
}

int __wrap_xc_domain_cacheflush(xc_interface *xch, uint32_t domid, xen_pfn_t start, xen_pfn_t nr)
{
	(void)xch;
	(void)domid;
	(void)start;
	(void)nr;
	return 0;
}

int __wrap_xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t value)
{
	(void)xch;
	(void)dom;
	say(&param, sizeof(param));
	say(&value, sizeof(value));
	return 0;
}

/* To pin the page tables. */
int __wrap_xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr, uint32_t dom)
{
	(void)xch;
	(void)nr;
	(void)dom;
	say(&op->cmd, sizeof(op->cmd));
	say(&op->arg1.mfn, sizeof(op->arg1.mfn));
	return 0;
}

int __wrap_xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			      vcpu_guest_context_any_t *ctxt)
{
	(void)xch;
	(void)domid;
	(void)vcpu;
	say(ctxt, now->pv32 ? sizeof(ctxt->x32) : sizeof(ctxt->x64));
	return 0;
}

/* What the library looks for in there: the header and the first vcpu's MTRRs. */
int __wrap_xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt, uint32_t size)
{
	struct {
		struct hvm_save_descriptor header_d;
		HVM_SAVE_TYPE(HEADER) header;
		struct hvm_save_descriptor mtrr_d;
		HVM_SAVE_TYPE(MTRR) mtrr;
		struct hvm_save_descriptor end_d;
	} all;

	(void)xch;
	(void)domid;
	if (!ctxt)
		return sizeof(all);
	if (size < sizeof(all))
		abort();
	memset(&all, 0, sizeof(all));
	all.header_d.typecode = HVM_SAVE_CODE(HEADER);
	all.header_d.length = HVM_SAVE_LENGTH(HEADER);
	all.mtrr_d.typecode = HVM_SAVE_CODE(MTRR);
	all.mtrr_d.length = HVM_SAVE_LENGTH(MTRR);
	all.end_d.typecode = HVM_SAVE_CODE(END);
	memcpy(ctxt, &all, sizeof(all));
	return sizeof(all);
}

int __wrap_xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt, uint32_t size)
{
	(void)xch;
	(void)domid;
	say(ctxt, size);
	return 0;
}
