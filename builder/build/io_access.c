#include "io_access.h"

#include <inttypes.h>

#include "builder/describe/io_spec.h"

static int give_ports(const struct guest *g, struct host *h, struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;

	for (size_t i = 0; i < o->ioports.n; i++) {
		const struct ioport_range *r = &o->ioports.v[i];

		if (xc_domain_ioport_permission(h->xch, g->domid, r->first, r->number, 1) < 0)
			return host_error(h, e, "cannot give the domain ports %x-%x (ioports)",
					  r->first, r->first + r->number - 1);
	}
	return 0;
}

static int give_irqs(const struct guest *g, struct host *h, struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;

	for (size_t i = 0; i < o->irqs.n; i++) {
		int pirq = (int)o->irqs.v[i];

		if (xc_physdev_map_pirq(h->xch, g->domid, pirq, &pirq) < 0 ||
		    xc_domain_irq_permission(h->xch, g->domid, (uint32_t)pirq, true) < 0)
			return host_error(h, e, "cannot give the domain interrupt %u (irqs)",
					  o->irqs.v[i]);
	}
	return 0;
}

static int give_memory(const struct guest *g, struct host *h, struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;

	for (size_t i = 0; i < o->iomem.n; i++) {
		const struct iomem_range *r = &o->iomem.v[i];

		if (xc_domain_iomem_permission(h->xch, g->domid, r->start, r->number, 1) < 0)
			return host_error(h, e,
					  "cannot give the domain pages %" PRIx64 "-%" PRIx64
					  " (iomem)",
					  r->start, r->start + r->number - 1);
		if (xc_domain_memory_mapping(h->xch, g->domid, r->gfn, r->start, r->number, 1) < 0)
			return host_error(h, e,
					  "cannot map pages %" PRIx64 "-%" PRIx64
					  " to the domain's page %" PRIx64 " (iomem)",
					  r->start, r->start + r->number - 1, r->gfn);
	}
	return 0;
}

int io_access_give(const struct guest *g, struct host *h, struct err *e)
{
	if (give_ports(g, h, e) < 0 || give_irqs(g, h, e) < 0)
		return -1;
	return give_memory(g, h, e);
}
