#include "memmap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <xen/hvm/e820.h>

#include "acpi.h"
#include "hvm.h"
#include "builder/guest/xen_compat_x86.h"
#include "builder/image/firmware.h"

#define GIB4 (UINT64_C(1) << 32)

/* The pages that the hypervisor and libxenguest put beside the guest's own (console, store ...). */
#define SPECIAL_START                                                                              \
	((uint64_t)(X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES) << XC_PAGE_SHIFT)

/* The lowest of what must be in the hole: ACPI's tables (acpi.c), special pages, the local APIC. */
#define HOLE_START ACPI_ADDRESS

/* A PC's video memory, 0xa0000 to 0xc0000, in pages: of a guest with a firmware it is not populated
 * (libxl_internal.h, LIBXL_VGA_HOLE_SIZE). */
#define VGA_HOLE_PAGES 0x20

/* Where a guest with a firmware has its memory from, in the map that hvmloader is given: what is
 * below is described by hvmloader (libxl_x86.c, GUEST_LOW_MEM_START_DEFAULT). */
#define FIRMWARE_LOW_START UINT64_C(0x100000)

/* And up to where: from there to 4 GiB are hvmloader's own ranges (its config.h, RESERVED_MEMBASE).
 */
#define FIRMWARE_OWN_START UINT64_C(0xfc000000)

/* Where the hole for devices begins; mmio_hole is its size. */
static uint64_t firmware_hole(const struct guest_config *cfg)
{
	const struct given_number mib = cfg->domain.mmio_hole_mib;

	return mib.given ? GIB4 - ((uint64_t)mib.n << 20) : HVM_BELOW_4G_MMIO_START;
}

void memmap_layout(struct xc_dom_image *dom, const struct guest *g)
{
	const bool firmware = firmware_wanted(g->cfg);
	const uint64_t card_kib = firmware ? g->cfg->videoram_kib : 0;
	const uint64_t bytes = (g->static_max_kib - card_kib) << 10;
	const uint64_t hole = firmware ? firmware_hole(g->cfg) : HOLE_START;

	dom->target_pages = (g->cfg->memory_kib - card_kib) >> (XC_PAGE_SHIFT - 10);
	dom->mmio_start = hole;
	dom->mmio_size = GIB4 - hole;
	dom->lowmem_end = bytes < hole ? bytes : hole;
	dom->highmem_end = bytes > hole ? GIB4 + (bytes - hole) : 0;
	dom->device_model = firmware;
	dom->vga_hole_size = firmware ? VGA_HOLE_PAGES : 0;
}

static void add(struct xc_dom_image *dom, uint64_t addr, uint64_t size, uint32_t type)
{
	dom->e820[dom->e820_entries++] = (struct e820entry){addr, size, type};
}

static void describe_modules(struct xc_dom_image *dom)
{
	for (unsigned i = 0; i < MAX_ACPI_MODULES; i++) {
		const struct xc_hvm_firmware_module *m = &dom->acpi_modules[i];
		const uint64_t offset = m->guest_addr_out & ~XC_PAGE_MASK;

		if (m->length)
			add(dom, m->guest_addr_out - offset, m->length + offset, XEN_E820_TABLES);
	}
}

/* What is in the way of the guest's memory it does without (rdm_make_room). */
static void describe_rdm(struct xc_dom_image *dom, const struct rdm_map *rdm)
{
	for (size_t i = 0; i < rdm->n; i++)
		if (!rdm_in_the_way(&rdm->v[i], dom))
			add(dom, rdm->v[i].start, rdm->v[i].end - rdm->v[i].start, E820_RESERVED);
}

static void describe_layout(struct xc_dom_image *dom, const struct rdm_map *rdm)
{
	const uint64_t start = dom->device_model ? FIRMWARE_LOW_START : 0;

	add(dom, start, dom->lowmem_end - start, E820_RAM);
	describe_rdm(dom, rdm);
	if (!dom->device_model)
		add(dom, SPECIAL_START, X86_HVM_NR_SPECIAL_PAGES << XC_PAGE_SHIFT, E820_RESERVED);
	describe_modules(dom);
	if (dom->highmem_end)
		add(dom, GIB4, dom->highmem_end - GIB4, E820_RAM);
}

/* A range that the file calls ram and where there is none. */
static int check_ram(const struct xc_dom_image *dom, const struct e820entry *range,
		     const char *file, struct err *e)
{
	const uint64_t end = range->addr + range->size;

	if (end <= dom->lowmem_end || (range->addr >= GIB4 && end <= dom->highmem_end))
		return 0;
	return err_set(e,
		       "memmap %s: %" PRIx64 "-%" PRIx64
		       " is ram there, but the guest's memory ends at %" PRIx64,
		       file, range->addr, end,
		       range->addr >= GIB4 && dom->highmem_end ? dom->highmem_end
							       : dom->lowmem_end);
}

/* The part of a range that lies within a window, if there is one. */
static void add_part(struct xc_dom_image *dom, const struct e820entry *range, uint64_t from,
		     uint64_t to)
{
	const uint64_t end = range->addr + range->size;
	const uint64_t first = range->addr > from ? range->addr : from;
	const uint64_t last = end < to ? end : to;

	if (first < last)
		add(dom, first, last - first, range->type);
}

/* hvmloader describes both ends of low memory itself, and stops at a range in the upper one. */
static void add_range(struct xc_dom_image *dom, const struct e820entry *range)
{
	if (!dom->device_model) {
		add(dom, range->addr, range->size, range->type);
		return;
	}
	add_part(dom, range, FIRMWARE_LOW_START, FIRMWARE_OWN_START);
	add_part(dom, range, GIB4, UINT64_MAX);
}

/* Whether the file says of all of an own range that it is no memory for use. */
static bool has_range(const struct e820_map *map, const struct e820entry *own)
{
	for (size_t i = 0; i < map->n; i++)
		if (map->v[i].type != E820_RAM && map->v[i].addr <= own->addr &&
		    own->addr + own->size <= map->v[i].addr + map->v[i].size)
			return true;
	return false;
}

/* What is put into the guest's address space beside its memory is added where the file does not
 * have it. */
static int describe_file(struct xc_dom_image *dom, const struct rdm_map *rdm,
			 const struct e820_map *map, const char *file, struct err *e)
{
	unsigned own, k;

	if (!dom->device_model)
		add(dom, SPECIAL_START, X86_HVM_NR_SPECIAL_PAGES << XC_PAGE_SHIFT, E820_RESERVED);
	describe_rdm(dom, rdm);
	describe_modules(dom);
	own = dom->e820_entries;
	for (unsigned i = k = 0; i < own; i++)
		if (!has_range(map, &dom->e820[i]))
			dom->e820[k++] = dom->e820[i];
	dom->e820_entries = own = k;
	for (size_t n = 0; n < map->n; n++) {
		if (map->v[n].type == E820_RAM && check_ram(dom, &map->v[n], file, e) < 0)
			return -1;
		add_range(dom, &map->v[n]);
	}
	if (dom->e820_entries <= E820MAX)
		return 0;
	return err_set(e,
		       "memmap %s: its %zu ranges and %u that the guest needs are more than the %d "
		       "that the hypervisor takes",
		       file, map->n, own, E820MAX);
}

int memmap_describe(struct xc_dom_image *dom, const struct guest_config *cfg,
		    const struct rdm_map *rdm, const struct e820_map *file, struct err *e)
{
	/* Low and high memory, or the file's ranges, one of which may go across 4 GiB; special
	 * pages, ACPI modules, what the host keeps for devices. */
	const size_t most = (file ? file->n + 1 : 2) + 1 + MAX_ACPI_MODULES + rdm->n;

	dom->e820 = xc_dom_malloc(dom, most * sizeof(*dom->e820));
	if (!dom->e820)
		return err_set_passing(e, "out of memory for the memory map");
	dom->e820_entries = 0;
	if (!file)
		describe_layout(dom, rdm);
	else if (describe_file(dom, rdm, file, cfg->memmap, e) < 0)
		return -1;
	if (xc_domain_set_memory_map(dom->xch, dom->guest_domid, dom->e820, dom->e820_entries) < 0)
		return err_set_errno(e, errno, "cannot give the domain its memory map");
	return 0;
}
