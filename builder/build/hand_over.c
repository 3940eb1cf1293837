#include "hand_over.h"

#include <sys/mman.h>

#include <xen/hvm/params.h>
#include <xen/io/xs_wire.h>

#include "builder/devmodel/devmodel.h"
#include "builder/devmodel/pci_slots.h"
#include "builder/store/add_guest.h"

/*
 * xenstored tells a domain that it is there when the domain's page says that it waits for that;
 * Linux looks for its store then (xenbus_late_init in drivers/xen/xenbus/xenbus_probe.c).
 */
static int mark_store_page(const struct guest *g, struct host *h, struct err *e)
{
	struct xenstore_domain_interface *page =
		xc_map_foreign_range(h->xch, g->domid, XC_PAGE_SIZE, PROT_READ | PROT_WRITE,
				     (unsigned long)g->store_gfn);

	if (!page)
		return host_error(h, e, "cannot map the store's page of the domain");
	page->connection = XENSTORE_RECONNECT;
	munmap(page, XC_PAGE_SIZE);
	return 0;
}

int guest_hand_over(struct guest *g, struct host *h, struct err *e)
{
	int port;

	if (g->cfg->type == GUEST_PV && !g->store_port) {
		/* The guest will never look at this end. It makes the domain one that xenstored
		 * watches, so that its end is told to those who wait for it. */
		port = xc_evtchn_alloc_unbound(h->xch, g->domid, 0);
		if (port < 0)
			return host_error(h, e, "cannot make the store's event channel");
		g->store_port = (uint32_t)port;
	}
	if (g->cfg->type != GUEST_PV) {
		if (mark_store_page(g, h, e) < 0)
			return -1;
		if (xc_hvm_param_set(h->xch, g->domid, HVM_PARAM_STORE_PFN, g->store_gfn) < 0)
			return host_error(h, e, "cannot tell the domain where its store is");
	}
	if (store_add_guest(g, h, e) < 0)
		return -1;
	/* The domain is in the store now, and stays there: what is missing is said. */
	g->handed_over = true;
	if (devmodel_handed_over(&g->model, g, h, e) < 0)
		return -1;
	return pci_slots_publish(g, h, e);
}
