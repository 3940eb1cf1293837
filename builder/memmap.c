#include "memmap.h"

#include <errno.h>
#include <string.h>

#include <xen/hvm/e820.h>

#include "acpi.h"

#define GIB4 (UINT64_C(1) << 32)

/* The pages that the hypervisor and libxenguest put beside the guest's own (console, store ...). */
#define SPECIAL_START                                                                              \
	((uint64_t)(X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES) << XC_PAGE_SHIFT)

/* The lowest of what must be in the hole: ACPI's tables (acpi.c), special pages, the local APIC. */
#define HOLE_START ACPI_ADDRESS

void memmap_layout(struct xc_dom_image *dom, uint64_t memory_kib)
{
	const uint64_t bytes = memory_kib << 10;

	dom->target_pages = bytes >> XC_PAGE_SHIFT;
	dom->mmio_start = HOLE_START;
	dom->mmio_size = GIB4 - HOLE_START;
	dom->lowmem_end = bytes < HOLE_START ? bytes : HOLE_START;
	dom->highmem_end = bytes > HOLE_START ? GIB4 + (bytes - HOLE_START) : 0;
}

static void add(struct xc_dom_image *dom, uint64_t addr, uint64_t size, uint32_t type)
{
	dom->e820[dom->e820_entries++] = (struct e820entry){addr, size, type};
}

int memmap_describe(struct xc_dom_image *dom, struct err *e)
{
	unsigned i;

	/* Low and high memory, special pages, ACPI modules. */
	dom->e820 = xc_dom_malloc(dom, (3 + MAX_ACPI_MODULES) * sizeof(*dom->e820));
	if (!dom->e820)
		return err_set(e, "out of memory for the memory map");
	dom->e820_entries = 0;
	add(dom, 0, dom->lowmem_end, E820_RAM);
	add(dom, SPECIAL_START, X86_HVM_NR_SPECIAL_PAGES << XC_PAGE_SHIFT, E820_RESERVED);
	for (i = 0; i < MAX_ACPI_MODULES; i++) {
		const struct xc_hvm_firmware_module *m = &dom->acpi_modules[i];
		const uint64_t offset = m->guest_addr_out & ~XC_PAGE_MASK;

		if (m->length)
			add(dom, m->guest_addr_out - offset, m->length + offset, E820_ACPI);
	}
	if (dom->highmem_end)
		add(dom, GIB4, dom->highmem_end - GIB4, E820_RAM);
	if (xc_domain_set_memory_map(dom->xch, dom->guest_domid, dom->e820, dom->e820_entries) < 0)
		return err_set(e, "cannot give the domain its memory map: %s", strerror(errno));
	return 0;
}
