/*
 * What a descriptor says of the domain to the hypervisor, beyond memory, vcpus and devices.
 * Zero-initialised is a descriptor that says nothing of it: the hypervisor's and libxl's defaults.
 */
#ifndef EARLYDOM_DOMAIN_OPTIONS_H
#define EARLYDOM_DOMAIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strings.h"

struct cpuid_spec;    /* describe/cpuid_spec.h */
struct viridian_spec; /* describe/viridian_spec.h */
struct ioport_range;  /* describe/io_spec.h */
struct iomem_range;

/* A boolean that may not have been given (libxl_defbool): xl's record of a guest tells. */
enum given_bool { BOOL_UNSET, BOOL_OFF, BOOL_ON };

static inline bool bool_or(enum given_bool given, bool otherwise)
{
	return given == BOOL_UNSET ? otherwise : given == BOOL_ON;
}

/* The same for a number. */
struct given_number {
	bool given;
	int64_t n;
};

static inline int64_t number_or(struct given_number given, int64_t otherwise)
{
	return given.given ? given.n : otherwise;
}

/* In libxl's order (libxl_types.idl), which is the hypervisor's. */
enum tsc_mode {
	TSC_DEFAULT,
	TSC_ALWAYS_EMULATE,
	TSC_NATIVE,
	TSC_NATIVE_PARAVIRT, /* no guest has it: refused */
};
/* HVMPTM_* of public/hvm/params.h, and 1; libxl's default is no_delay_for_missed_ticks. */
enum timer_mode { TIMER_UNSET, TIMER_DELAY, TIMER_NO_DELAY, TIMER_NO_PENDING, TIMER_ONE_PENDING };
/* XEN_ALTP2M_* of public/hvm/params.h */
enum altp2m_mode { ALTP2M_DISABLED, ALTP2M_MIXED, ALTP2M_EXTERNAL, ALTP2M_LIMITED };
enum passthrough_mode {
	PASSTHROUGH_UNSET,
	PASSTHROUGH_DISABLED,
	PASSTHROUGH_ENABLED,
	PASSTHROUGH_SYNC_PT,
	PASSTHROUGH_SHARE_PT,
};

/* What becomes of the guest's memory where a PCI device wants its own (RDM): the guest can't be
 * made where it can't be reserved, or it is made with a warning. The default is strict. */
enum pci_rdm { PCI_RDM_DEFAULT, PCI_RDM_STRICT, PCI_RDM_RELAXED };

struct rdm {
	bool host; /* strategy=host: of all devices of the host's, not the guest's alone */
	enum pci_rdm policy; /* for those, and for devices that don't say theirs */
};

struct ioports {
	struct ioport_range *v;
	size_t n;
};

struct irqs {
	uint32_t *v;
	size_t n;
};

struct iomem {
	struct iomem_range *v;
	size_t n;
};

struct domain_options {
	/* Time */
	enum given_bool localtime;
	struct given_number rtc_timeoffset; /* s */
	enum tsc_mode tsc_mode;

	/* Processors. cpus_soft is like cpus. */
	struct strings cpus_soft;
	bool cpus_soft_per_vcpu;
	char *pool;                 /* its name or number, or NULL */
	struct given_number period; /* us, of the scheduler rtds */
	struct cpuid_spec *cpuid;   /* or NULL */
	enum given_bool nomigrate, vpmu, msr_relaxed;

	/* What the hypervisor keeps for it */
	struct given_number max_grant_frames, max_maptrack_frames, max_grant_version,
		max_event_channels;
	unsigned vmtrace_kib;
	enum passthrough_mode passthrough;
	char *label, *init_label; /* of FLASK: when it runs, and while it is built; or NULL */

	/* The host's machine that it may use */
	struct ioports ioports;
	struct irqs irqs;
	struct iomem iomem;

	/* pv guests alone */
	enum given_bool e820_host;

	/* pvh and hvm guests alone */
	enum given_bool oos, nestedhvm;
	struct given_number shadow_mib, altp2m_count;
	enum timer_mode timer_mode;
	enum altp2m_mode altp2m;

	/* hvm guests alone */
	struct viridian_spec *viridian; /* its list form, or NULL: then the boolean counts */
	enum given_bool altp2mhvm, pae, nx, vpt_align, acpi_s3, acpi_s4, acpi_laptop_slate;
	enum given_bool pirq, pci_bar_uc; /* hvm_pirq, xen_platform_pci_bar_uc: xen_compat_x86.h */
	bool lmce;                        /* mca_caps has "lmce" */
	struct given_number mmio_hole_mib;
	struct rdm rdm;
	struct given_number rdm_boundary_mib; /* rdm_mem_boundary */
	unsigned genid;                       /* ms_vm_genid: 1 for "generate" */

	/* What xenstored does for it: xen_compat.h */
	struct given_number store_features;
	struct strings store_quota; /* describe/quota_spec.h */

	/* Nodes in the store alone */
	enum given_bool driver_domain, suspend_evtchn_compat;
};

#endif
