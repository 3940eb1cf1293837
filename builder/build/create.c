#include "create.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/params.h>
#include <xen/sched.h>
#include <xenguest.h>

#include "builder/describe/cpus.h"
#include "hvm.h"
#include "builder/host/host.h"

/* Event channels that a guest may have; libxl's default (xl.cfg(5), event_channels). */
#define MAX_EVTCHN_PORT 1023

/* libxl's default of the HVM parameter: no delay for missed ticks (xl.cfg(5), timer_mode). */
#define TIMER_MODE HVMPTM_no_delay_for_missed_ticks

/*
 * Whether the guest's page tables are the processor's. An hvm guest can do without; a pvh guest's
 * have no key.
 */
static bool uses_hap(const struct guest_config *cfg, const struct host *h)
{
	return h->physcaps & XEN_SYSCTL_PHYSCAP_hap && (cfg->type != GUEST_HVM || cfg->hap);
}

/*
 * The pool that the hypervisor takes a translated guest's page tables from, in KiB: 1 MiB a vcpu
 * and, for each MiB that the guest may come to have, a page for the physical map and, without HAP,
 * one for shadows, as libxl sizes it (libxl__get_required_paging_memory).
 */
static uint64_t paging_pool_kib(const struct guest_config *cfg, const struct host *h)
{
	const unsigned pages = uses_hap(cfg, h) ? 1 : 2;

	return cfg->type == GUEST_PV
		       ? 0
		       : 4 * (256 * (uint64_t)cfg->maxvcpus + pages * (cfg->maxmem_kib / 1024));
}

uint64_t create_need_kib(const struct guest_config *cfg, const struct host *h)
{
	/*
	 * 64 KiB: struct domain, its vcpus' smaller parts, grant and event tables; measured with xl
	 * info. As much again for what is emulated for an hvm guest: interrupt controllers, timers,
	 * pages of I/O requests, bitmaps of ports. The device model's own memory is dom0's, but for
	 * the video card's and the ROMs', which are part of memory and slack.
	 */
	return cfg->memory_kib + MAXMEM_SLACK_KIB + paging_pool_kib(cfg, h) +
	       (cfg->type == GUEST_HVM ? 128 : 64) + 32 * (uint64_t)cfg->maxvcpus;
}

static int no_paging(const struct guest_config *cfg, const struct host *h, struct err *e)
{
	if (h->physcaps & XEN_SYSCTL_PHYSCAP_hap)
		return err_set(e,
			       "hap = 0 needs shadow paging, which this hypervisor does not have");
	return err_set(e,
		       "a %s guest needs nested paging (HAP) or shadow paging, and this host has "
		       "neither",
		       guest_type_name(cfg->type));
}

static int domain_flags(const struct guest_config *cfg, const struct host *h,
			struct xen_domctl_createdomain *config, struct err *e)
{
	if (cfg->type == GUEST_PV) {
		if (!(h->physcaps & XEN_SYSCTL_PHYSCAP_pv))
			return err_set(e, "this hypervisor runs no pv guests");
		return 0;
	}
	if (!(h->physcaps & XEN_SYSCTL_PHYSCAP_hvm))
		return err_set(e,
			       "a %s guest needs hardware virtualisation, which this host lacks or "
			       "has turned off",
			       guest_type_name(cfg->type));
	config->flags = XEN_DOMCTL_CDF_hvm;
	if (uses_hap(cfg, h))
		config->flags |= XEN_DOMCTL_CDF_hap;
	else if (!(h->physcaps & XEN_SYSCTL_PHYSCAP_shadow))
		return no_paging(cfg, h, e);
	/* What libxl__arch_domain_prepare_config gives either type; the hypervisor takes few
	 * others. */
	config->arch.emulation_flags =
		cfg->type == GUEST_HVM ? XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI : XEN_X86_EMU_LAPIC;
	return 0;
}

static int make_domain(struct guest *g, struct host *h, struct err *e)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = g->cfg->maxvcpus,
		.max_evtchn_port = MAX_EVTCHN_PORT,
		.max_grant_frames = -1, /* the hypervisor's defaults */
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(
			h->physcaps & XEN_SYSCTL_PHYSCAP_gnttab_v2 ? 2 : 1),
	};
	uint32_t domid = 0; /* the hypervisor chooses */

	if (domain_flags(g->cfg, h, &config, e) < 0)
		return -1;
	memcpy(config.handle, g->uuid, sizeof(config.handle));
	if (xc_domain_create(h->xch, &domid, &config) < 0)
		return host_error(h, e, "cannot create a domain");
	g->domid = domid;
	if (xc_domain_max_vcpus(h->xch, domid, g->cfg->maxvcpus) < 0)
		return host_error(h, e, "cannot give the domain %u vcpus", g->cfg->maxvcpus);
	return 0;
}

static int read_topology(struct host *h, uint32_t **nodes, unsigned *nr, struct err *e)
{
	xc_cputopo_t *cpus;

	*nr = h->nr_cpus;
	cpus = calloc(*nr, sizeof(*cpus));
	*nodes = calloc(*nr, sizeof(**nodes));
	if (!cpus || !*nodes) {
		free(cpus);
		return err_set_passing(e, "out of memory");
	}
	if (xc_cputopoinfo(h->xch, nr, cpus) < 0) {
		free(cpus);
		return host_error(h, e, "cannot ask the hypervisor for its cpus");
	}
	for (unsigned i = 0; i < *nr; i++)
		(*nodes)[i] =
			cpus[i].node == XEN_INVALID_NODE_ID || cpus[i].core == XEN_INVALID_CORE_ID
				? CPUS_NO_NODE
				: cpus[i].node;
	free(cpus);
	return 0;
}

static int pin_vcpus(struct guest *g, struct host *h, struct err *e)
{
	const struct guest_config *cfg = g->cfg;
	struct cpu_topology t = {0};
	size_t len = (h->nr_cpus + 7) / 8;
	uint32_t *nodes = NULL;
	uint8_t *map = NULL;
	unsigned nr;
	int rc = -1;

	if (!cfg->cpus.n)
		return 0;
	if (read_topology(h, &nodes, &nr, e) < 0)
		goto out;
	t.nr_cpus = nr < h->nr_cpus ? nr : h->nr_cpus;
	t.node_of = nodes;
	map = calloc(1, len);
	if (!map) {
		err_set_passing(e, "out of memory");
		goto out;
	}
	for (unsigned v = 0; v < cfg->maxvcpus; v++) {
		/* A list for fewer vcpus than there are: the rest runs anywhere, as with xl. */
		if (cfg->cpus_per_vcpu && v >= cfg->cpus.n)
			break;
		if (cpus_resolve(cfg->cpus.v[cfg->cpus_per_vcpu ? v : 0], &t, map, len, e) < 0) {
			err_prefix(e, "cpus: ");
			goto out;
		}
		if (xc_vcpu_setaffinity(h->xch, g->domid, (int)v, map, NULL,
					XEN_VCPUAFFINITY_HARD) < 0) {
			host_error(h, e, "cannot pin vcpu %u", v);
			goto out;
		}
	}
	rc = 0;
out:
	free(map);
	free(nodes);
	return rc;
}

static int schedule_credit(struct guest *g, struct host *h)
{
	struct xen_domctl_sched_credit s;

	if (xc_sched_credit_domain_get(h->xch, g->domid, &s) < 0)
		return -1;
	if (g->cfg->cpu_weight)
		s.weight = (uint16_t)g->cfg->cpu_weight;
	if (g->cfg->has_cap)
		s.cap = (uint16_t)g->cfg->cap;
	return xc_sched_credit_domain_set(h->xch, g->domid, &s);
}

static int schedule_credit2(struct guest *g, struct host *h)
{
	struct xen_domctl_sched_credit2 s;

	if (xc_sched_credit2_domain_get(h->xch, g->domid, &s) < 0)
		return -1;
	if (g->cfg->cpu_weight)
		s.weight = (uint16_t)g->cfg->cpu_weight;
	if (g->cfg->has_cap)
		s.cap = (uint16_t)g->cfg->cap;
	return xc_sched_credit2_domain_set(h->xch, g->domid, &s);
}

static int schedule(struct guest *g, struct host *h, struct err *e)
{
	int sched, rc;

	if (!g->cfg->cpu_weight && !g->cfg->has_cap)
		return 0;
	if (xc_sched_id(h->xch, &sched) < 0)
		return host_error(h, e, "cannot ask the hypervisor for its scheduler");
	switch (sched) {
	case XEN_SCHEDULER_CREDIT:
		rc = schedule_credit(g, h);
		break;
	case XEN_SCHEDULER_CREDIT2:
		rc = schedule_credit2(g, h);
		break;
	default:
		return err_set(e,
			       "cpu_weight and cap need the credit or credit2 scheduler, the "
			       "hypervisor runs another one (number %d)",
			       sched);
	}
	return rc < 0 ? host_error(h, e, "cannot set the domain's weight and cap") : 0;
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

static int set_platform(struct guest *g, struct host *h, struct err *e)
{
	int rc;

	if (g->cfg->type != GUEST_PV &&
	    xc_hvm_param_set(h->xch, g->domid, HVM_PARAM_TIMER_MODE, TIMER_MODE) < 0)
		return host_error(h, e, "cannot set the domain's timer mode");
	if (g->cfg->type == GUEST_HVM && hvm_set_params(g, h, e) < 0)
		return -1;
	if (xc_domain_set_tsc_info(h->xch, g->domid, 0, 0, 0, 0) < 0)
		return host_error(h, e, "cannot set the domain's TSC mode");
	/* Returns a negative errno of its own. */
	rc = xc_cpuid_apply_policy(h->xch, g->domid, false, NULL, 0, true, false, false, NULL,
				   NULL);
	if (rc < 0) {
		errno = -rc;
		return host_error(h, e, "cannot set the domain's cpuid policy");
	}
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
	if (make_domain(g, h, e) < 0 || pin_vcpus(g, h, e) < 0 || schedule(g, h, e) < 0 ||
	    limit_memory(g, h, e) < 0 || set_platform(g, h, e) < 0)
		return -1;
	if (make_ports(g, h, e) < 0)
		return -1;
	return claim_memory(g, h, e);
}
