/*
 * libacpi, which makes a guest's ACPI tables, where no source tree of Xen is at hand: it has no
 * installed header, but it is in the static libxl, libxenlight.a.
 *
 * Source: tools/libacpi/libacpi.h of Xen 4.17 to 4.22.
 */
#ifndef ACPI_LIBACPI_H
#define ACPI_LIBACPI_H

#include <stdint.h>

#include <xen-version.h>

#if XEN_LIBS_MAJOR != 4 || XEN_LIBS_MINOR < 17 || XEN_LIBS_MINOR > 22
#error "xen-private/ knows Xen 4.17 to 4.22: give a source tree of the installed release (XEN_SRC=)"
#endif

/* Bits of table_flags that earlydom sets. */
#define ACPI_HAS_COM1     (1 << 0)
#define ACPI_HAS_HPET     (1 << 3)
#define ACPI_HAS_IOAPIC   (1 << 8)
#define ACPI_HAS_WAET     (1 << 9)
#define ACPI_HAS_PMTIMER  (1 << 10)
#define ACPI_HAS_CMOS_RTC (1 << 14)

struct hvm_info_table;
struct xen_vmemrange;

struct acpi_numa {
	uint32_t nr_vmemranges, nr_vnodes;
	const unsigned int *vcpu_to_vnode, *vdistance;
	const struct xen_vmemrange *vmemrange;
};

/* How it gets memory for the tables, and what address that has in the guest. */
struct acpi_ctxt {
	struct acpi_mem_ops {
		void *(*alloc)(struct acpi_ctxt *ctxt, uint32_t size, uint32_t align);
		void (*free)(struct acpi_ctxt *ctxt, void *v, uint32_t size);
		unsigned long (*v2p)(struct acpi_ctxt *ctxt, void *v);
	} mem_ops;
};

struct acpi_config {
	const unsigned char *dsdt_anycpu;
	unsigned int dsdt_anycpu_len;
	const unsigned char *dsdt_15cpu;
	unsigned int dsdt_15cpu_len;

	uint32_t pci_start, pci_len;
	uint64_t pci_hi_start, pci_hi_len;

	uint32_t table_flags;
	uint8_t acpi_revision;
#if XEN_LIBS_MINOR >= 18
	uint8_t tpm_version;
#endif

	uint64_t vm_gid[2];
	unsigned long vm_gid_addr;

	struct {
		uint32_t addr, length;
	} pt;

	struct acpi_numa numa;
	const struct hvm_info_table *hvminfo;

	const uint16_t *tis_hdr;
#if XEN_LIBS_MINOR >= 18
	const uint16_t *crb_id;
#endif

	unsigned long infop; /* where struct acpi_info goes, which the DSDT reads */
	unsigned long rsdp;

	uint32_t (*lapic_id)(unsigned cpu);
	uint32_t lapic_base_address, ioapic_base_address;
	uint16_t pci_isa_irq_mask;
	uint8_t ioapic_id;
};

int acpi_build_tables(struct acpi_ctxt *ctxt, struct acpi_config *config);

#endif
