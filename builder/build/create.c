#include "create.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xenguest.h>

#include "affinity.h"
#include "builder/guest/xen_compat.h"
#include "builder/host/host.h"
#include "label.h"
#include "pool.h"
#include "schedule.h"
#include "x86.h"

/* Event channels that a guest may have; libxl's default (xl.cfg(5), max_event_channels). */
#define MAX_EVTCHN_PORT 1023

/*
 * The pool that the hypervisor takes a translated guest's page tables from, in KiB: 1 MiB a vcpu
 * and, for each MiB that the guest may come to have, a page for the physical map and, without HAP,
 * one for shadows, as libxl sizes it (libxl__get_required_paging_memory).
 */
static uint64_t paging_pool_kib(const struct guest_config *cfg, const struct host *h)
{
	const unsigned pages = x86_uses_hap(cfg, h) ? 1 : 2;

	if (cfg->type != GUEST_PV && cfg->domain.shadow_mib.given)
		return (uint64_t)cfg->domain.shadow_mib.n * 1024;
	return cfg->type == GUEST_PV
		       ? 0
		       : 4 * (256 * (uint64_t)cfg->maxvcpus + pages * (cfg->maxmem_kib / 1024));
}

/* The tables of an IOMMU that has its own, as libxl has it (libxl__get_required_iommu_memory): a
 * page for each 2 MiB, and 1 MiB. */
static uint64_t iommu_kib(const struct guest_config *cfg, const struct host *h)
{
	if (guest_config_passthrough(cfg) == PASSTHROUGH_DISABLED ||
	    (cfg->domain.passthrough != PASSTHROUGH_SYNC_PT && x86_shares_pt(cfg, h)))
		return 0;
	return 1024 + 4 * (cfg->maxmem_kib / 2048);
}

uint64_t create_need_kib(const struct guest_config *cfg, const struct host *h)
{
	/*
	 * 64 KiB: struct domain, its vcpus' smaller parts, grant and event tables; measured with xl
	 * info. As much again for what is emulated for an hvm guest: interrupt controllers, timers,
	 * pages of I/O requests, bitmaps of ports. The device model's own memory is dom0's, but for
	 * the video card's and the ROMs', which are part of memory and slack.
	 */
	return cfg->memory_kib + MAXMEM_SLACK_KIB + paging_pool_kib(cfg, h) + iommu_kib(cfg, h) +
	       (cfg->type == GUEST_HVM ? 128 : 64) + 32 * (uint64_t)cfg->maxvcpus;
}

/* What the host must have for what the descriptor wants. Returns 0, or -1 with e set. */
static int check_abilities(const struct guest_config *cfg, const struct host *h, struct err *e)
{
	const struct domain_options *o = &cfg->domain;

	if (guest_config_passthrough(cfg) != PASSTHROUGH_DISABLED &&
	    !(h->physcaps & XEN_SYSCTL_PHYSCAP_directio))
		return err_set(
			e, "passthrough needs an IOMMU, which this host lacks or has turned off");
	if (o->passthrough == PASSTHROUGH_SHARE_PT && !x86_shares_pt(cfg, h))
		return err_set(e,
			       "passthrough = \"share_pt\" needs an IOMMU that can share the page "
			       "tables of HAP: \"sync_pt\" does without");
	if (bool_or(o->vpmu, false) && !(h->physcaps & XEN_SYSCTL_PHYSCAP_vpmu))
		return err_set(
			e, "vpmu = 1 needs vpmu on Xen's command line, and a processor with it");
	if (o->vmtrace_kib && !(h->physcaps & XEN_SYSCTL_PHYSCAP_vmtrace))
		return err_set(e, "vmtrace_buf_kb needs a processor that traces (Intel PT)");
	return 0;
}

/* How the domain's IOMMU has its page tables, as libxl chooses
 * (libxl__arch_passthrough_mode_setdefault). */
static void describe_iommu(const struct guest_config *cfg, const struct host *h,
			   struct xen_domctl_createdomain *config)
{
	if (guest_config_passthrough(cfg) == PASSTHROUGH_DISABLED)
		return;
	config->flags |= XEN_DOMCTL_CDF_iommu;
	if (cfg->domain.passthrough == PASSTHROUGH_SYNC_PT || !x86_shares_pt(cfg, h))
		config->iommu_opts = XEN_DOMCTL_IOMMU_no_sharept;
}

static int describe(struct guest *g, struct host *h, struct xen_domctl_createdomain *config,
		    struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;
	const int grants = h->physcaps & XEN_SYSCTL_PHYSCAP_gnttab_v2 ? 2 : 1;

	/* -1: the hypervisor's default. */
	*config = (struct xen_domctl_createdomain){
		.max_vcpus = g->cfg->maxvcpus,
		.max_evtchn_port = (uint32_t)number_or(o->max_event_channels, MAX_EVTCHN_PORT),
		.max_grant_frames = (int32_t)number_or(o->max_grant_frames, -1),
		.max_maptrack_frames = (int32_t)number_or(o->max_maptrack_frames, -1),
		.grant_opts = XEN_DOMCTL_GRANT_version(number_or(o->max_grant_version, grants)),
		.vmtrace_size = o->vmtrace_kib * 1024,
	};
	memcpy(config->handle, g->uuid, sizeof(config->handle));
	if (bool_or(o->vpmu, false))
		config->flags |= XEN_DOMCTL_CDF_vpmu;
	describe_iommu(g->cfg, h, config);
	if (check_abilities(g->cfg, h, e) < 0 || x86_describe_domain(g->cfg, h, config, e) < 0)
		return -1;
	return label_find(g, h, &config->ssidref, e);
}

/* The hypervisor says "Invalid argument" to whatever it does not take: the few keys that it may be.
 */
static int create_error(const struct guest_config *cfg, struct host *h, struct err *e)
{
	const struct domain_options *o = &cfg->domain;
	const struct {
		const char *key;
		struct given_number value;
	} keys[] = {
		{"max_grant_frames", o->max_grant_frames},
		{"max_maptrack_frames", o->max_maptrack_frames},
		{"max_grant_version", o->max_grant_version},
		{"max_event_channels", o->max_event_channels},
		{"nestedhvm", {o->nestedhvm == BOOL_ON, 1}},
		{"altp2m", {o->altp2m != ALTP2M_DISABLED, o->altp2m}},
		{"altp2mhvm", {o->altp2mhvm == BOOL_ON, 1}},
		{"altp2m_count", o->altp2m_count},
		{"vmtrace_buf_kb", {o->vmtrace_kib, o->vmtrace_kib}},
	};
	char list[256] = "";
	size_t len = 0;

	for (size_t i = 0; errno == EINVAL && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].value.given)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s = %lld",
						len ? ", " : " with ", keys[i].key,
						(long long)keys[i].value.n);
	return host_error(h, e, "cannot create a domain%s", list);
}

static int make_domain(struct guest *g, struct host *h, uint32_t pool, struct err *e)
{
	struct xen_domctl_createdomain config;
	uint32_t domid = XEN_DOMID_ANY;

	if (describe(g, h, &config, e) < 0)
		return -1;
	config.cpupool_id = pool;
	if (xc_domain_create(h->xch, &domid, &config) < 0)
		return create_error(g->cfg, h, e);
	g->domid = domid;
	if (xc_domain_max_vcpus(h->xch, domid, g->cfg->maxvcpus) < 0)
		return host_error(h, e, "cannot give the domain %u vcpus", g->cfg->maxvcpus);
	return 0;
}

static int limit_memory(struct guest *g, struct host *h, struct err *e)
{
	const struct guest_config *cfg = g->cfg;

	/* Not maxmem: a toolstack that wants the guest to have more raises the limit. */
	if (xc_domain_setmaxmem(h->xch, g->domid, cfg->memory_kib + MAXMEM_SLACK_KIB) < 0)
		return host_error(h, e, "cannot limit the domain's memory");
	if (cfg->type == GUEST_PV) {
		/* The e820 that a pv guest asks for: room for ballooning up to maxmem. */
		if (xc_domain_set_memmap_limit(h->xch, g->domid, cfg->maxmem_kib) < 0)
			return host_error(h, e, "cannot limit the domain's memory map");
		return 0;
	}
	if (xc_set_paging_mempool_size(h->xch, g->domid, paging_pool_kib(cfg, h) * 1024) < 0)
		return host_error(h, e, "cannot give the domain %llu KiB for page tables",
				  (unsigned long long)paging_pool_kib(cfg, h));
	return 0;
}

/*
 * The guest's ends of its event channels, for dom0 to bind. Without a store, a pv guest that finds
 * a store channel hangs in its start; a pvh guest is told by an invalid page number that the store
 * is to come (build.c).
 */
static int make_ports(struct guest *g, struct host *h, struct err *e)
{
	int port;

	g->store_port = 0;
	/* libxl's order as well, which gives both the numbers that they have with xl. */
	if (g->cfg->type != GUEST_PV || h->xsh) {
		port = xc_evtchn_alloc_unbound(h->xch, g->domid, 0);
		if (port < 0)
			return host_error(h, e, "cannot make the store's event channel");
		g->store_port = (uint32_t)port;
	}
	port = xc_evtchn_alloc_unbound(h->xch, g->domid, 0);
	if (port < 0)
		return host_error(h, e, "cannot make the console's event channel");
	g->console_port = (uint32_t)port;
	return 0;
}

/*
 * Has the hypervisor keep what the domain is about to take, against whoever else wants memory: each
 * build of ours, and other toolstacks. libxenguest does it as it populates (claim_enabled), which
 * is later, and gives back what is left of the claim when it has (meminit_pv, meminit_hvm of
 * xg_dom_x86.c).
 */
static int claim_memory(struct guest *g, struct host *h, struct err *e)
{
	const uint64_t kib = g->cfg->memory_kib;

	if (xc_domain_claim_pages(h->xch, g->domid, (unsigned long)(kib / (XC_PAGE_SIZE / 1024))) ==
	    0)
		return 0;
	if (errno != ENOMEM)
		return host_error(h, e, "cannot claim the domain's memory");
	xenlog_clear(&h->log);
	return err_set_passing(
		e,
		"not enough host memory: the hypervisor refuses a claim of %llu MiB, because "
		"somebody else has taken what was free (dom0_mem= on Xen's command line leaves it "
		"more)",
		(unsigned long long)kib / 1024);
}

int create_domain(struct guest *g, struct host *h, struct err *e)
{
	uint32_t pool;

	if (pool_find(g->cfg, h, &pool, e) < 0 || make_domain(g, h, pool, e) < 0 ||
	    affinity_set(g, h, pool, create_need_kib(g->cfg, h), e) < 0 ||
	    schedule(g, h, pool, e) < 0 || limit_memory(g, h, e) < 0)
		return -1;
	if (x86_set_platform(g, h, e) < 0 || make_ports(g, h, e) < 0)
		return -1;
	return claim_memory(g, h, e);
}
