#include "rdm.h"

#include <errno.h>
#include <inttypes.h>

#include "builder/describe/pci_spec.h"
#include "builder/pci/pci_hold.h"

#define GIB4 (UINT64_C(1) << 32)
/* What HAP maps at once: memory that ends there is mapped so up to its end. */
#define LARGE_PAGE (UINT64_C(2) << 20)

/* LIBXL_RDM_MEM_BOUNDARY_MEMKB_DEFAULT of libxl_internal.h, in MiB. */
#define BOUNDARY_MIB 2048

static int add(const struct xen_reserved_device_memory *r, bool strict, struct rdm_map *m,
	       struct err *e)
{
	const uint64_t start = (uint64_t)r->start_pfn << XC_PAGE_SHIFT;

	/* Two devices may share one, and what is said of a device counts more. */
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].start == start) {
			m->v[i].strict = strict;
			return 0;
		}
	if (m->n == RDM_MAX)
		return err_set(e, "the host has kept more than %d ranges of memory for devices",
			       RDM_MAX);
	m->v[m->n++] =
		(struct rdm_range){start, start + ((uint64_t)r->nr_pages << XC_PAGE_SHIFT), strict};
	return 0;
}

/* at NULL: all of the host's. */
static int read_some(const struct pci_address *at, bool strict, struct host *h, struct rdm_map *m,
		     struct err *e)
{
	static const struct pci_address any;
	struct xen_reserved_device_memory all[RDM_MAX];
	const uint32_t flags = at ? 0 : XENMEM_RDM_ALL;
	uint32_t n = RDM_MAX;
	int rc = 0;

	if (!at)
		at = &any;
	if (xc_reserved_device_memory_map(h->xch, flags, (uint16_t)at->segment, at->bus,
					  (uint8_t)(at->device << 3 | at->function), all, &n) < 0)
		return host_error(h, e,
				  "cannot ask for the memory that the host keeps for devices");
	for (uint32_t i = 0; i < n && !rc; i++)
		rc = add(&all[i], strict, m, e);
	return rc;
}

int rdm_read(const struct guest *g, struct host *h, struct rdm_map *out, struct err *e)
{
	const struct rdm *rdm = &g->cfg->domain.rdm;
	int rc = 0;

	out->n = 0;
	if (g->cfg->type != GUEST_HVM)
		return 0;
	if (rdm->host)
		rc = read_some(NULL, rdm->policy != PCI_RDM_RELAXED, h, out, e);
	for (size_t i = 0; i < g->nr_pcis && !rc; i++)
		rc = read_some(&g->pcis[i].at,
			       g->cfg->pcis[g->pcis[i].spec].rdm_policy != PCI_RDM_RELAXED, h, out,
			       e);
	return rc;
}

static bool is_below(const struct rdm_range *r, uint64_t end)
{
	return r->start < end && r->start < r->end;
}

bool rdm_in_the_way(const struct rdm_range *r, const struct xc_dom_image *dom)
{
	return is_below(r, dom->lowmem_end) || (r->end > GIB4 && is_below(r, dom->highmem_end));
}

static void move(const struct rdm_range *r, bool hap, struct xc_dom_image *dom)
{
	uint64_t end = r->start;

	if (hap && end > LARGE_PAGE)
		end &= ~(LARGE_PAGE - 1);
	if (!dom->highmem_end)
		dom->highmem_end = GIB4;
	dom->highmem_end += dom->lowmem_end - end;
	dom->lowmem_end = end;
}

int rdm_make_room(const struct rdm_map *m, struct guest *g, struct xc_dom_image *dom, struct err *e)
{
	const uint64_t boundary = (uint64_t)number_or(g->cfg->domain.rdm_boundary_mib, BOUNDARY_MIB)
				  << 20;

	for (size_t i = 0; i < m->n; i++)
		if (is_below(&m->v[i], dom->lowmem_end) && m->v[i].start > boundary)
			move(&m->v[i], g->cfg->hap, dom);
	for (size_t i = 0; i < m->n; i++) {
		const struct rdm_range *r = &m->v[i];

		if (!rdm_in_the_way(r, dom))
			continue;
		if (r->strict)
			return err_set(e,
				       "memory that the host keeps for devices, %" PRIx64
				       "-%" PRIx64 ", meets the guest's own: a lower "
				       "rdm_mem_boundary moves that, and rdm_policy=relaxed goes "
				       "without",
				       r->start, r->end);
		guest_note(g, "memory for devices, %" PRIx64 "-%" PRIx64 ", is not kept free",
			   r->start, r->end);
	}
	return 0;
}
