#include "build.h"

#include <errno.h>
#include <string.h>

#include <xen/hvm/params.h>
#include <xenguest.h>

#include "acpi.h"
#include "hvm.h"
#include "load.h"
#include "memmap.h"
#include "rdm.h"
#include "builder/image/firmware.h"
#include "builder/host/host.h"
#include "loaders/kernel_facts.h"

/* "The store's page is not there yet": Linux 5.17 and later wait for it (xenbus_probe.c, XS_HVM).
 */
#define STORE_PFN_NONE (~UINT64_C(0))

struct xc_dom_image *build_begin(struct guest *g, struct host *h, const char *cmdline,
				 const struct rdm_map *rdm, struct err *e)
{
	/* A firmware gets no command line: what there is is for the kernel that the device model
	 * loads. */
	struct xc_dom_image *dom =
		xc_dom_allocate(h->xch, firmware_wanted(g->cfg) ? NULL : cmdline, NULL);

	if (!dom) {
		host_error(h, e, "cannot start to build");
		return NULL;
	}
	dom->container_type = g->cfg->type == GUEST_PV ? XC_DOM_PV_CONTAINER : XC_DOM_HVM_CONTAINER;
	dom->max_vcpus = g->cfg->maxvcpus;
	dom->console_evtchn = g->console_port;
	dom->xenstore_evtchn = g->store_port;
	if (g->cfg->type == GUEST_PV)
		return dom;
	memmap_layout(dom, g);
	if (rdm_make_room(rdm, g, dom, e) == 0)
		return dom;
	xc_dom_release(dom);
	return NULL;
}

/* What a translated guest is told about its machine. */
static int describe(struct xc_dom_image *dom, const struct guest *g, struct host *h,
		    const struct rdm_map *rdm, const struct e820_map *map, struct err *e)
{
	int rc = 0;

	/* A firmware makes its own tables. */
	if (!dom->device_model && (g->cfg->type == GUEST_PVH || g->cfg->acpi)) {
		build_lock(h->shared, BUILD_LOCK_ACPI);
		rc = acpi_describe(dom, g->cfg, e);
		build_unlock(h->shared, BUILD_LOCK_ACPI);
	}
	return rc < 0 ? -1 : memmap_describe(dom, g->cfg, rdm, map, e);
}

int build_populate(struct xc_dom_image *dom, const struct guest *g, struct host *h,
		   const struct kernel_facts *k, const struct rdm_map *rdm,
		   const struct e820_map *map, struct err *e)
{
	/* Of an hvm guest's memory its video card's is populated by the device model. */
	const uint64_t card_kib = dom->device_model ? g->cfg->videoram_kib : 0;
	const uint64_t kib =
		g->cfg->type == GUEST_PV ? g->cfg->memory_kib : g->static_max_kib - card_kib;

	if (xc_dom_boot_xen_init(dom, h->xch, g->domid) < 0)
		return host_error(h, e, "cannot ask the hypervisor what it can run");
	if (load_describe(dom, &k->info) < 0)
		return dom->device_model ? host_error(h, e, "cannot use firmware %s",
						      firmware_loader_path(g->cfg))
					 : host_error(h, e, "cannot use kernel %s", g->cfg->kernel);
	if (xc_dom_mem_init(dom, (unsigned)(kib / 1024)) < 0 || xc_dom_boot_mem_init(dom) < 0) {
		/* The library's word for it; errno is what was left of something else. */
		host_error(h, e, "cannot get the domain's memory");
		e->passing = true;
		return -1;
	}
	return g->cfg->type == GUEST_PV ? 0 : describe(dom, g, h, rdm, map, e);
}

int build_load(struct xc_dom_image *dom, const struct guest *g, struct host *h,
	       const struct kernel_facts *k, struct err *e)
{
	e->msg[0] = '\0';
	if (load_images(dom, g, h, k, e) == 0)
		return 0;
	if (e->msg[0]) {
		xenlog_clear(&h->log);
		return -1;
	}
	return host_error(h, e, "cannot load the %s into the domain",
			  dom->device_model ? "firmware and its BIOS" : "kernel and its ramdisk");
}

int build_boot_pages(struct xc_dom_image *dom, struct guest *g, struct host *h, struct err *e)
{
	if (xc_dom_boot_image(dom) < 0)
		return host_error(h, e, "cannot write the domain's boot pages");
	if (dom->device_model && hvm_write_info(g, h, e) < 0)
		return -1;
	if (xc_dom_gnttab_init(dom) < 0)
		return host_error(h, e, "cannot set up the domain's grant table");
	g->console_gfn = xc_dom_p2m(dom, dom->console_pfn);
	g->store_gfn = xc_dom_p2m(dom, dom->xenstore_pfn);
	if (dom->device_model)
		hvm_note_tables(dom, g);
	if (g->cfg->type != GUEST_PV && !h->xsh &&
	    xc_hvm_param_set(h->xch, g->domid, HVM_PARAM_STORE_PFN, STORE_PFN_NONE) < 0)
		return host_error(h, e, "cannot tell the domain that it has no store yet");
	return 0;
}
