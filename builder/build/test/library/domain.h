/*
 * A domain to load a kernel into. There are two kinds of them. Without a hypervisor (domain_file.c)
 * its memory is a file, and what the library asks the hypervisor for, by calls that the linker
 * leads there (tests.mk), is done to that file, or written down. In dom0 (domain_xen.c) it is one
 * of Xen's.
 */
#ifndef EARLYDOM_LIBRARY_DOMAIN_H
#define EARLYDOM_LIBRARY_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xenctrl.h>
#include <xenguest.h>

struct domain {
	bool pv, pv32;
	uint64_t pages; /* of memory; 0 before it is made */

	/* In a file: parameters and the first vcpu's registers, as they were set. */
	int fd;
	uint8_t said[16384];
	size_t said_len;

	/* One of Xen's: what it takes to read its memory, without the numbers of the machine's
	 * frames. */
	xc_interface *xch;
	uint32_t domid;
	xen_pfn_t *p2m;
	struct xc_dom_seg p2m_seg, pgtables_seg;
	xen_pfn_t start_info_pfn;
};

extern const bool domain_is_real;

/* Makes one for an image that knows its container, and the image one for it. Each returns 0, or -1.
 */
int domain_begin(struct domain *d, struct xc_dom_image *dom, uint64_t pages);
/* Behind xc_dom_mem_init. */
int domain_populate(struct domain *d, struct xc_dom_image *dom);
/* Behind xc_dom_build_image. */
int domain_boot(struct domain *d, struct xc_dom_image *dom);
void domain_end(struct domain *d);

/*
 * The first byte at which the memory of two domains differs, special pages included, but for `skip`
 * bytes from skip_at on: its address. UINT64_MAX for none.
 */
uint64_t domain_differs(const struct domain *a, const struct domain *b, uint64_t skip_at,
			uint64_t skip);

/* Whether their first vcpus begin in another way, or they have other parameters. */
bool domain_told_differs(const struct domain *a, const struct domain *b);

#endif
