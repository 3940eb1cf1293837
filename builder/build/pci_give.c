#include "pci_give.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text_file.h"
#include "builder/describe/pci_spec.h"
#include "builder/pci/pci_hold.h"
#include "builder/store/pci_others.h"

/* Of the lines of a device's `resource` in sysfs, the six that it can have itself, and its ROM
 * (PCI_ROM_RESOURCE in include/linux/pci.h), and what says that one is of ports (IORESOURCE_IO in
 * include/linux/ioport.h). */
#define RESOURCES   7
#define RESOURCE_IO 0x100
#define TEXT_MAX    4096

#define GROUP_MAX   64
#define DOMAINS_MAX 128

static uint32_t sbdf(const struct pci_address *at)
{
	return at->segment << 16 | (uint32_t)at->bus << 8 | (uint32_t)at->device << 3 |
	       at->function;
}

/* ---- whether ---- */

static int check_iommu(const struct host *h, struct err *e)
{
	if (h->physcaps & XEN_SYSCTL_PHYSCAP_directio)
		return 0;
	return err_set(e, "PCI devices for guests need an IOMMU, which is absent or off: VT-d or "
			  "AMD-Vi has to be on in the firmware, and iommu=0 not on Xen's command "
			  "line");
}

/* The hypervisor knows it, also of a domain that the store does not know. */
static int check_owner(const struct pci_address *at, const char *name, struct host *h,
		       struct err *e)
{
	long domid;

	if (xc_test_assign_device(h->xch, DOMID_INVALID, sbdf(at)) == 0)
		return 0;
	domid = h->xsh ? pci_owner(h->xsh, at) : -1;
	xenlog_clear(&h->log);
	if (domid >= 0)
		return err_set_passing(e, "PCI device %s: domain %ld has it", name, domid);
	return err_set_passing(e, "PCI device %s: another domain has it, or Xen does not know it",
			       name);
}

static bool is_own(const struct guest *g, const struct pci_address *at)
{
	for (size_t i = 0; i < g->nr_pcis; i++)
		if (!pci_address_compare(&g->pcis[i].at, at))
			return true;
	return false;
}

static bool is_bridge(const struct pci_bus *b, const struct pci_address *at)
{
	const struct pci_device *d = pci_bus_at(b, at);

	return d && d->bridge;
}

/* Those in the group that a domain has: by bus << 16 | devfn << 8 (iommu_get_device_group in Xen's
 * drivers/passthrough/pci.c). */
static int check_group(const struct guest *g, const struct pci_bus *b, const struct pci_address *at,
		       uint32_t domid, struct host *h, struct err *e)
{
	char name[PCI_ADDRESS_TEXT], other[PCI_ADDRESS_TEXT];
	uint32_t group[GROUP_MAX], n = 0;

	if (xc_get_device_group(h->xch, domid, sbdf(at), GROUP_MAX, &n, group) < 0)
		n = 0;
	xenlog_clear(&h->log);
	for (uint32_t i = 0; i < n && i < GROUP_MAX; i++) {
		const struct pci_address it = {
			.segment = at->segment,
			.bus = group[i] >> 16 & 0xff,
			.device = group[i] >> 11 & 0x1f,
			.function = group[i] >> 8 & 7,
		};

		if (is_own(g, &it) || is_bridge(b, &it))
			continue;
		return err_set(e,
			       "PCI device %s: the IOMMU can't tell it from %s, which domain %u "
			       "has: the guest has to have both, or neither",
			       pci_address_text(at, name), pci_address_text(&it, other), domid);
	}
	return 0;
}

/* Those of dom0, and of all others. */
static int check_groups(const struct guest *g, const struct pci_bus *b,
			const struct pci_address *at, struct host *h, struct err *e)
{
	xc_domaininfo_t info[DOMAINS_MAX];
	uint32_t from = 1;
	int n;

	if (check_group(g, b, at, 0, h, e) < 0)
		return -1;
	do {
		n = xc_domain_getinfolist(h->xch, from, DOMAINS_MAX, info);
		for (int i = 0; i < n; i++)
			if (info[i].domain != g->domid &&
			    check_group(g, b, at, info[i].domain, h, e) < 0)
				return -1;
		from = n > 0 ? info[n - 1].domain + 1u : 0;
	} while (n == DOMAINS_MAX);
	xenlog_clear(&h->log);
	return 0;
}

int pci_check(const struct guest *g, struct host *h, struct err *e)
{
	char name[PCI_ADDRESS_TEXT];
	struct pci_bus b;
	int rc = 0;

	if (!g->cfg->nr_pcis)
		return 0;
	if (check_iommu(h, e) < 0 || pci_bus_read(g->pci_from->sysroot, &b, e) < 0)
		return -1;
	for (size_t i = 0; i < g->nr_pcis && !rc; i++) {
		const struct pci_address *at = &g->pcis[i].at;

		rc = check_owner(at, pci_address_text(at, name), h, e);
		if (!rc)
			rc = check_groups(g, &b, at, h, e);
	}
	pci_bus_free(&b);
	return rc;
}

/* ---- reset ---- */

/* Returns 0, or -1 with errno set. As libxl: pciback's way, which only some kernels have, or
 * Linux's, by FLR, power states, or the bus. */
static int reset(const struct pci_table *t, const char *at)
{
	char dir[PCI_ADDRESS_TEXT + 8];

	if (pci_table_write(t, "drivers/" PCI_DRIVER_PCIBACK, "do_flr", at) == 0)
		return 0;
	snprintf(dir, sizeof(dir), "devices/%s", at);
	return pci_table_write(t, dir, "reset", "1");
}

void pci_stop(const struct guest *g, struct host *h)
{
	char at[PCI_ADDRESS_TEXT];

	for (size_t i = 0; i < g->nr_pcis; i++)
		/* xl may have taken it off, and given it to another domain. */
		if (!h->xsh || pci_owner(h->xsh, &g->pcis[i].at) == (long)g->domid)
			reset(g->pci_from, pci_address_text(&g->pcis[i].at, at));
}

/* ---- what it has ---- */

static char *read_file(const struct pci_table *t, const char *at, const char *file)
{
	char path[4096];
	size_t len;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/%s", t->sysroot ? t->sysroot : "",
		 at, file);
	return text_file_read(path, TEXT_MAX, &len);
}

static int give_resource(const struct guest *g, struct host *h, const char *at, uint64_t start,
			 uint64_t end, uint64_t flags, struct err *e)
{
	const uint64_t size = end - start + 1;
	const bool ports = flags & RESOURCE_IO;
	int rc;

	if (!start)
		return 0;
	if (ports)
		rc = xc_domain_ioport_permission(h->xch, g->domid, (uint32_t)start, (uint32_t)size,
						 1);
	else
		rc = xc_domain_iomem_permission(h->xch, g->domid, start >> XC_PAGE_SHIFT,
						(size + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT, 1);
	if (rc == 0)
		return 0;
	return host_error(h, e, "cannot give the domain the %s %" PRIx64 "-%" PRIx64 " of %s",
			  ports ? "ports" : "memory", start, end, at);
}

static int give_resources(const struct guest *g, struct host *h, const char *at, struct err *e)
{
	char *text = read_file(g->pci_from, at, "resource"), *rest = text, *line;
	uint64_t start, end, flags;
	int rc = 0;

	if (!text)
		return err_set_errno(e, errno, "cannot read what PCI device %s has", at);
	for (unsigned i = 0; i < RESOURCES && rc == 0 && (line = strsep(&rest, "\n")); i++)
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) == 3)
			rc = give_resource(g, h, at, start, end, flags, e);
	free(text);
	return rc;
}

/* That which it has without MSI; 0 is none. */
static int give_irq(const struct guest *g, struct host *h, const char *at, struct err *e)
{
	char *text = read_file(g->pci_from, at, "irq");
	const int irq = text ? atoi(text) : 0;
	int pirq = irq;

	free(text);
	if (irq <= 0)
		return 0;
	if (xc_physdev_map_pirq(h->xch, g->domid, irq, &pirq) == 0 &&
	    xc_domain_irq_permission(h->xch, g->domid, (uint32_t)pirq, true) == 0)
		return 0;
	return host_error(h, e, "cannot give the domain interrupt %d of %s", irq, at);
}

static int give_permissive(const struct guest *g, const char *at, struct err *e)
{
	if (pci_table_write(g->pci_from, "drivers/" PCI_DRIVER_PCIBACK, "permissive", at) == 0)
		return 0;
	return err_set_errno(e, errno, "pciback does not take permissive=1 for %s", at);
}

static int assign(const struct guest *g, struct host *h, const struct pci_address *at,
		  const char *name, bool relaxed, struct err *e)
{
	if (xc_assign_device(h->xch, g->domid, sbdf(at),
			     relaxed ? XEN_DOMCTL_DEV_RDM_RELAXED : 0) == 0)
		return 0;
	host_error(h, e, "cannot assign PCI device %s to the domain", name);
	e->passing = true;
	return -1;
}

static int give(struct guest *g, struct host *h, const struct pci_assigned *p, struct err *e)
{
	const struct pci_spec *spec = &g->cfg->pcis[p->spec];
	char at[PCI_ADDRESS_TEXT];

	pci_address_text(&p->at, at);
	if (reset(g->pci_from, at) < 0)
		guest_note(g, "PCI device %s can't be reset: %s", at,
			   errno == ENOENT ? "dom0's kernel knows no way" : strerror(errno));
	if (give_resources(g, h, at, e) < 0 || give_irq(g, h, at, e) < 0)
		return -1;
	if (spec->permissive == PCI_FLAG_ON && give_permissive(g, at, e) < 0)
		return -1;
	return assign(g, h, &p->at, at, spec->rdm_policy == PCI_RDM_RELAXED, e);
}

int pci_give(struct guest *g, struct host *h, struct err *e)
{
	for (size_t i = 0; i < g->nr_pcis; i++)
		if (give(g, h, &g->pcis[i], e) < 0)
			return -1;
	return 0;
}
