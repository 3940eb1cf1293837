#include "acpi.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <xenctrl.h>
#include <xen/hvm/hvm_info_table.h>

#include <acpi/dsdt_pvh.h>
#include <acpi/libacpi.h>

/* One page of information first, the tables behind it. */
#define TABLE_PAGES   16
#define TABLE_ADDRESS (ACPI_ADDRESS + XC_PAGE_SIZE)

/* Kernels that only look in the BIOS area find the RSDP in its last 64 bytes, below 1 MiB
 * (ACPI 5.2.5.1). */
#define RSDP_LOW  (UINT64_C(0x100000) - RSDP_SIZE)
#define RSDP_SIZE 64

#define LAPIC_ADDRESS 0xfee00000 /* Intel SDM, local APIC base */
#define ACPI_REVISION 5          /* of the FADT that is built; what xl asks for */

/* Of an hvm guest: the I/O APIC, and which of the ISA interrupts are PCI's, as hvmloader describes
 * them (tools/firmware/hvmloader/config.h). */
#define IOAPIC_ADDRESS 0xfec00000
#define IOAPIC_ID      1
#define PCI_ISA_IRQS   0x0c20

/*
 * libacpi's FADT, from which it makes each guest's, and takes out the PM timer for good where one
 * has none. Its size is that of ACPI 5.0 (5.2.9).
 */
#define FADT_SIZE 268
extern uint8_t Fadt[];

struct acpi_memory {
	struct acpi_ctxt ctxt; /* first: libacpi hands back this address */
	uint8_t *base;         /* TABLE_PAGES pages, for guest address TABLE_ADDRESS */
	uint32_t used;
};

static void *acpi_alloc(struct acpi_ctxt *ctxt, uint32_t size, uint32_t align)
{
	struct acpi_memory *m = (struct acpi_memory *)ctxt;
	const uint32_t total = TABLE_PAGES * XC_PAGE_SIZE;
	uint32_t start;

	if (align < 16)
		align = 16;
	start = (m->used + align - 1) & ~(align - 1);
	if (start > total || size > total - start)
		return NULL;
	m->used = start + size;
	return m->base + start;
}

static void acpi_free(struct acpi_ctxt *ctxt, void *v, uint32_t size)
{
	(void)ctxt;
	(void)v;
	(void)size;
}

static unsigned long acpi_address(struct acpi_ctxt *ctxt, void *v)
{
	struct acpi_memory *m = (struct acpi_memory *)ctxt;

	return (unsigned long)(TABLE_ADDRESS + (uint64_t)((uint8_t *)v - m->base));
}

/* The APIC id of a vcpu as the hypervisor assigns it. */
static uint32_t acpi_lapic_id(unsigned cpu)
{
	return cpu * 2;
}

/* Whether the kernel finds the RSDP by the start info alone; other Linux kernels scan the BIOS
 * area. */
static bool rsdp_anywhere(struct xc_dom_image *dom)
{
	const char *os = xc_dom_guest_os(dom);

	return !os || strcmp(os, "linux") != 0 ||
	       xc_dom_feature_get(dom, XENFEAT_linux_rsdp_unrestricted);
}

static void add_module(struct xc_dom_image *dom, unsigned n, void *data, uint32_t length,
		       uint64_t address)
{
	dom->acpi_modules[n].data = data;
	dom->acpi_modules[n].length = length;
	dom->acpi_modules[n].guest_addr_out = address;
}

static int build_tables(struct acpi_memory *m, struct acpi_config *config)
{
	uint8_t fadt[FADT_SIZE];
	int rc;

	memcpy(fadt, Fadt, sizeof(fadt));
	rc = acpi_build_tables(&m->ctxt, config);
	memcpy(Fadt, fadt, sizeof(fadt));
	return rc;
}

/* What the hypervisor emulates for an hvm guest without QEMU. */
static void add_platform(const struct guest_config *cfg, struct acpi_config *config)
{
	config->table_flags = ACPI_HAS_IOAPIC | ACPI_HAS_PMTIMER | ACPI_HAS_CMOS_RTC |
			      ACPI_HAS_WAET | ACPI_HAS_COM1;
	if (cfg->hpet)
		config->table_flags |= ACPI_HAS_HPET;
	config->ioapic_base_address = IOAPIC_ADDRESS;
	config->ioapic_id = IOAPIC_ID;
	config->pci_isa_irq_mask = PCI_ISA_IRQS;
}

int acpi_describe(struct xc_dom_image *dom, const struct guest_config *cfg, struct err *e)
{
	const unsigned vcpus = cfg->vcpus, maxvcpus = cfg->maxvcpus;
	struct acpi_memory m = {
		.ctxt.mem_ops = {.alloc = acpi_alloc, .free = acpi_free, .v2p = acpi_address},
	};
	/* apic_mode: a MADT also for one vcpu, as xl has it by default (xl.cfg(5), apic). */
	struct hvm_info_table info = {
		.nr_vcpus = maxvcpus,
		.apic_mode = cfg->type != GUEST_HVM || cfg->apic,
	};
	struct acpi_config config = {
		.dsdt_anycpu = dsdt_pvh,
		.dsdt_anycpu_len = (unsigned)dsdt_pvh_len,
		.dsdt_15cpu = dsdt_pvh,
		.dsdt_15cpu_len = (unsigned)dsdt_pvh_len,
		.hvminfo = &info,
		.lapic_base_address = LAPIC_ADDRESS,
		.lapic_id = acpi_lapic_id,
		.acpi_revision = ACPI_REVISION,
	};
	void *rsdp, *page;
	uint32_t pages;

	if (cfg->type == GUEST_HVM)
		add_platform(cfg, &config);
	for (unsigned v = 0; v < vcpus; v++)
		info.vcpu_online[v / 8] |= (uint8_t)(1u << (v % 8));
	rsdp = xc_dom_malloc(dom, XC_PAGE_SIZE);
	page = xc_dom_malloc(dom, XC_PAGE_SIZE);
	m.base = xc_dom_malloc(dom, TABLE_PAGES * XC_PAGE_SIZE);
	if (!rsdp || !page || !m.base)
		return err_set_passing(e, "out of memory for ACPI tables");
	config.rsdp = (unsigned long)rsdp;
	config.infop = (unsigned long)page;
	if (build_tables(&m, &config))
		return err_set(e, "cannot build ACPI tables for %u vcpus", maxvcpus);

	pages = (m.used + XC_PAGE_SIZE - 1) / XC_PAGE_SIZE;
	add_module(dom, 0, rsdp, RSDP_SIZE,
		   rsdp_anywhere(dom) ? TABLE_ADDRESS + pages * XC_PAGE_SIZE : RSDP_LOW);
	add_module(dom, 1, page, XC_PAGE_SIZE, ACPI_ADDRESS);
	add_module(dom, 2, m.base, pages * XC_PAGE_SIZE, TABLE_ADDRESS);
	return 0;
}
