/*
 * As xen_compat.h, of x86 alone.
 */
#ifndef EARLYDOM_XEN_COMPAT_X86_H
#define EARLYDOM_XEN_COMPAT_X86_H

#include <stdint.h>

#include "xen_compat.h"

/* Whether an hvm guest has its interrupts as event channels (PIRQs) where its descriptor does not
 * say (hvm_pirq). Before 4.19 the hypervisor makes none without. */
#define XEN_HVM_PIRQ (!XEN_SINCE(19))

/* Whether the descriptor may say so. libxl then records it of each hvm guest, also where it is not
 * said (libxl__arch_update_domain_config). */
#define XEN_HAS_HVM_PIRQ XEN_SINCE(19)

/* Whether hvmloader asks the store how the platform device's memory is to be cached, which is
 * "uncached" by default (public/hvm/hvm_xs_strings.h, HVM_XS_XEN_PLATFORM_PCI_BAR_UC). */
#define XEN_HAS_PCI_BAR_UC XEN_SINCE(21)

/* Whether altp2m is a parameter that a domain is given later; from 4.19 on it is made with it, and
 * the parameter can only be read. */
#define XEN_ALTP2M_PARAM (!XEN_SINCE(19))

/* Views of a guest with altp2m that does not say how many; and before 4.21 all that there are
 * (MAX_ALTP2M in xen/arch/x86/include/asm/domain.h). */
#define XEN_ALTP2M_VIEWS     10
#define XEN_HAS_ALTP2M_COUNT XEN_SINCE(21)

/* mode is one of XEN_ALTP2M_* (public/hvm/params.h). */
static inline void xen_make_altp2m(struct xen_domctl_createdomain *config, unsigned mode,
				   unsigned views)
{
#if XEN_SINCE(21)
	config->altp2m.opts = XEN_DOMCTL_ALTP2M_mode(mode);
	config->altp2m.nr = mode ? (uint16_t)views : 0;
#elif XEN_SINCE(19)
	(void)views;
	config->altp2m_opts = XEN_DOMCTL_ALTP2M_mode(mode);
#else
	(void)config;
	(void)mode;
	(void)views;
#endif
}

/*
 * How a pvh guest's memory map has its ACPI tables. Their code reads what the first of them says of
 * the machine, so that the memory can't be reclaimed: 4.21 says so, which a kernel that is started
 * by kexec needs.
 */
#if XEN_SINCE(21)
#define XEN_E820_TABLES E820_NVS
#else
#define XEN_E820_TABLES E820_ACPI
#endif

#endif
